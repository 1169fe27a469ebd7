"""A visitor's whole journey, in a real browser on the running site."""

import re
import urllib.request
from datetime import UTC, datetime

import pytest
from icalendar import Calendar
from playwright.sync_api import expect

from recovery_site.dev import processes

from .visits import JO, book, fill_details, follow, send

# One person for the journey, so that no other test's letters are taken for theirs.
ANN = {"name": "Ann", "phone": "714 555 0156", "email": "ann@example.com"}


def event_of(letter):
    """The method and the one event of a letter's calendar part."""
    part = next(each for each in letter.walk() if each.get_content_type() == "text/calendar")
    calendar = Calendar.from_ical(part.get_payload(decode=True))
    return str(calendar["METHOD"]), calendar.walk("VEVENT")[0]


def read_in_mailbox(page, site, subject, *, to):
    """Opens the newest letter of this subject to one person, as they would."""
    page.goto(site.mailbox)
    theirs = page.locator("li").filter(has_text=to)
    theirs.locator("a strong").get_by_text(subject, exact=True).first.click()
    expect(page.get_by_role("heading", level=1, name=subject, exact=True)).to_be_visible()


def start_shown(page):
    return page.locator(".facts dd").first.inner_text().splitlines()[0]


def test_visitor_books_reads_moves_and_cancels(page, site):
    page.goto("/programs/iop/")
    page.locator(".soon .times a").first.click()
    fill_details(page, **ANN)
    send(page)
    expect(page.get_by_role("heading", name="Your appointment is booked")).to_be_visible()
    booked_for = start_shown(page)

    confirmed = site.await_letter("Your appointment", to=ANN["email"])
    assert confirmed["Auto-Submitted"] == "auto-generated"
    method, event = event_of(confirmed)
    assert (method, event["SEQUENCE"], event["SUMMARY"]) == ("REQUEST", 0, "Appointment")

    read_in_mailbox(page, site, "Your appointment", to=ANN["email"])
    with page.context.expect_page() as opened:
        page.locator("pre a[href*='/consultation/manage/']").first.click()
    page = opened.value
    expect(page).to_have_url(f"{site.url}/consultation/manage/")
    assert start_shown(page) == booked_for

    move_to_last_day(page)
    moved = site.await_letter("Your appointment has a new time", to=ANN["email"])
    method, later = event_of(moved)
    assert (method, later["UID"], later["SEQUENCE"]) == ("REQUEST", event["UID"], 1)
    assert later["DTSTART"].dt > event["DTSTART"].dt

    reminder = old_reminder(site, later)
    page.get_by_role("link", name="Move it").click()
    page.locator(".times button").first.click()
    expect(page).to_have_url(f"{site.url}/consultation/manage/")
    assert fallen_due(site, reminder) == ("skipped", "not_standing")

    page.get_by_role("link", name="Cancel it").click()
    page.get_by_role("button", name="Cancel my appointment").click()
    expect(page.get_by_role("heading", name="Your appointment is canceled")).to_be_visible()
    method, gone = event_of(site.await_letter("Your appointment is canceled", to=ANN["email"]))
    assert (method, gone["UID"], gone["STATUS"]) == ("CANCEL", event["UID"], "CANCELLED")
    assert gone["SEQUENCE"] > 2


def move_to_last_day(page):
    page.get_by_role("link", name="Move it").click()
    page.get_by_text("Later days").click()
    page.locator("details.day summary").last.click()
    page.locator("details.day").last.locator("button").first.click()
    expect(page.get_by_role("heading", name="Your appointment")).to_be_visible()


def old_reminder(site, event):
    """The reminder that was promised for this time of the consultation."""
    [(pk,)] = site.ask(
        "SELECT m.id FROM admissions_message m JOIN admissions_consultation c"
        " ON c.id = m.consultation_id WHERE m.kind = 'reminder_day' AND c.uid::text = %s",
        str(event["UID"]).partition("@")[0],
    )
    return pk


