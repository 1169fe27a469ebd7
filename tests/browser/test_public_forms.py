"""The public forms in a browser: how long they are on a phone, what stands beside them at a desk,
and what they say to whoever asks for someone else.

Counted as a visitor sees the new form, at 360 px: words are those of `main` that are drawn; a
control is each `input`, `select` or `textarea` that is drawn, every radio button by itself; tops
are pixels from the top of the page. What is folded, hidden, or laid out of view for robots does
not count.
"""

import re

import pytest
from playwright.sync_api import expect

from .fitness import NARROWEST, faults_of, measure
from .visits import fill_by_name, follow, send

WORDS, CONTROLS, BUTTON_TOP = 220, 9, 1700
CALLBACK_FIELD_TOP, CALLBACK_BUTTON_TOP = 500, 1110
DESK = {"width": 1366, "height": 768}
MEASURE = """() => {
  const main = document.querySelector("main");
  const seen = (each) => each.checkVisibility({visibilityProperty: true})
    && each.getBoundingClientRect().height > 0 && !each.closest(".trap");
  const controls = [...main.querySelectorAll("input, select, textarea")].filter(seen);
  const top = (each) => each.getBoundingClientRect().top + scrollY;
  return {
    words: main.innerText.split(/\\s+/).filter(Boolean).length,
    controls: controls.length,
    field: top(controls[0]),
    button: top(main.querySelector("form.sheet button.wide")),
  };
}"""


def open_details(page, start, mode):
    """The details form of the soonest time in this mode, with an interpreter where it needs one."""
    page.goto(f"{start}/consultation/?mode={mode}")
    if not page.locator(".times a").count():
        follow(page.locator("main a[href*=with_interpreter]"))
    follow(page.locator(".times a").first)


@pytest.mark.parametrize("mode", ["phone", "video", "in_person"])
@pytest.mark.parametrize("start", ["", "/es"])
def test_details_fit_two_screens_and_a_half(page, start, mode):
    open_details(page, start, mode)

    size = page.evaluate(MEASURE)

    assert size["words"] <= WORDS
    assert size["controls"] <= CONTROLS
    assert size["button"] < BUTTON_TOP


@pytest.mark.parametrize("start", ["", "/es"])
def test_callback_form_begins_on_the_first_screen(page, start):
    page.goto(f"{start}/consultation/callback/")

    size = page.evaluate(MEASURE)

    assert size["words"] <= WORDS
    assert size["controls"] <= CONTROLS
    assert size["field"] < CALLBACK_FIELD_TOP
    assert size["button"] < CALLBACK_BUTTON_TOP


def test_desk_shows_the_time_and_what_comes_next_beside_the_form(visit):
    page = visit(viewport=DESK)
    open_details(page, "", "phone")
    boxes = {
        name: page.locator(name).bounding_box() for name in (".chosen", ".beside-next", ".sheet")
    }

    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    for name in (".chosen", ".beside-next"):
        assert boxes[name]["x"] > boxes[".sheet"]["x"] + boxes[".sheet"]["width"]
        assert boxes[name]["y"] < DESK["height"]
    assert boxes[".chosen"]["y"] == boxes[".sheet"]["y"]


def test_desk_shows_by_when_we_call_beside_the_form(visit):
    page = visit(viewport=DESK)
    page.goto("/consultation/callback/")

    promise, sheet = (page.locator(each).bounding_box() for each in (".lede", ".sheet"))
    assert promise["x"] > sheet["x"] + sheet["width"]
    assert promise["y"] == sheet["y"]


def test_phone_shows_the_time_first_and_then_the_form(page):
    open_details(page, "", "phone")

    chosen, sheet = (page.locator(each).bounding_box() for each in (".chosen", ".sheet"))
    assert chosen["y"] + chosen["height"] <= sheet["y"]
    expect(page.locator(".beside-next")).to_be_hidden()


@pytest.mark.parametrize("start", ["", "/es"])
def test_fault_in_the_folded_part_opens_it_without_script(visit, start):
    page = visit(java_script_enabled=False)
    open_details(page, start, "video")
    fill_by_name(page, "Jo")
    page.locator("#id_phone").fill("")
    page.locator("#id_email").fill("jo@example.com")
    plan = page.locator("details.more").first
    plan.locator("summary").click()
    page.locator("#id_may_text").check()

    send(page)

    expect(page.locator(".error-summary a")).to_have_attribute("href", "#id_may_text")
    expect(plan).to_have_attribute("open", "")
    expect(page.locator("#id_may_text")).to_be_checked()
    expect(page.locator("#id_preferred_name")).to_have_value("Jo")
    expect(page.locator("#id_email")).to_have_value("jo@example.com")
    page.locator("#id_may_text").uncheck()
    send(page)
    expect(page).to_have_url(re.compile(rf"{start}/consultation/booked/$"))


# For someone else


def test_way_of_a_loved_one_needs_no_scripts(visit):
    page = visit(viewport=NARROWEST, java_script_enabled=False)
    page.goto("/get-help/")
    page.get_by_role("link", name="For someone I care about").click()
    wide = measure(page, "wide")
    page.locator("main").get_by_role("link", name="Choose a time").click()
    page.locator(".times a").first.click()
    theirs, young = page.locator(".when-someone"), page.locator(".when-young")

    expect(page.locator("#id_for_whom")).to_have_value("loved_one")
    expect(theirs).to_be_visible()
    expect(young).to_be_hidden()
    page.locator("#id_for_whom").select_option("self")
    page.locator("[name=is_adult][value=no]").check()
    expect(theirs).to_be_hidden()
    expect(young).to_be_visible()

    page.locator("#id_for_whom").select_option("loved_one")
    fill(page)
    page.get_by_role("button", name="Book this time").click()
    expect(page).to_have_url(re.compile(r"/consultation/booked/$"))
    page.get_by_role("link", name="Before we talk").click()

    expect(page).to_have_url(re.compile(r"/before-the-call/#family$"))
    assert wide + measure(page, "wide") == []


def test_professional_asks_for_a_call_while_the_person_is_there(page):
    open_details(page, "", "phone")
    theirs = page.locator(".when-professional")
    expect(theirs).to_be_hidden()
    page.locator("#id_for_whom").select_option(label="Someone I work with")
    expect(page.locator(".when-someone")).to_be_hidden()
    theirs.get_by_role("link", name="Ask us to call while they are there").click()

    page.get_by_label("Is the person with you now?").select_option(label="Yes, for an hour")
    faults = faults_of(page)
    page.locator("#id_preferred_name").fill("Dr. Reyes")
    page.locator("#id_phone").fill("714 555 0188 ext. 4")
    page.locator("#id_agrees_to_contact").check()
    send(page)

    expect(page.get_by_text(re.compile("while they are (there|with you)"))).to_be_visible()
    assert faults == []


def fill(page):
    page.locator("[name=is_in_danger][value=no]").check()
    page.locator("[name=is_adult][value=yes]").check()
    page.locator("#id_preferred_name").fill("Ann")
    page.locator("#id_phone").fill("714 555 0177")
    page.locator("#id_agrees_to_contact").check()
