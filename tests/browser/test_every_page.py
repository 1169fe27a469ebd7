"""Every public page and state: fit for everyone, at any width, and alone with its reader."""

import xml.etree.ElementTree as ET
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from .conftest import fetch
from .visits import JO, book, fill_details, send

NARROWEST = 320


def addresses(site):
    """Every page of the sitemap, and the first pages of a consultation."""
    tree = ET.fromstring(fetch(f"{site.url}/sitemap.xml"))  # noqa: S314  our own
    found = [urlsplit(place.text).path for place in tree.findall(".//{*}loc")]
    return [*found, "/consultation/", "/consultation/callback/", "/consultation/before-the-call/"]


def test_no_page_asks_another_site_for_anything(page, site):
    """The recorder of every browser here fails the test on the first foreign request."""
    pages = addresses(site)

    statuses = [page.goto(address).status for address in pages]

    assert (len(pages) > 12, set(statuses)) == (True, {200})


def test_no_page_logs_an_error_or_scrolls_sideways(site, visit):
    page = visit(viewport={"width": NARROWEST, "height": 640})
    faults = []
    page.on("console", lambda line: line.type == "error" and faults.append(line.text))
    page.on("pageerror", lambda fault: faults.append(str(fault)))

    wide = [address for address in addresses(site) if page.goto(address) and scrolls(page)]

    assert (wide, faults) == ([], [])


def scrolls(page):
    """Whether the page is wider than the window, once there is a page."""
    return page.locator("html").evaluate("page => page.scrollWidth > page.clientWidth")


def faults_of(page):
    """What axe finds at 360 px in light and dark, and whether 320 px is too narrow."""
    found = []
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        violations = Axe().run(page).response["violations"]
        found += [(scheme, each["id"], each["nodes"][0]["html"]) for each in violations]
    page.set_viewport_size({"width": NARROWEST, "height": 640})
    found += ["scrolls sideways"] * scrolls(page)
    page.set_viewport_size({"width": 360, "height": 740})
    return found


@pytest.mark.parametrize(
    "address", ["/", "/programs/iop/", "/get-help/", "/consultation/", "/consultation/callback/"]
)
def test_page_is_fit_for_everyone(page, address):
    page.goto(address)

    assert faults_of(page) == []


def test_details_are_fit_for_everyone_fresh_with_errors_and_when_lost(page, site):
    page.goto("/consultation/")
    page.locator(".times a").last.click()
    fresh = faults_of(page)

    send(page)
    expect(page.get_by_role("alert")).to_be_focused()
    with_errors = faults_of(page)

    fill_details(page, **JO)
    lose(site, page.locator("[name=at]").input_value())
    send(page)
    expect(page.get_by_text("Someone has just taken that time")).to_be_visible()

    assert (fresh, with_errors, faults_of(page)) == ([], [], [])


def lose(site, stamp):
    site.ask(
        "INSERT INTO admissions_closure (starts_at, ends_at, reason)"
        " VALUES (%s::timestamptz, %s::timestamptz + interval '1 hour', 'test')",
        stamp,
        stamp,
    )


def test_pages_after_booking_are_fit_for_everyone(page):
    book(page)
    found = {"booked": faults_of(page)}

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
    expect(page.get_by_role("heading", name="Your appointment is cancelled")).to_be_visible()
    found["cancelled"] = faults_of(page)
    page.goto("/consultation/manage/book/?mode=in_person")
    found["book again"] = faults_of(page)

    assert found == {name: [] for name in found}


def test_callback_is_fit_for_everyone_with_errors_and_once_asked(page):
    page.goto("/consultation/callback/")
    page.get_by_role("button", name="Ask us to call").click()
    with_errors = faults_of(page)

    page.locator("#id_preferred_name").fill("Jo")
    page.locator("#id_phone").fill("714 555 0155")
    page.locator("#id_agrees_to_contact").check()
    page.get_by_role("button", name="Ask us to call").click()
    expect(page.get_by_role("heading", name="We will call you")).to_be_visible()

    assert (with_errors, faults_of(page)) == ([], [])


@pytest.mark.parametrize("address", ["/no/such/page/", "/consultation/manage/no-such-link/"])
def test_error_page_is_fit_for_everyone(page, address):
    page.goto(address)

    assert faults_of(page) == []