def fallen_due(site, pk):
    """What became of a message once its time came."""
    site.ask("UPDATE admissions_message SET due_at = %s WHERE id = %s", datetime.now(UTC), pk)
    site.sweep()
    read = "SELECT state, reason FROM admissions_message WHERE id = %s"
    on_its_way = {"promised", "sending"}
    assert processes.wait_until(lambda: site.ask(read, pk)[0][0] not in on_its_way, within=20)
    return site.ask(read, pk)[0]


def test_source_of_a_letter_can_be_read_in_the_mailbox(page, site, visit):
    book_without_script(visit(java_script_enabled=False))
    site.await_letter("Your appointment", to=JO["email"])

    read_in_mailbox(page, site, "Your appointment", to=JO["email"])
    source = page.get_by_role("link", name="Source of this message").get_attribute("href")

    with urllib.request.urlopen(site.mailbox + source, timeout=10) as answer:  # noqa: S310
        text = answer.read().decode()
    assert re.findall(r"^Subject: .*$", text, re.MULTILINE) == ["Subject: Your appointment"]
    assert "Content-Type: text/calendar" in text


def book_without_script(page):
    page.goto("/programs/iop/")
    page.locator(".soon .times a").first.click()
    fill_details(page, **JO)
    send(page)
    expect(page.get_by_role("heading", name="Your appointment is booked")).to_be_visible()


def test_times_of_another_mode_can_be_asked_for_without_script(visit):
    page = visit(java_script_enabled=False)
    page.goto("/consultation/")

    page.get_by_role("link", name="Video").click()

    expect(page).to_have_url(re.compile(r"\?mode=video$"))
    expect(page.locator(".seg [aria-current]")).to_have_text("Video")


def test_times_follow_the_clock_of_the_visitor(visit):
    page = visit(timezone_id="America/New_York")

    page.goto("/consultation/")

    expect(page).to_have_url(re.compile(r"\?zone=America%2FNew_York$"))
    expect(page.locator("[data-zone]")).to_contain_text("Eastern time")
    page.locator(".times a").first.click()
    expect(page.locator("[name=time_zone]")).to_have_value("America/New_York")


def test_clock_that_was_chosen_stays_to_the_receipt(visit):
    page = visit(timezone_id="Asia/Kolkata")
    page.goto("/consultation/")

    page.get_by_text("Change the time zone").click()
    page.get_by_label("Show times in").select_option(label="Pacific time")
    page.get_by_role("button", name="Show times").click()
    page.locator(".times a").first.click()
    said = page.locator(".chosen b").inner_text()
    fill_details(page, **JO)
    send(page)

    assert re.search(r"\(P[SD]T\)$", said)
    expect(page.get_by_text(said).first).to_be_visible()


def test_home_page_says_times_by_the_clock_of_the_visitor_too(visit):
    page = visit(timezone_id="Asia/Kolkata")

    page.goto("/")

    time = page.locator(".soon .times a").first
    expect(time).to_contain_text("your time")
    expect(time).to_have_attribute("href", re.compile("zone=Asia%2FCalcutta"))


def test_browser_that_hides_its_clock_sees_the_clock_of_the_center(visit):
    page = visit(timezone_id="UTC")

    page.goto("/consultation/")

    expect(page.locator("[data-zone]")).to_contain_text("Pacific time")
    expect(page).to_have_url(re.compile(r"/consultation/$"))


def test_time_zone_can_be_chosen_without_script(visit):
    page = visit(java_script_enabled=False)
    page.goto("/consultation/")

    page.get_by_text("Change the time zone").click()
    page.get_by_label("Show times in").select_option(label="Hawaii time")
    page.get_by_role("button", name="Show times").click()

    expect(page.locator("[data-zone]")).to_contain_text("Hawaii time")


def test_keyboard_alone_books_a_time(page):
    page.goto("/consultation/")
    press_until(page, "Tab", ".times a")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your details")).to_be_visible()

    for field, keys in [
        ("[name=is_in_danger]", ["Space"]),
        ("#id_for_whom", ["ArrowDown"]),
        ("[name=is_adult]", ["Space"]),
        ("#id_preferred_name", list("Jo")),
        ("#id_phone", list("7145550155")),
        ("#id_agrees_to_contact", ["Space"]),
    ]:
        press_until(page, "Tab", field)
        for key in keys:
            page.keyboard.press(key)
    press_until(page, "Tab", "button.wide[type=submit]")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Your appointment is booked")).to_be_visible()


