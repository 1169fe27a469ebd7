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

  // Whatever day it is, the longest there is: a page that fits a Monday in May fits no Wednesday in September.
  const word = (...names) => `(?<!\\p{L})(?:${names.join("|")})(?!\\p{L})`;
  const longest = [
    [word("Monday", "Tuesday", "Thursday", "Friday", "Saturday", "Sunday"), "Wednesday"],
    [word("lunes", "martes", "jueves", "viernes", "sábado", "domingo"), "miércoles"],
    [word("Lunes", "Martes", "Jueves", "Viernes", "Sábado", "Domingo"), "Miércoles"],
    [word("January|February|March|April|May|June|July|August|October|November|December") + "(?= \\d)", "September"],
    ["(?<=\\d de )" + word("enero|febrero|marzo|abril|mayo|junio|julio|agosto|octubre|noviembre|diciembre"), "septiembre"],
    ["(?<!\\d)\\d(?=:\\d\\d)", "12"],
    ["(?<=September )\\d(?!\\d)|(?<!\\d)\\d(?= de septiembre)", "28"],
  ].map(([pattern, name]) => [new RegExp(pattern, "gu"), name]);
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), changed = [];
  while (texts.nextNode()) {
    const { currentNode: node } = texts, { data } = node;
    const long = longest.reduce((text, [pattern, name]) => text.replace(pattern, name), data);
    if (long !== data) { changed.push([node, data]); node.data = long; }
  }

  const found = kinds.flatMap((kind) => rulers[kind]().map((what) => [kind, what]));
  for (const [node, data] of changed) node.data = data;
  document.adoptedStyleSheets = [];
  return found;
}
