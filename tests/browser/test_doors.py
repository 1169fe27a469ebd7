"""The doors of the site: its header, bar, foot, notices and lists of times, in a real browser."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from .fitness import CONTRAST, axe
from .visits import book

EMPTY_RIGHT = (Path(__file__).parent / "doors.js").read_text()
MAX_FOOT = 350
# The name, the other language, and the menu or the way out, in one line without touching.
IN_ONE_LINE = """() => {
  const shown = [".brand", ".lang", ".menu summary", ".exit"]
    .map((kind) => document.querySelector(`header.site ${kind}`)?.getBoundingClientRect())
    .filter((box) => box?.width).sort((one, other) => one.left - other.left);
  const middles = shown.map((box) => (box.top + box.bottom) / 2);
  return shown.length === 3 && shown[0].left >= 0 && shown[2].right <= innerWidth
    && Math.max(...middles) - Math.min(...middles) < 8
    && shown.every((box, at) => !at || box.left >= shown[at - 1].right);
}"""
NOTICE = """() => document.querySelector("main h1").insertAdjacentHTML("afterend",
  `<div class="notice"><p>Words <a href="/">a link</a>.</p>
   <p><a class="btn" href="/">A button</a> <button class="link">A quiet one</button></p></div>`)"""


@pytest.mark.parametrize("prefix", ["", "/es"])
def test_header_fits_narrow_phones_and_the_foot_is_short(visit, prefix):
    page = visit()
    lines = {}
    for address in (f"{prefix}/", f"{prefix}/consultation/"):
        page.goto(address)
        for width in (320, 360, 768):
            page.set_viewport_size({"width": width, "height": 740})
            lines[address, width] = page.evaluate(IN_ONE_LINE)
        page.set_viewport_size({"width": 360, "height": 740})
        assert page.locator("footer").bounding_box()["height"] <= MAX_FOOT

    assert [place for place, fits in lines.items() if not fits] == []
    # What the law asks stands open, and the rest unfolds.
    expect(page.get_by_text("Certified by the State Department of Health")).to_be_visible()
    expect(page.locator("footer time")).to_be_visible()
    page.locator("footer summary").click()
    expect(page.locator('footer a[href$="/about/privacy/"]')).to_be_visible()


def test_wide_screen_shows_the_number_the_next_time_and_all_of_the_foot(visit):
    page = visit(viewport={"width": 1366, "height": 657})
    page.goto("/")

    expect(page.locator(".reach").get_by_role("link", name="Call (714) 555-0134")).to_be_visible()
    expect(page.locator(".reach a")).to_have_count(2)
    expect(page.locator('footer a[href$="/about/privacy/"]')).to_be_visible()
    expect(page.locator(".bar")).to_be_hidden()


def test_page_that_a_browser_kept_has_its_look_when_it_is_shown_again(page):
    """The answer that it is unchanged takes no style, script or form from it."""
    for address in ("/", "/learn/", "/"):
        page.goto(address)

    assert page.locator("header.site .wrap").evaluate("e => getComputedStyle(e).display") == "flex"


def test_links_in_a_notice_can_be_read_in_light_and_dark(page):
    page.goto("/consultation/find/")
    page.evaluate(NOTICE)

    found = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found[scheme] = axe(page, CONTRAST)

    assert found == {"light": [], "dark": []}


def test_strip_of_days_opens_a_day_without_scripts(visit):
    page = visit(java_script_enabled=False)
    page.goto("/consultation/")
    day = page.locator(".week a").nth(8)

    day.press("Enter")

    opened = page.locator(page.url[page.url.index("#") :])
    expect(opened.get_by_role("link").first).to_be_in_viewport()
    expect(opened.get_by_role("heading").first).to_be_visible()


def test_right_half_of_a_wide_page_is_used_all_the_way(visit):
    page = visit(viewport={"width": 1366, "height": 657})
    found = {}
    for address in (
        "/",
        "/get-help/",
        "/get-help/for-someone/",
        "/programs/",
        "/programs/iop/",
        "/programs/guide/",
        "/learn/what-is-iop/",
        "/about/privacy/",
        "/consultation/",
    ):
        page.goto(address)
        found[address] = page.evaluate(EMPTY_RIGHT)

    assert found == dict.fromkeys(found, [])


def test_time_stays_and_the_way_to_talk_changes(page):
    book(page)
    page.goto("/consultation/manage/move/")
    page.get_by_role("link", name="Video").click()
    page.locator("button[name=at]").first.click()

    expect(page).to_have_url(re.compile(r"/consultation/manage/$"))
    expect(page.locator("main").get_by_text("video", exact=False).first).to_be_visible()
