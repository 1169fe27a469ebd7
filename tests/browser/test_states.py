"""States that come and go: sending, times that are gone, colors that are forced; and the style."""

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from recovery_site.inline_css import read_minified_css

from .conftest import ROOT
from .fitness import faults_of, keyboard_faults
from .visits import JO, book, fill_by_name, fill_details, follow, lose, send


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

    expect(page.get_by_role("heading", name="Your time is booked")).to_be_visible()
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
    found = [faults_of(page)]
    with page.expect_navigation():
        send(page)

    boxes = [button.bounding_box() for button in buttons.all()]
    bar = page.locator("nav.bar").bounding_box()

    assert len(boxes) == 4
    assert page.evaluate("() => scrollY") == 0
    assert max(box["y"] + box["height"] for box in boxes) <= bar["y"]
    assert min(box["height"] for box in boxes) >= 60
    assert [*found, faults_of(page)] == [[], []]
