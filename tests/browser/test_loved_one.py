"""Someone who asks for a person they care about, on the narrowest phone and without scripts."""

import re

from playwright.sync_api import expect

from .fitness import NARROWEST, measure


def test_way_of_a_loved_one_needs_no_scripts(visit):
    page = visit(viewport=NARROWEST, java_script_enabled=False)
    page.goto("/get-help/")
    page.get_by_role("link", name="For someone I care about").click()
    wide = measure(page, "wide")
    page.locator("main").get_by_role("link", name="Choose a time").click()
    page.locator(".times a").first.click()
    theirs, young = page.locator(".when-someone"), page.locator(".when-young")

    expect(page.get_by_label("Someone I care about")).to_be_checked()
    expect(theirs).to_be_visible()
    expect(young).to_be_hidden()
    page.locator("[name=for_whom][value=self]").check()
    page.locator("[name=is_adult][value=no]").check()
    expect(theirs).to_be_hidden()
    expect(young).to_be_visible()

    page.locator("[name=for_whom][value=loved_one]").check()
    fill(page)
    page.get_by_role("button", name="Book this time").click()
    expect(page).to_have_url(re.compile(r"/consultation/booked/$"))
    page.get_by_role("link", name="Before we talk").click()

    expect(page).to_have_url(re.compile(r"/before-the-call/#family$"))
    assert wide + measure(page, "wide") == []


def fill(page):
    page.locator("[name=is_in_danger][value=no]").check()
    page.locator("[name=is_adult][value=yes]").check()
    page.locator("#id_preferred_name").fill("Ann")
    page.locator("#id_phone").fill("714 555 0177")
    page.locator("#id_agrees_to_contact").check()
