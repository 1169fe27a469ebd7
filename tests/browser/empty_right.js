// How far down a page, in windows, nothing stands in the right half: text, or a box that is drawn.
() => {
  const main = document.querySelector("main");
  const end = main.getBoundingClientRect().bottom + scrollY;
  const isRight = ({ width, top, bottom, right }) =>
    width > 0 && bottom > 80 && top < innerHeight - 20 && right > innerWidth * 0.6;
  const holds = (node) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    return [...range.getClientRects()].some(isRight);
  };
  const empty = [];
  for (let y = 0; y < end - 200; y += innerHeight) {
    scrollTo({ top: y, behavior: "instant" });
    const texts = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
    let isUsed = [...main.querySelectorAll(".faq summary")].some((box) => isRight(box.getBoundingClientRect()));
    while (!isUsed && texts.nextNode()) isUsed = Boolean(texts.currentNode.data.trim()) && holds(texts.currentNode);
    if (!isUsed) empty.push(y);
  }
  return empty;
}
