"""Staff at the week calendar, in a real browser: on the phone, a move by click, time closed."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from .fitness import measure
from .test_staff import be_signed_in

WEEK = "/admin/admissions/consultation/week/"
DESK = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}


def a_day_of(page, counselor):
    """The column of a counselor on the last day that phones can be booked for."""
    page.goto(WEEK)
    page.get_by_label("Counselor").select_option(label=counselor)
    page.get_by_role("button", name="Show").click()
    return page.locator(".col").last


def fill_spoken(page, *, name, email, phone="714 555 0190"):
    page.get_by_label("What to call them").fill(name)
    page.get_by_role("group", name="Is anyone in danger").get_by_label("No", exact=True).check()
    page.get_by_role("group", name="Who is it for?").get_by_label("Themselves").check()
    page.get_by_role("group", name="18 or older").get_by_label("Yes", exact=True).check()
    page.locator("#id_phone").fill(phone)
    page.locator("#id_email").fill(email)
    page.locator("#id_agrees_to_contact").check()
    page.locator("#id_may_email").check()


def test_kim_books_on_the_phone_moves_by_click_and_closes_time(visit, site):
    page = visit(viewport=DESK, java_script_enabled=False)
    be_signed_in(page, "kim")
    page.get_by_role("link", name="Calendar").click()
    a_day_of(page, "Sam").locator(".free a").first.click()
    fill_spoken(page, name="Wren", email="wren@example.com")
    page.get_by_role("button", name="Book this time").click()
    expect(page.get_by_role("heading", name="Wren")).to_be_visible()
    assert site.await_letter("Your appointment", to="wren@example.com")

    held = a_day_of(page, "Sam").locator(".held", has_text="Wren")
    held.get_by_role("link", name="Move").click()
    page.locator(".col").last.locator(".free a").last.click()
    page.get_by_role("button", name="Move it").click()
    expect(page.locator(".held", has_text="Wren")).to_have_count(1)
    assert site.await_letter("Your appointment has a new time", to="wren@example.com")

    a_day_of(page, "Dana").get_by_role("link", name="Close time").click()
    page.get_by_label("Reason").fill("Training")
    page.get_by_role("button", name="Save the time away").click()
    expect(page.locator(".col").first.get_by_text("Closed: Training")).to_be_visible()


def test_free_start_opens_with_the_keyboard_alone(visit):
    page = visit(viewport=DESK)
    be_signed_in(page, "kim")
    start = a_day_of(page, "Rosa").locator(".free a").first
    start.focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Book a time")).to_be_visible()


def faults_of(page):
    """What axe finds in light and dark at a desk and on a phone, and whether it is too wide."""
    found = []
    for viewport in (DESK, PHONE):
        page.set_viewport_size(viewport)
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            violations = Axe().run(page).response["violations"]
            found += [(scheme, each["id"], each["nodes"][0]["html"]) for each in violations]
        found += measure(page, "wide")
    return found


def test_pages_of_the_week_are_fit_for_everyone(visit):
    page = visit(viewport=DESK)
    be_signed_in(page, "lee")
    found = {}
    page.goto(WEEK)
    found["day of all"] = faults_of(page)
    last = a_day_of(page, "Rosa")
    expect(page.get_by_role("link", name="All counselors on one day")).to_be_visible()
    found["week of one"] = faults_of(page)

    last.locator(".free a").first.click()
    expect(page.get_by_role("heading", name="Book a time")).to_be_visible()
    found["form"] = faults_of(page)
    page.get_by_role("button", name="Book this time").click()
    expect(page.get_by_role("alert").filter(has_text="Nothing is saved yet")).to_be_visible()
    found["form with errors"] = faults_of(page)

    fill_spoken(page, name="Ash", email="ash@example.com", phone="714 555 0191")
    page.get_by_role("button", name="Book this time").click()
    expect(page.get_by_role("heading", name="Ash")).to_be_visible()
    page.get_by_role("link", name="Move in the calendar").click()
    expect(page.get_by_text("Choose a free time to move Ash to")).to_be_visible()
    found["where to move"] = faults_of(page)
    page.locator(".col").first.locator(".free a").last.click()
    expect(page.get_by_role("heading", name="Move a consultation")).to_be_visible()
    found["move"] = faults_of(page)

    assert found == {name: [] for name in found}
