"""The whole visit in Spanish, on the narrowest phone, in a browser that prefers English."""

import re

from playwright.sync_api import expect

from .fitness import NARROWEST, measure


def test_visit_in_spanish_stays_in_spanish_and_fits(visit):
    page = visit(viewport=NARROWEST)
    page.goto("/es/consultation/")
    wide = measure(page, "wide")
    page.locator(".times a").first.click()
    expect(page).to_have_url(re.compile(r"/es/consultation/details/"))
    wide += measure(page, "wide")
    fill(page)
    page.get_by_role("button", name="Reservar este horario").click()
    expect(page).to_have_url(re.compile(r"/es/consultation/booked/$"))
    expect(page.get_by_role("heading", name="Su cita está reservada")).to_be_visible()

    for name in ("booked/", "manage/", "manage/move/", "manage/cancel/", "callback/"):
        page.goto(f"/es/consultation/{name}")
        wide += measure(page, "wide")
    page.goto("/es/consultation/manage/cancel/")
    page.get_by_role("button", name="Cancelar mi cita").click()

    expect(page.get_by_role("heading", name="Su cita está cancelada")).to_be_visible()
    assert (wide, page.locator("html").get_attribute("lang")) == ([], "es")


def fill(page):
    for name, value in (("is_in_danger", "no"), ("for_whom", "self"), ("is_adult", "yes")):
        page.locator(f"[name={name}][value={value}]").check()
    page.locator("#id_preferred_name").fill("Lupita")
    page.locator("#id_phone").fill("714 555 0155")
    page.locator("#id_agrees_to_contact").check()
