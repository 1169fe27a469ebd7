"""A counselor's journeys at the staff desk, in a real browser on the running site."""

from datetime import date, timedelta
from urllib.error import HTTPError

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from recovery_site.dev import processes

from .conftest import PASSWORD, fetch
from .fitness import CONTRAST, EVERY_RULE, axe, measure
from .visits import book, zone_by_day

# Cookies of who has signed in, by username.
KEPT = {}


def be_signed_in(page, username):
    """As someone comes back who has signed in before: a code is good only once in 30 seconds."""
    page.context.add_cookies(KEPT.get(username, []))
    page.goto("/admin/")
    if page.get_by_label("Username").count():
        sign_in(page, username)
        KEPT[username] = page.context.cookies()


def sign_in(page, username):
    page.goto("/admin/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    type_code(page)
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def type_code(page):
    """The code that the page shows to people of the demo; it comes anew every 30 seconds."""
    expect(page.locator(".digits")).to_be_visible(timeout=35_000)
    page.get_by_label("Code").fill(page.locator(".digits").inner_text())
    page.get_by_role("button", name="Go on").click()


def reference_of(page):
    return page.locator(".facts dd").last.inner_text().strip()


def shift_into_the_past(site, reference):
    """The consultation began an hour ago; what it held moves along."""
    site.ask(
        "UPDATE admissions_consultation SET"
        " starts_at = starts_at - gap, ends_at = ends_at - gap,"
        " held = tstzrange(lower(held) - gap, upper(held) - gap, '[)')"
        " FROM (SELECT c.id, c.starts_at - now() + interval '1 hour' AS gap"
        "  FROM admissions_consultation c JOIN admissions_consultationrequest r"
        "  ON r.id = c.request_id WHERE r.reference = %s) AS one"
        " WHERE admissions_consultation.id = one.id",
        reference,
    )


def fall_due(site, reference, kind):
    site.ask(
        "UPDATE admissions_message SET due_at = now() WHERE kind = %s AND request_id ="
        " (SELECT id FROM admissions_consultationrequest WHERE reference = %s)",
        kind,
        reference,
    )
    site.sweep()


def states(site, reference):
    """The stage of the request and the status of its consultation."""
    [pair] = site.ask(
        "SELECT r.stage, c.status FROM admissions_consultationrequest r"
        " JOIN admissions_consultation c ON c.request_id = r.id WHERE r.reference = %s",
        reference,
    )
    return pair


def test_counselor_answers_a_request_and_the_thanks_follow(visit, site):
    zone = zone_by_day()
    visitor = visit(timezone_id=zone)
    book(visitor, latest=True, zone=zone)
    reference = reference_of(visitor)

    desk = visit(viewport={"width": 1366, "height": 800})
    be_signed_in(desk, "dana")
    desk.goto("/admin/admissions/consultationrequest/")
    row = desk.locator(f"[data-reference='{reference}']")
    row.get_by_role("button", name="Claim").click()
    expect(desk.locator(f"[data-reference='{reference}'] .owner")).to_have_text("Me")

    desk.locator(f"[data-reference='{reference}'] .why a").click()
    desk.locator("#log").get_by_role("button", name="No answer").first.click()
    expect(desk.locator("#timeline")).to_contain_text("No answer")

    shift_into_the_past(site, reference)
    desk.reload()
    desk.locator("#complete button").click()
    assert processes.wait_until(
        lambda: states(site, reference) == ("consultation_completed", "completed"), within=5
    )

    fall_due(site, reference, "after_completed")
    assert site.await_letter("Thank you for talking with us", to="jo@example.com")


def test_counselor_goes_away_and_the_person_is_asked_to_choose_again(visit, site):
    zone = zone_by_day()
    visitor = visit(timezone_id=zone)
    book(visitor, latest=True, zone=zone)
    reference = reference_of(visitor)
    [(counselor, day)] = site.ask(
        "SELECT c.counselor_id, (c.starts_at AT TIME ZONE 'America/Los_Angeles')::date::text"
        " FROM admissions_consultation c JOIN admissions_consultationrequest r"
        " ON r.id = c.request_id WHERE r.reference = %s",
        reference,
    )

    desk = visit(viewport={"width": 390, "height": 844})
    be_signed_in(desk, "kim")
    desk.goto(f"/admin/admissions/counselor/{counselor}/change/")
    desk.get_by_role("link", name="Time off…").click()
    desk.get_by_label("First day").fill(day)
    desk.get_by_role("button", name="Show consultations").click()
    # all() takes what is there: the page may still be on its way.
    expect(desk.locator(".decisions select").first).to_be_visible()
    for choice in desk.locator(".decisions select").all():
        choice.select_option("free")
    desk.get_by_role("button", name="Save the time away").click()
    expect(desk.get_by_text("canceled.")).to_be_visible()

    fall_due(site, reference, "freed")
    assert site.await_letter("Your appointment needs a new time", to="jo@example.com")
    visitor.goto("/consultation/manage/")
    expect(visitor.get_by_role("heading", name="We had to cancel")).to_be_visible()
    assert states(site, reference) == ("attempting_contact", "canceled_by_center")


def test_desk_asks_every_stranger_to_sign_in(page):
    page.goto("/admin/admissions/consultationrequest/")

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.get_by_text("Marcus").count() == 0


def test_counselor_keeps_a_calendar_feed_and_busy_time(visit, tmp_path):
    """The address answers a calendar app until it is revoked; a busy day is offered no more."""
    desk = visit(viewport={"width": 390, "height": 800})
    be_signed_in(desk, "rosa")
    desk.goto("/admin/admissions/calendarfeed/")
    desk.get_by_role("button", name="Make a private address").click()
    address = desk.get_by_label("Your private address").input_value()
    feed = fetch(address)
    found = {"with its address": faults_of(desk)}

    file = tmp_path / "holidays.ics"
    file.write_text(
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1@home.example\n"
        f"DTSTART;VALUE=DATE:{date.today() + timedelta(days=3):%Y%m%d}\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    busy = desk.locator("section", has_text="Add a calendar from a file").last
    busy.get_by_label("What to call it").fill("Holidays")
    busy.get_by_label("Calendar file").set_input_files(file)
    busy.get_by_role("button", name="Add this file").click()
    expect(desk.locator("#busy")).to_contain_text("Holidays")
    assert processes.wait_until(
        lambda: desk.reload() and "1 busy time ahead" in desk.locator("#busy").inner_text(),
        within=30,
    )
    found["with a calendar"] = faults_of(desk)

    desk.get_by_role("button", name="Remove Holidays").click()
    expect(desk.locator("#busy")).to_contain_text("No other calendar is known.")
    desk.get_by_role("button", name="Revoke the address").click()
    expect(desk.locator("#feed")).to_contain_text("There is no private address yet.")

    with pytest.raises(HTTPError, match="404"):
        fetch(address)
    assert (feed[:15], found) == (b"BEGIN:VCALENDAR", {name: [] for name in found})


def faults_of(desk):
    """What axe finds in light and dark."""
    found = []
    for scheme in ("dark", "light"):
        desk.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        violations = Axe().run(desk).response["violations"]
        found += [(scheme, each["id"], each["nodes"][0]["html"]) for each in violations]
    return found


def test_director_keeps_when_an_email_goes_and_what_it_says(visit):
    """A delay, then words: looked at, kept as a version, taken back; nothing else is touched."""
    desk = visit(viewport={"width": 1366, "height": 768})
    be_signed_in(desk, "lee")
    desk.goto("/admin/admissions/messagerule/")
    found = {"every email": faults_of(desk)}
    desk.get_by_role("link", name="After a no-show, the last").click()
    desk.get_by_role("group", name="How long after").get_by_label("Number").fill("9")
    desk.get_by_role("button", name="Save").click()
    expect(desk.get_by_text("9 days after we mark a no-show.")).to_be_visible()
    found["its rule"] = faults_of(desk)

    desk.get_by_role("link", name="English").click()
    desk.get_by_label("Text", exact=True).fill("We treat you in our clinic.")
    desk.get_by_role("button", name="Save these words").click()
    expect(desk.get_by_text("Leave out “clinic”")).to_be_visible()
    found["refused"] = faults_of(desk)

    desk.get_by_label("Text", exact=True).fill("Call {line} when it suits you.")
    desk.get_by_role("button", name="Preview").click()
    expect(desk.get_by_role("heading", name="Preview: not saved yet")).to_be_visible()
    frame = desk.frame_locator("iframe.phone").first
    expect(frame.get_by_text("when it suits you.")).to_contain_text("Call (")
    desk.set_viewport_size({"width": 390, "height": 844})
    found["preview"] = faults_of(desk)

    desk.get_by_role("button", name="Save these words").click()
    expect(desk.locator("#versions")).to_contain_text("Version 1")
    expect(desk.locator("h1")).to_contain_text("version 1 by Lee")
    found["kept"] = faults_of(desk)
    desk.get_by_role("button", name="Use our words again").click()
    expect(desk.locator("h1")).to_contain_text("our words by Lee")

    assert found == {name: [] for name in found}


# One address for each template of the plain lists and records; the pages drawn by hand are looked
# at where they are used. All 160 addresses would take a minute.
PLAIN_PAGES = {
    "lee": {
        "list": "/admin/users/user/",
        "empty list": "/admin/admissions/closure/?q=none",
        "record with rows": "/admin/admissions/counselor/1/change/",
        "new record": "/admin/admissions/closure/add/",
        "record to read": "/admin/admissions/consentversion/1/change/",
        "rows of requests": "/admin/admissions/suppression/",
        "forbidden": "/admin/programs/question/add/",
        "today": "/admin/",
        "triage": "/admin/admissions/consultationrequest/",
        "alerts": "/admin/alerts/",
        "add a colleague": "/admin/users/user/add/",
        "hours asked for": "/admin/admissions/hoursproposal/",
        "crisis lines to check": "/admin/programs/crisisline/changes/",
    },
    "admin": {
        "parts": "/admin/programs/",
        "list by day": "/admin/programs/credential/",
        "text": "/admin/programs/question/1/change/",
        "delete": "/admin/programs/sociallink/1/delete/",
        "history": "/admin/programs/crisisline/1/history/",
    },
}


@pytest.mark.parametrize("username", PLAIN_PAGES)
def test_plain_pages_of_the_desk_are_fit_and_bring_nothing_of_stock(visit, username):
    desk = visit(viewport={"width": 360, "height": 740})
    be_signed_in(desk, username)
    brought, errors, found = [], [], {}
    desk.on("request", lambda sent: brought.append(sent.url))
    desk.on("pageerror", lambda fault: errors.append(str(fault)))

    for name, address in PLAIN_PAGES[username].items():
        desk.goto(address)
        assert desk.locator("h1").count() == 1
        found[name] = axe(desk, EVERY_RULE) + measure(desk, "wide")
        desk.emulate_media(color_scheme="dark")
        found[name] += axe(desk, CONTRAST)
        desk.emulate_media(color_scheme="light")

    assert found == {name: [] for name in found}
    assert errors == []
    assert [each for each in brought if "/admin/js/" in each or "jsi18n" in each] == []


def test_row_is_added_beside_a_record_without_saving(visit):
    desk = visit(viewport={"width": 1366, "height": 768})
    be_signed_in(desk, "lee")
    desk.goto("/admin/admissions/counselor/1/change/")
    rows = desk.locator("#weekly_hours-group .inline-row")
    before = rows.count()

    desk.locator("#weekly_hours-group").get_by_role("button", name="One more row").click()

    assert rows.count() == before + 1
    expect(desk.locator(f"#id_weekly_hours-{before}-weekday")).to_be_focused()
    total = desk.locator("[name=weekly_hours-TOTAL_FORMS]")
    expect(total).to_have_value(str(before + 1))
