"""Every public page and state: fit for everyone, however they see it, and alone with its reader.

The browser of each test also fails it on the first request to another place.
"""

import xml.etree.ElementTree as ET
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from .conftest import fetch
from .fitness import PHONE, faults_of, keyboard_faults
from .visits import JO, book, fill_details, follow, lose, send

# Pages that no search engine shall find, beside the sitemap.
FIRST = [
    "/consultation/",
    "/consultation/callback/",
    "/consultation/before-the-call/",
    "/consultation/find/",
    "/consultation/find/asked/",
]


def addresses(site, *, language):
    """Every English page of the sitemap and the first of a consultation, in one language."""
    tree = ET.fromstring(fetch(f"{site.url}/sitemap.xml"))  # noqa: S314  our own
    found = sorted({urlsplit(place.text).path for place in tree.findall(".//{*}loc")})
    paths = [path for path in found if not path.startswith("/es/")] + FIRST
    return [f"/es{path}" if language == "es" else path for path in paths]


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.security(68)
def test_every_page_is_fit_for_everyone(site, visit, language):
    page = visit(viewport=PHONE)
    logged, statuses, found = [], set(), {}
    page.on("console", lambda line: line.type == "error" and logged.append(line.text))
    page.on("pageerror", lambda fault: logged.append(str(fault)))

    for address in addresses(site, language=language):
        statuses.add(page.goto(address).status)
        found[address] = faults_of(page)

    assert {address: faults for address, faults in found.items() if faults} == {}
    assert len(found) > 12
    assert statuses == {200}
    assert logged == []


def test_details_are_fit_for_everyone_fresh_with_errors_and_when_lost(page, site):
    page.goto("/consultation/")
    follow(page.locator(".times a").last)
    fresh = faults_of(page)

    send(page)
    expect(page.get_by_role("alert")).to_be_focused()
    with_errors = faults_of(page)

    fill_details(page, **JO)
    lose(site, page.locator("[name=at]").input_value())
    send(page)
    expect(page.get_by_text("Someone has just taken that time")).to_be_visible()

    assert (fresh, with_errors, faults_of(page)) == ([], [], [])


def test_pages_after_booking_are_fit_for_everyone(page):
    book(page)
    found = {"booked": faults_of(page)}
    reference = page.locator("dt:text-is('Reference') + dd").inner_text()
    page.goto("/consultation/find/")
    page.get_by_label("Reference").fill(reference)
    page.get_by_label("Phone").fill("714 555 0199")
    page.get_by_role("button", name="Show my appointment").click()
    expect(page.get_by_role("alert")).to_be_focused()
    found["not found"] = faults_of(page)
    page.get_by_label("Phone").fill(JO["phone"])
    page.get_by_role("button", name="Show my appointment").click()
    expect(page.get_by_role("heading", name="Your appointment")).to_be_visible()
    found["found"] = faults_of(page)

    for name in (
        "manage/",
        "manage/contact/",
        "manage/move/",
        "manage/cancel/",
        "details/?at=20200101T000000Z",
    ):
        page.goto(f"/consultation/{name}")
        found[name] = faults_of(page)
    page.goto("/consultation/manage/cancel/")
    page.get_by_role("button", name="Cancel my appointment").click()
    expect(page.get_by_role("heading", name="Your appointment is canceled")).to_be_visible()
    found["canceled"] = faults_of(page)
    page.goto("/consultation/manage/book/?mode=in_person")
    found["book again"] = faults_of(page)

    assert found == {name: [] for name in found}


def test_callback_is_fit_for_everyone_with_errors_and_once_asked(page):
    page.goto("/consultation/callback/")
    follow(page.get_by_role("button", name="Ask us to call"))
    with_errors = faults_of(page)

    page.locator("#id_preferred_name").fill("Jo")
    page.locator("#id_phone").fill("714 555 0155")
    page.locator("#id_agrees_to_contact").check()
    page.get_by_role("button", name="Ask us to call").click()
    expect(page.get_by_role("heading", name="We will call you")).to_be_visible()

    assert (with_errors, faults_of(page)) == ([], [])


def test_page_that_asks_once_more_is_fit_for_everyone_and_lets_them_through(page):
    """As a password manager fills the trap, and as a browser that was ended forgets cookies."""
    page.goto("/consultation/callback/")
    page.locator("#id_preferred_name").fill("Jo")
    page.locator("#id_phone").fill("714 555 0155 ext. 23")
    page.locator("#id_agrees_to_contact").check()
    page.locator("#id_website").evaluate("field => field.value = 'https://jo.example.org'")
    follow(page.get_by_role("button", name="Ask us to call"))
    expect(page.get_by_role("alert")).to_be_focused()
    trapped = faults_of(page)

    page.context.clear_cookies()
    follow(page.get_by_role("button", name="Ask us to call"))
    expect(page.get_by_role("alert")).to_be_focused()
    forgotten = faults_of(page)
    page.get_by_role("button", name="Ask us to call").click()

    expect(page.get_by_role("heading", name="We will call you")).to_be_visible()
    assert (trapped, forgotten) == ([], [])


@pytest.mark.parametrize(
    "address", ["/no/such/page/", "/consultation/manage/no-such-link/", "/consultation/manage/"]
)
def test_error_page_is_fit_for_everyone(page, address):
    page.goto(address)

    assert faults_of(page) == []


# A low window, where what stays in view takes most of it.
@pytest.mark.parametrize("size", [{"width": 320, "height": 480}, {"width": 1280, "height": 600}])
def test_keyboard_sees_where_it_is_all_the_way(visit, size):
    page = visit(viewport=size)
    page.goto("/consultation/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_in_viewport(ratio=1)
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.locator(".times a").last.click()
    send(page)
    expect(page.get_by_role("alert")).to_be_focused()
    found = {"errors": keyboard_faults(page)}

    page.goto("/programs/iop/")
    found["program"] = keyboard_faults(page)

    assert found == {"errors": [], "program": []}
