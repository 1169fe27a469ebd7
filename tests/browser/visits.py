"""What people do on the site's pages, step by step."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from playwright.sync_api import expect

JO = {"name": "Jo", "phone": "714 555 0155", "email": "jo@example.com"}
ZONES = ["America/Los_Angeles", "Pacific/Honolulu", "Asia/Tokyo", "Asia/Karachi", "Europe/London"]


def zone_by_day():
    """A zone in which nobody is asleep, since letters wait out the night of their person."""
    now = datetime.now(UTC)
    return next(name for name in ZONES if 9 <= now.astimezone(ZoneInfo(name)).hour < 18)


def fill_details(page, *, name, phone, email):
    """Everything that the details form asks of someone who wants email."""
    page.get_by_role("group", name="Is anyone in danger").get_by_label("No", exact=True).check()
    page.get_by_label("Who is this for?").select_option(label="Me")
    page.get_by_role("group", name="18 or older").get_by_label("Yes", exact=True).check()
    page.get_by_label("What should we call you?").fill(name)
    page.get_by_label("Phone", exact=False).first.fill(phone)
    page.locator("#id_email").fill(email)
    page.locator("#id_agrees_to_contact").check()


def fill_by_name(page, preferred_name):
    """What the details form cannot do without, in whichever language it asks."""
    for name, value in (("is_in_danger", "no"), ("is_adult", "yes")):
        page.locator(f"[name={name}][value={value}]").check()
    page.locator("#id_for_whom").select_option("self")
    page.locator("#id_preferred_name").fill(preferred_name)
    page.locator("#id_phone").fill("714 555 0155")
    page.locator("#id_agrees_to_contact").check()


def follow(link):
    """Clicks what leads to another page, and is there: what is looked at next is that page."""
    with link.page.expect_navigation():
        link.click()


def send(page):
    page.locator("form.sheet button.wide[type=submit]").click()


def book(page, *, latest=False, zone="America/Los_Angeles"):
    """Books the soonest time, or the last one of all that are offered, by the clock of a zone."""
    page.goto(f"/consultation/?zone={zone}")
    if latest:
        page.goto(page.locator(".day .grid a").last.get_attribute("href"))
    else:
        page.locator(".times a").first.click()
    fill_details(page, **JO)
    send(page)
    expect(page).to_have_url(re.compile(r"/consultation/booked/$"))


def lose(site, stamp):
    """Nobody is there any more for the hour from this time on."""
    site.ask(
        "INSERT INTO admissions_closure (starts_at, ends_at, reason)"
        " VALUES (%s::timestamptz, %s::timestamptz + interval '1 hour', 'test')",
        stamp,
        stamp,
    )
