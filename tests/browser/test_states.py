"""States that come and go, the style, and the doors: header, bar, foot, notices, days."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from recovery_site.inline_css import read_minified_css

from .conftest import ROOT
from .fitness import CONTRAST, axe, faults_of, keyboard_faults
from .visits import JO, book, fill_by_name, fill_details, follow, lose, send

EMPTY_RIGHT = (Path(__file__).parent / "empty_right.js").read_text()
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


def test_form_says_that_it_is_on_its_way(visit):
    page = visit()
    page.goto("/consultation/callback/")
    # As on a line so slow that no answer ever comes.
    page.evaluate("() => document.addEventListener('submit', (event) => event.preventDefault())")

    page.get_by_role("button", name="Ask us to call").click()

    expect(page.locator("form.sheet")).to_have_attribute("aria-busy", "true")
    expect(page.locator(".sending[role=status]")).to_have_text("Sending…")
    assert faults_of(page) == []


def test_second_touch_of_an_impatient_thumb_books_once(visit, site):
    page = visit()
    page.goto("/consultation/")
    follow(page.locator(".times a").last)
    fill_details(page, **JO | {"name": "Twice"})

    page.locator("form.sheet button.wide[type=submit]").dblclick()

    expect(page.get_by_role("heading", name="Your appointment is booked")).to_be_visible()
    asked = "SELECT count(*) FROM admissions_consultationrequest WHERE PERSON"
    assert site.ask_of_person(asked, "name:twice") == [(1,)]


def test_times_that_go_while_the_page_lies_open_are_told(visit, site):
    page = visit()
    page.goto("/consultation/")
    address = page.locator(".times a").last.get_attribute("href")
    lose(site, parse_qs(urlsplit(address).query)["at"][0])

    page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")

    expect(page.locator("[data-gone]")).to_have_text(
        "Times that are no longer open are crossed out."
    )
    expect(page.locator(f"a[href='{address}']")).to_have_count(0)
    assert faults_of(page) == []


def test_forced_colors_leave_every_control_its_edge_and_its_focus(visit):
    page = visit(forced_colors="active")
    book(page, latest=True)
    found = {}
    for address in ["/", "/programs/iop/", "/consultation/", "/consultation/manage/"]:
        page.goto(address)
        found[address] = page.evaluate(EDGELESS) + keyboard_faults(page)

    assert found == {address: [] for address in found}


def test_style_inside_pages_reads_as_its_file_does(chromium):
    page, file = chromium.new_page(), ROOT / "static" / "site.css"
    minified = read_minified_css(file)

    rules = page.evaluate(RULES, minified)

    assert len(minified) < len(file.read_text())
    assert rules == page.evaluate(RULES, file.read_text())
    assert len(rules) > 150
    page.context.close()


RULES = """async (css) => {
  const sheet = await new CSSStyleSheet().replace(css);
  // A variable keeps its blanks as they were written; behind a comma they mean nothing.
  return [...sheet.cssRules].map((each) => each.cssText.replaceAll(", ", ","));
}"""
EDGELESS = """() => [...document.querySelectorAll(".btn, .times a, .times button, input, select")]
  .filter((each) => each.checkVisibility() && each.type !== "hidden")
  .filter((each) => parseFloat(getComputedStyle(each).borderTopWidth) < 1)
  .map((each) => each.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("prefix", ["", "/es"])
def test_danger_shows_four_buttons_at_once_and_on_the_first_screen_after_sending(visit, prefix):
    page = visit()
    page.goto(f"{prefix}/consultation/")
    follow(page.locator(".times a").last)
    buttons = page.locator(".danger-buttons a")
    expect(buttons.first).to_be_hidden()
    fill_by_name(page, "Danger")
    page.locator("[name=is_in_danger][value=yes]").check()
    expect(buttons.first).to_be_visible()
    bar = page.locator("nav.bar").bounding_box()
    at_once = [button.bounding_box() for button in buttons.all()]
    found = [faults_of(page)]
    with page.expect_navigation():
        send(page)

    boxes = [button.bounding_box() for button in buttons.all()]
    bar = page.locator("nav.bar").bounding_box()

    assert len(at_once) == len(boxes) == 4
    assert min(box["y"] for box in at_once) >= 0
    assert max(box["y"] + box["height"] for box in at_once) <= bar["y"]
    assert page.evaluate("() => scrollY") == 0
    assert max(box["y"] + box["height"] for box in boxes) <= bar["y"]
    assert min(box["height"] for box in boxes) >= 60
    assert [*found, faults_of(page)] == [[], []]


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

    assert found == {address: [] for address in found}


def test_time_stays_and_the_way_to_talk_changes(page):
    # A time that is open by video too.
    page.goto("/consultation/?mode=video")
    address = page.locator(".day .grid a").nth(40).get_attribute("href")
    page.goto(address.replace("mode=video", "mode=phone"))
    fill_details(page, **JO)
    send(page)
    expect(page).to_have_url(re.compile(r"/consultation/booked/$"))

    page.goto("/consultation/manage/move/")
    page.get_by_role("link", name="Video").click()
    page.get_by_role("button", name="Keep my current time, but talk this way").click()

    expect(page).to_have_url(re.compile(r"/consultation/manage/$"))
    expect(page.locator("main").get_by_text("video", exact=False).first).to_be_visible()
