// What a ruler finds on a page, with a reader's own text settings if they have any.
({ settings, kinds }) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(settings);
  document.adoptedStyleSheets = [sheet];

  const name = (element) => element.outerHTML.slice(0, 120);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const seen = (element) =>
    element.checkVisibility({ visibilityProperty: true }) && !element.closest(".visually-hidden, .trap, .skip");
  const isForEarsOnly = (element) =>
    element && (getComputedStyle(element).clipPath !== "none" || isForEarsOnly(element.parentElement));
  const scroller = document.documentElement;

  const rulers = {
    // The page is wider than the window.
    wide: () => (scroller.scrollWidth > scroller.clientWidth ? [scroller.scrollWidth] : []),

    // Text that a box around it cuts off.
    cut: () =>
      all("body *").filter((element) => {
        const holdsText = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
        if (!holdsText || !seen(element) || isForEarsOnly(element)) return false;
        let box = element;
        while (box && getComputedStyle(box).overflow === "visible") box = box.parentElement;
        if (!box) return false;
        const [inner, outer] = [element.getBoundingClientRect(), box.getBoundingClientRect()];
        return inner.right > outer.right + 1 || inner.bottom > outer.bottom + 1 || inner.left < outer.left - 1;
      }).map(name),

    // Controls below 44 px. A link of a paragraph may be as low as its line; axe asks 24 of it.
    small: () =>
      all("a[href], button, summary, select, textarea, input:not([type=hidden])").filter((element) => {
        if (!seen(element) || element.matches("p > a:not(.btn), button.link")) return false;
        const label = element.matches("[type=radio], [type=checkbox]") && element.labels[0];
        const { width, height } = (label || element).getBoundingClientRect();
        const isInText = element.parentElement.textContent.trim() !== element.textContent.trim();
        return !(element.matches("a") && isInText) && (height < 43.5 || width < 43.5);
      }).map(name),
  };

  const found = kinds.flatMap((kind) => rulers[kind]().map((what) => [kind, what]));
  document.adoptedStyleSheets = [];
  return found;
}
