"""The whole visit in each language, with and without JavaScript, on a phone and at a desk."""

import re

import pytest
from playwright.sync_api import expect

from .fitness import NARROWEST, measure
from .visits import fill_by_name, send

WIDE = {"width": 1280, "height": 800}
WAYS = [(js, size) for js in (True, False) for size in (NARROWEST, WIDE)]
CANCELED = {"en": "Your appointment is canceled", "es": "Su cita está cancelada"}


@pytest.mark.parametrize(("has_script", "size"), WAYS)
@pytest.mark.parametrize("language", ["en", "es"])
def test_visitor_errs_mends_books_and_cancels(visit, language, has_script, size):
    page = visit(viewport=size, java_script_enabled=has_script)
    start, wide = "/es" if language == "es" else "", []
    page.goto(f"{start}/")
    page.locator(".soon .times a").first.click()
    expect(page).to_have_url(re.compile(rf"{start}/consultation/details/"))
    fill_by_name(page, "Lupita")
    page.locator("#id_phone").fill("12")
    send(page)
    expect(page.locator(".error-summary a")).to_have_attribute("href", "#id_phone")
    expect(page.locator("#id_preferred_name")).to_have_value("Lupita")
    wide += measure(page, "wide")

    page.locator("#id_phone").fill("714 555 0155")
    send(page)
    expect(page).to_have_url(re.compile(rf"{start}/consultation/booked/$"))
    wide += measure(page, "wide")
    for name in ("manage/", "manage/move/", "callback/", "manage/cancel/"):
        page.goto(f"{start}/consultation/{name}")
        wide += measure(page, "wide")
    page.locator("form.sheet button[type=submit]").click()

    expect(page.get_by_role("heading", name=CANCELED[language])).to_be_visible()
    assert (wide, page.locator("html").get_attribute("lang")) == ([], language)