def press_until(page, key, selector):
    """Presses a key until an element of this kind has the focus, and shows that it has."""
    for _press in range(80):
        page.keyboard.press(key)
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            assert page.evaluate("() => document.activeElement.matches(':focus-visible')")
            return
    raise AssertionError(f"{key} never reaches {selector}")


def test_enter_on_the_page_of_a_lost_time_books_no_other(page, site):
    page.goto("/consultation/")
    page.locator(".times a").first.click()
    fill_details(page, **JO)
    close(site, page.locator("[name=at]").input_value())
    send(page)
    expect(page.get_by_text("Someone has just taken that time")).to_be_visible()
    expect(page.locator("[name=at_instead]")).to_have_count(3)
    before = site.ask("SELECT count(*) FROM admissions_consultation")

    page.locator("#id_preferred_name").press("Enter")
    page.wait_for_timeout(300)

    assert site.ask("SELECT count(*) FROM admissions_consultation") == before


def test_time_that_goes_while_the_page_lies_open_is_crossed_out(page, site):
    page.goto("/consultation/")
    last = page.locator(".day .grid a").last
    stamp = last.get_attribute("href").partition("at=")[2][:16]
    close(site, stamp)

    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    expect(page.get_by_text("Times that are no longer open are crossed out.")).to_be_visible()
    expect(last).not_to_have_attribute("href", re.compile("."))
    expect(page.locator(".times a").first).to_have_attribute("href", re.compile("at="))


def close(site, stamp):
    """Nobody holds consultations for the hour from this time on."""
    site.ask(
        "INSERT INTO admissions_closure (starts_at, ends_at, reason)"
        " VALUES (%s::timestamptz, %s::timestamptz + interval '1 hour', 'test')",
        stamp,
        stamp,
    )


@pytest.mark.security(12)
def test_logs_of_the_site_hold_no_token_and_no_person(page, site):
    book_without_script(page)
    letter = site.await_letter("Your appointment", to=JO["email"])
    words = letter.get_body(("plain",)).get_content()
    [token, *_same] = re.findall(r"/consultation/manage/([\w-]{40,})/", words)
    page.goto(f"/consultation/manage/{token}/")
    page.goto(f"/consultation/manage/{token}x/")

    told = [token, JO["phone"].replace(" ", ""), JO["email"], "7145550155"]

    logs = site.logs()
    assert {name: [each for each in told if each in text] for name, text in logs.items()} == {
        name: [] for name in logs
    }


# A device that others use, after "Finish on this device"


def back_to_the_form(page):
    """Goes back, entry by entry, to the form that was filled in; what its fields hold then."""
    for _step in range(6):
        page.go_back()
        if "/consultation/details/" in page.url and page.locator("#id_preferred_name").count():
            return page.locator("form.sheet input").evaluate_all(
                "fields => fields.filter(each => each.type != 'hidden' && each.type != 'radio'"
                " && each.type != 'checkbox').map(each => each.value).filter(Boolean)"
            )
    raise AssertionError("the form is not in the history")


@pytest.mark.security(70)
def test_back_after_finishing_shows_nothing_that_was_typed(page, site):
    book(page, latest=True)
    # Else the way back may lead to "this time is gone", where one counselor alone had it.
    site.ask(
        "UPDATE admissions_consultation SET status = 'canceled_by_center'"
        " WHERE id = (SELECT max(id) FROM admissions_consultation)"
    )
    follow(page.get_by_role("button", name="Finish on this device"))
    expect(
        page.get_by_role("heading", name="Your visit is cleared from this device")
    ).to_be_visible()

    assert back_to_the_form(page) == []


def test_back_before_finishing_keeps_what_was_typed(page, site):
    page.goto("/consultation/")
    page.locator(".times a").first.click()
    page.locator("#id_preferred_name").fill("Nina")
    page.goto("/programs/")

    assert back_to_the_form(page) == ["Nina"]
