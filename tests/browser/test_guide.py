"""Which program? From the first question to a time that takes the answers along."""

import re

import pytest
from playwright.sync_api import expect

from .fitness import faults_of, measure
from .visits import fill_by_name, follow, send

GUIDE = "/programs/guide/"
HELP_NOW = {"en": "Please get help now", "es": "Busque ayuda ahora, por favor"}
WHICH = [("danger", "no"), ("health", "none"), ("care", "weekly"), ("home", "yes")]


@pytest.mark.parametrize("has_script", [True, False])
@pytest.mark.parametrize("language", ["en", "es"])
def test_answers_lead_to_a_reason_and_along_to_a_request(visit, site, language, has_script):
    page = visit(java_script_enabled=has_script)
    start = "/es" if language == "es" else ""
    look = faults_of if has_script else lambda page: measure(page, "wide")
    page.goto(start + GUIDE)
    see = page.locator("main form.sheet button[type=submit]")
    follow(see)
    expect(page.locator(".error-summary a")).to_have_attribute("href", "#id_danger_0")
    found = {"nothing answered": look(page)}

    page.locator("[name=danger][value=yes]").check()
    expect(page.locator(".danger-help a[href='tel:911']").first).to_be_visible()
    follow(see)
    expect(page.get_by_role("heading", level=1, name=HELP_NOW[language])).to_be_visible()
    found["danger"] = look(page)

    page.locator("details.more > summary").click()
    for question, answer in WHICH:
        page.locator(f"[name={question}][value={answer}]").check()
    follow(see)
    expect(page.locator(f".card a[href='{start}/programs/iop/']")).to_be_visible()
    found["worth asking"] = look(page)

    follow(page.locator("button[name=to][value=times]"))
    follow(page.locator(".times a").first)
    found["taken along"] = look(page)
    assert found == {name: [] for name in found}
    assert not re.search("weekly|danger=|home=", page.url)
    name = f"Mar{language}{has_script}"[:8]
    fill_by_name(page, name)
    send(page)

    expect(page).to_have_url(re.compile(rf"{start}/consultation/booked/$"))
    kept = "SELECT guide_answers <> '' FROM admissions_consultationrequest WHERE PERSON"
    assert site.ask_of_person(kept, f"name:{name.lower()}") == [(True,)]
