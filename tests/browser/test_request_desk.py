"""The page of a request and the insurance desk, as those who work there walk through them."""

from playwright.sync_api import expect

from .test_staff import be_signed_in, faults_of
from .visits import follow

LIST = "/admin/admissions/consultationrequest/"


def open_request(desk, name):
    desk.goto(LIST)
    desk.locator("tr[data-reference]", has_text=name).first.locator(".why a").click()
    expect(desk.locator("h1")).to_contain_text(name)


def fold_out(desk, summary):
    desk.locator("summary", has_text=summary).first.click()


def test_coordinator_works_on_a_request_from_its_page(visit):
    """Put off and taken up, noted, merged, handed over, and made first of all for safety."""
    desk = visit(viewport={"width": 1366, "height": 768})
    be_signed_in(desk, "kim")
    open_request(desk, "Ines")
    address = desk.url
    fold_out(desk, "Set aside until later")
    desk.get_by_role("button", name="Tomorrow").click()
    expect(desk.locator(".card.now")).to_contain_text("Set aside until")
    desk.get_by_role("button", name="Take it up again").click()
    expect(desk.get_by_text("It is taken up again.")).to_be_visible()

    fold_out(desk, "Write a note")
    desk.locator("#notes textarea").fill("Ask for Ines.\n\nShe works nights.")
    desk.get_by_role("button", name="Keep this note").click()
    expect(desk.locator("#notes")).to_contain_text("She works nights.")
    found = {"its page": faults_of(desk)}

    follow(desk.get_by_role("link", name="Compare, and merge"))
    found["compared"] = faults_of(desk)
    desk.get_by_label("I have made sure").check()
    desk.get_by_role("button", name="Merge what is ticked").click()
    expect(desk.get_by_text("Tick what is to be merged.")).to_be_visible()
    found["refused"] = faults_of(desk)

    desk.set_viewport_size({"width": 390, "height": 844})
    desk.goto(address)
    fold_out(desk, "Hand over to a colleague")
    desk.get_by_label("To whom").select_option(label="Dana")
    desk.get_by_role("button", name="Hand it over").click()
    expect(desk.locator(".facts")).to_contain_text("Owner: Dana")
    desk.get_by_role("button", name="Get help with safety now").click()
    expect(desk.get_by_role("heading", name="Someone may be in danger.")).to_be_visible()
    found["in danger"] = faults_of(desk)

    desk.locator("#log").get_by_role("button", name="Reached").first.click()
    expect(desk.get_by_text("We talked about safety on")).to_be_visible()
    assert found == {name: [] for name in found}


def test_insurance_desk_keeps_details_that_colleagues_do_not_see(visit):
    desk = visit(viewport={"width": 390, "height": 844})
    be_signed_in(desk, "ivo")
    follow(desk.get_by_role("link", name="Insurance", exact=True))
    found = {"queue": faults_of(desk)}
    desk.locator(".checks a", has_text="Linh").first.click()
    desk.get_by_label("Status").select_option(label="In progress")
    desk.get_by_label("Member ID").fill("XZP-CANARY")
    found["details"] = faults_of(desk)
    desk.get_by_role("button", name="Save").click()
    expect(desk.locator(".checks")).to_contain_text("In progress")

    colleague = visit(viewport={"width": 1366, "height": 768})
    be_signed_in(colleague, "kim")
    open_request(colleague, "Linh")

    expect(colleague.get_by_text("In progress").first).to_be_visible()
    assert "XZP-CANARY" not in colleague.content()
    assert found == {name: [] for name in found}
