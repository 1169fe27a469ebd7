"""A coordinator sees what an email says, sends it again, and takes another back."""

from playwright.sync_api import expect

from recovery_site.dev import processes

from .test_staff import be_signed_in, faults_of, reference_of
from .visits import book, follow

OUTBOX = "/admin/admissions/message/"
SUBJECT, TO = "Your appointment", "jo@example.com"


def states(site, reference, kind):
    """(copy, state) of every email of one kind to one person."""
    return site.ask(
        "SELECT m.copy, m.state FROM admissions_message m"
        " JOIN admissions_consultationrequest r ON r.id = m.request_id"
        " WHERE r.reference = %s AND m.kind = %s ORDER BY m.copy",
        reference,
        kind,
    )


def test_coordinator_sends_an_email_again_and_takes_one_back(visit, site):
    visitor = visit()
    book(visitor, latest=True)
    reference = reference_of(visitor)
    assert processes.wait_until(
        lambda: states(site, reference, "confirmation") == [(0, "sent")], within=20
    )
    come = len(site.letters(SUBJECT, to=TO))

    desk = visit(viewport={"width": 390, "height": 844})
    be_signed_in(desk, "kim")
    desk.goto(f"{OUTBOX}?show=sent&kind=confirmation")
    found = {"outbox": faults_of(desk)}
    desk.locator("tr", has_text=reference).locator(".why a").click()
    expect(desk.get_by_role("heading", name="What it would say now")).to_be_visible()
    frame = desk.frame_locator("iframe.phone")
    expect(frame.get_by_role("heading", name=SUBJECT)).to_be_visible()
    found["email"] = faults_of(desk)

    desk.get_by_label("Why send it again?").select_option(label="They have lost it")
    desk.get_by_role("button", name="Send it again").click()
    expect(desk.get_by_text("It goes once more.")).to_be_visible()
    assert processes.wait_until(lambda: len(site.letters(SUBJECT, to=TO)) == come + 1, within=20)
    assert states(site, reference, "confirmation") == [(0, "sent"), (1, "sent")]

    desk.get_by_role("link", name=reference).click()
    desk.get_by_role("button", name="Take back Reminder, shortly before").click()
    expect(desk.get_by_text("It is taken back and will not go.")).to_be_visible()
    found["request"] = faults_of(desk)
    assert states(site, reference, "reminder_hours") == [(0, "skipped")]
    assert found == {name: [] for name in found}


def test_addresses_that_we_do_not_write_to_are_lifted_by_a_second_click(visit, site):
    desk = visit(viewport={"width": 390, "height": 844})
    be_signed_in(desk, "kim")
    desk.goto("/admin/admissions/suppression/")
    found = {"list": faults_of(desk)}
    follow(desk.get_by_role("link", name="Write to it again…").first)
    found["question"] = faults_of(desk)

    desk.get_by_role("button", name="Write to it again").click()

    expect(desk.get_by_text("We may write to this address again.")).to_be_visible()
    assert found == {name: [] for name in found}
