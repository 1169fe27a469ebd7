"""A time frees up, and the person who waits for something sooner takes it."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.sync_api import expect

from .fitness import faults_of
from .test_visitor import read_in_mailbox, start_shown
from .visits import fill_details, send, zone_by_day

RIVAL = {"name": "Ray", "phone": "714 555 0157", "email": "ray@example.com"}
LIV = {"name": "Liv", "phone": "714 555 0158", "email": "liv@example.com"}
SUBJECT = "An earlier time for your appointment"


def first_start_of_a_day():
    """Eight in the morning by the center's clock, five days ahead: one counselor is there."""
    center = ZoneInfo("America/Los_Angeles")
    day = datetime.now(center) + timedelta(days=5)
    at = day.replace(hour=8, minute=0, second=0, microsecond=0).astimezone(UTC)
    return f"{at:%Y%m%dT%H%M%SZ}"


def book_at(page, address, **person):
    page.goto(address)
    fill_details(page, **person)
    send(page)
    expect(page.get_by_role("heading", name="Your appointment is booked")).to_be_visible()


def open_from_letter(page, site):
    """Follows the link of the letter in the mailbox, which opens a tab of its own."""
    read_in_mailbox(page, site, SUBJECT, to=LIV["email"])
    with page.context.expect_page() as opened:
        page.locator("pre a[href*='/consultation/manage/']").first.click()
    return opened.value


def test_who_waits_takes_the_time_that_another_frees(visit, site):
    zone = zone_by_day()
    rival, page = visit(timezone_id=zone), visit(timezone_id=zone)
    details = f"/consultation/details/?at={first_start_of_a_day()}&mode=phone&zone={zone}"
    book_at(rival, details, **RIVAL)
    wanted = start_shown(rival)
    page.goto(f"/consultation/?zone={zone}")
    book_at(page, page.locator(".day .grid a").last.get_attribute("href"), **LIV)

    page.get_by_role("button", name="Tell me if an earlier time opens up").click()
    expect(page.get_by_text("If an earlier time opens up, we will write to you.")).to_be_visible()
    waiting = faults_of(page)
    rival.goto("/consultation/manage/cancel/")
    rival.get_by_role("button", name="Cancel my appointment").click()
    letter = site.await_letter(SUBJECT, to=LIV["email"])
    assert "recover" not in letter.as_string().lower()

    page = open_from_letter(page, site)
    expect(page.get_by_role("heading", name="An earlier time is open")).to_be_visible()
    expect(page.locator(".offer .chosen b")).to_have_text(wanted)
    asked = faults_of(page)
    page.get_by_role("button", name="Take this time").click()

    expect(page).to_have_url(re.compile(r"/consultation/manage/$"))
    expect(page.get_by_role("heading", name="An earlier time is open")).to_have_count(0)
    assert (start_shown(page), waiting, asked) == (wanted, [], [])
    assert site.await_letter("Your appointment has a new time", to=LIV["email"])
