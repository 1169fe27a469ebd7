"""From the interview to the admission, by a counselor and a clinician, in a real browser."""

from playwright.sync_api import expect

from .test_staff import be_signed_in, faults_of
from .visits import follow

REQUEST, CARE = "/admin/admissions/consultationrequest/", "/admin/admissions/assessment/"
DESK, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}


def choose(page, dimension, concern):
    page.get_by_role("group", name=f"Concern in dimension {dimension}").get_by_label(
        concern, exact=True
    ).check()


def test_counselor_clinician_and_admission(visit, site):
    hana = "SELECT id FROM admissions_consultationrequest WHERE PERSON"
    [(pk,)] = site.ask_of_person(hana, "name:hana")
    assessment, found = f"{CARE}{pk}/", {}

    dana = visit(viewport=DESK)
    be_signed_in(dana, "dana")
    dana.goto(assessment)
    dana.get_by_text("Amend the assessment").click()
    choose(dana, 3, "Needs a clinician")
    dana.get_by_label("Note").nth(2).fill("Thought of ending it last night.")
    found["open form"] = faults_of(dana)
    dana.get_by_role("button", name="Save the assessment").click()
    expect(dana.get_by_label("Why it is amended")).to_be_focused()
    dana.get_by_label("Why it is amended").fill("We talked again")
    dana.get_by_role("button", name="Save the assessment").click()
    expect(dana.get_by_text("A clinician is needed now")).to_be_visible()
    found["concern"] = faults_of(dana)

    maya = visit(viewport=PHONE, color_scheme="dark")
    be_signed_in(maya, "maya")
    maya.goto(f"{REQUEST}{pk}/change/")
    follow(maya.locator("#concern").get_by_role("link", name="Open the assessment"))
    found["clinician"] = faults_of(maya)
    maya.get_by_label("What is to be done now").fill("Talked with her; safe tonight, doctor at 9.")
    maya.get_by_role("button", name="I have looked at it").click()
    expect(maya.locator("#concern")).to_have_count(0)

    dana.goto(f"{assessment}recommendation/")
    levels = dana.get_by_label("Level you recommend"), dana.get_by_label("Level agreed")
    assert [each.input_value() for each in levels] == ["", ""]
    for each in levels:
        each.select_option(label="2.1 Intensive Outpatient (IOP), offered here")
    dana.get_by_label("Why", exact=True).fill("Steady home, evenings free.")
    found["recommend"] = faults_of(dana)
    dana.get_by_role("button", name="Save the recommendation").click()
    expect(dana.get_by_text("The recommendation is saved.")).to_be_visible()
    found["recommended"] = faults_of(dana)

    dana.goto(f"{REQUEST}{pk}/change/")
    dana.get_by_role("button", name="Begin the admission").click()
    dana.get_by_role("button", name="They have come in: Admitted to IOP").click()
    expect(dana.get_by_text("They are admitted.")).to_be_visible()
    found["admitted"] = faults_of(dana)

    assert [faults for faults in found.values() if faults] == []
    [state] = site.ask(
        "SELECT stage, disposition FROM admissions_consultationrequest WHERE id = %s", pk
    )
    assert state == ("closed", "admitted_iop")
