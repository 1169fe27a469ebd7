"""Whether a page is fit for everyone: measured in the browser, in each way people see it."""

from pathlib import Path

import axe_playwright_python

NARROWEST, PHONE = {"width": 320, "height": 640}, {"width": 360, "height": 740}
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
RULERS = (Path(__file__).parent / "fitness.js").read_text()
EVERY_RULE = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
# Of all that axe looks at, only contrast is another when the colors are.
CONTRAST = {"resultTypes": ["violations"], "runOnly": ["color-contrast"]}
# What a reader may set without losing anything: WCAG 2.2, criteria 1.4.12 and 1.4.4.
SPACED = (
    "* { line-height: 1.5 !important; letter-spacing: .12em !important;"
    " word-spacing: .16em !important } p { margin-bottom: 2em !important }"
)
DOUBLED = "html { font-size: 225% !important }"


def faults_of(page):
    """What is wrong with this page in any scheme, at any width, however its text is set."""
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    show_whole(page)
    found = axe(page, EVERY_RULE)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    found += [("dark", *fault) for fault in axe(page, CONTRAST)]
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.set_viewport_size(NARROWEST)
    found += measure(page, "wide", "cut", "small")
    found += [("spaced", *fault) for fault in measure(page, "wide", "cut", settings=SPACED)]
    found += [("doubled", *fault) for fault in measure(page, "wide", "cut", settings=DOUBLED)]
    page.set_viewport_size(PHONE)
    return found


def show_whole(page):
    """So tall that no bar at its edge lies over a button, which can be scrolled free of it."""
    height = page.evaluate("() => document.documentElement.scrollHeight")
    page.set_viewport_size({"width": page.viewport_size["width"], "height": height})


def axe(page, options):
    """(rule, element) of each violation; the script is brought along once per page."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE)
    violations = page.evaluate("options => axe.run(options).then(r => r.violations)", options)
    return [(each["id"], node["html"]) for each in violations for node in each["nodes"]]


def measure(page, *kinds, settings=""):
    found = page.evaluate(RULERS, {"kinds": kinds, "settings": settings})
    return [tuple(fault) for fault in found]


STOP = """() => {
  const stop = document.activeElement;
  if (stop === document.body) return null;
  const hasMark = stop.matches("[type=radio], [type=checkbox]");
  const seen = (hasMark && stop.labels[0]) || stop;
  const box = stop.getBoundingClientRect(), style = getComputedStyle(stop);
  const within = (x, y) => {
    const top = document.elementFromPoint(x, y);
    return top && (stop.contains(top) || top.contains(stop) || seen.contains(top));
  };
  const [middle, high, low] = [box.x + box.width / 2, box.y + 2, box.bottom - 2];
  const isTall = box.height > innerHeight / 2;
  return {
    at: stop.outerHTML.slice(0, 120),
    hasRing: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    isFree: isTall || (within(middle, high) && within(middle, low)),
  };
}"""


def keyboard_faults(page):
    """Stops of the Tab key, there and back, that show no ring or lie under something else."""
    faults, stops = [], 0
    for key in ("Tab", "Shift+Tab"):
        for _press in range(150):
            page.keyboard.press(key)
            stop = page.evaluate(STOP)
            if not stop:
                break
            stops += 1
            faults += [("no ring", key, stop["at"])] * (not stop["hasRing"])
            faults += [("covered", key, stop["at"])] * (not stop["isFree"])
    assert stops > 8
    return faults
