"""What a person does with our letters: keep, say how to be reached, and stop. In a browser."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from recovery_site.dev import processes

from .fitness import faults_of
from .test_visitor import read_in_mailbox
from .visits import fill_details, send, zone_by_day

# One person for the journey, so that no other test's letters are taken for theirs.
BEA = {"name": "Bea", "phone": "714 555 0157", "email": "bea@example.com"}


def test_visitor_keeps_the_time_changes_the_plan_and_stops(visit, site):
    zone = zone_by_day()
    page = visit(timezone_id=zone)
    page.goto(f"/consultation/?zone={zone}")
    page.goto(page.locator(".day .grid a").last.get_attribute("href"))
    fill_details(page, **BEA)
    send(page)
    expect(page.get_by_role("heading", name="Your appointment is booked")).to_be_visible()
    fall_due(site, "reminder_day")

    page = follow(page, site, "A reminder of your appointment", "Keep my appointment")
    found = {"manage": faults_of(page)}
    page.get_by_role("button", name="Keep my appointment").click()
    expect(page.get_by_text("Thank you, we look forward to talking with you.")).to_be_visible()
    assert status_of(site) == "confirmed"
    found["kept"] = faults_of(page)

    page.get_by_role("link", name="Change it").click()
    page.get_by_label("Yes, with a first name and number only").check()
    page.get_by_label("Keep emails discreet").uncheck()
    found["plan"] = faults_of(page)
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".panel[role=status]")).to_have_text("Your choices are saved.")
    expect(page.get_by_text("By email", exact=True)).to_be_visible()

    page = follow(page, site, "A reminder of your appointment", "stop")
    found["stop"] = faults_of(page)
    page.get_by_role("button", name="Stop these emails").click()
    expect(page.get_by_role("heading", name="You won't get these emails anymore")).to_be_visible()
    found["stopped"] = faults_of(page)

    assert fall_due(site, "reminder_hours") == ("skipped", "not_permitted")
    assert found == {name: [] for name in found}


@pytest.mark.parametrize(
    ("language", "width", "subject"), [("", 360, "Your appointment"), ("/es", 1366, "Su cita")]
)
def test_visitor_books_instead_of_the_call_corrects_moves_and_undoes(
    visit, site, language, width, subject
):
    zone = zone_by_day()
    page = visit(viewport={"width": width, "height": 768}, timezone_id=zone)
    page.goto(f"{language}/consultation/callback/?zone={zone}")
    page.locator("#id_preferred_name").fill("Lu")
    page.locator("#id_phone").fill("714 555 0161")
    page.locator("#id_agrees_to_contact").check()
    page.locator("form.sheet button[type=submit]").last.click()
    expect(page.locator(".receipt")).to_contain_text("(•••) •••-0161")
    found = {"call": faults_of(page)}

    page.goto(f"{language}/consultation/?zone={zone}")
    page.goto(page.locator(".day .grid a").last.get_attribute("href"))
    expect(page.locator("button[name=call]")).to_be_visible()
    found["known"] = faults_of(page)
    page.locator("button[name=call]").click()
    expect(page.locator("[data-print]")).to_be_visible()
    found["booked"] = faults_of(page)

    page.locator(".receipt a[href$='/manage/correct/']").click()
    address = f"lu{width}@example.com"
    page.locator("#id_email").fill(address)
    page.locator("#id_may_email").check()
    found["correct"] = faults_of(page)
    page.locator("form.sheet button[type=submit]").click()
    expect(page.locator(".receipt")).to_contain_text("l•••@example.com")
    site.await_letter(subject, to=address)

    when = page.locator(".receipt dd").first.inner_text()
    page.goto(f"{language}/consultation/manage/move/")
    page.locator(".times button").first.click()
    expect(page.locator(".receipt dd").first).not_to_have_text(when)
    found["moved"] = faults_of(page)
    page.emulate_media(media="print")
    expect(page.locator("header.site")).to_be_hidden()
    expect(page.locator(".receipt dd").first).to_be_visible()
    page.emulate_media(media="screen")
    page.locator("form[action$='/undo/'] button").click()
    expect(page.locator(".receipt dd").first).to_have_text(when)

    assert found == {name: [] for name in found}


def follow(page, site, subject, to):
    """Opens the newest letter of this subject, and what its link of this name leads to."""
    site.await_letter(subject, to=BEA["email"])
    read_in_mailbox(page, site, subject, to=BEA["email"])
    text = page.locator("pre").first.inner_text()
    named = r"/consultation/stop/\S+" if to == "stop" else r"/consultation/manage/[^\s?]+"
    page.goto(site.url + re.search(named, text)[0])
    return page


def fall_due(site, kind):
    """What became of Bea's message of this kind once its time came."""
    hers = (
        "FROM admissions_message m JOIN admissions_consultationrequest r ON r.id = m.request_id"
        " WHERE r.PERSON AND m.kind = %s"
    )
    [(pk,)] = site.ask_of_person(f"SELECT m.id {hers}", f"whole email:{BEA['email']}", kind)
    site.ask("UPDATE admissions_message SET due_at = %s WHERE id = %s", datetime.now(UTC), pk)
    site.sweep()
    read = "SELECT state, reason FROM admissions_message WHERE id = %s"
    settled = ("sent", "skipped", "failed")
    assert processes.wait_until(lambda: site.ask(read, pk)[0][0] in settled, within=20)
    return site.ask(read, pk)[0]


def status_of(site):
    [(status,)] = site.ask_of_person(
        "SELECT c.status FROM admissions_consultation c JOIN admissions_consultationrequest r"
        " ON r.id = c.request_id WHERE r.PERSON",
        f"whole email:{BEA['email']}",
    )
    return status
