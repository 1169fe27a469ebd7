"""Every answer scores 130 or more by the rules of the HTTP Observatory, as production gives it."""

import re
from pathlib import Path

import pytest
from django.contrib import admin
from django.http import HttpResponse
from django.test import Client
from django.urls import URLResolver, reverse
from django.urls.resolvers import RegexPattern

from admissions.calendars import feeds
from admissions.messaging.kinds import Kind
from recovery_site.middleware import LEAST
from tests.support import factories
from tests.support.visitor import MONDAY, TOMORROW_AT_TEN, Visitor, details_url, url

from . import observatory, production
from .faulty_urls import DRAWN, FAULTS

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(MONDAY)]

ENOUGH = 130


@pytest.fixture(autouse=True)
def as_in_production(settings):
    """Cookies, redirects and headers as a process of production has them."""
    for name, value in production.settings_of_answers().items():
        setattr(settings, name, value)


class Browser(Visitor):
    """One that comes to the site of production over TLS."""

    def __init__(self, **options):
        super().__init__(headers={"host": production.HOST}, **options)

    def request(self, **request):
        return super().request(**{**request, "wsgi.url_scheme": "https"})


def scores(browser, addresses, kept=None):
    """Address to what its score lacks, for each that lacks something.

    Those that a browser may keep are added to `kept`.
    """
    found = {}
    plain = Client(headers={"host": production.HOST})
    for address in addresses:
        answer = browser.get(address)
        score = observatory.score(answer, over_http=plain.get(address))
        is_page = answer.status_code == 200
        if kept is not None and is_page and "no-store" not in answer.get("Cache-Control", ""):
            kept.append(address)
        if score.points < ENOUGH:
            found[address] = (score.points, score.modifiers)
    return found


@pytest.fixture
def visitor():
    factories.make_counselor()
    return Browser()


def public_addresses(browser):
    """Every page of the sitemap in each of its languages, and the pages of a booking."""
    places = re.findall(r"<loc>https?://[^/]+([^<]*)</loc>", browser.get("/sitemap.xml").text)
    assert {"/", "/es/", "/learn/what-is-iop/", "/es/learn/what-is-iop/"} <= set(places)
    booking = [
        url(name) for name in ("choose_time", "open_times", "before_the_call", "request_callback")
    ]
    booking += [details_url(), url("finished"), f"{url('details')}?at=no-time"]
    return [
        *places,
        *booking,
        *(f"/es{address}" for address in booking),
        "/robots.txt",
        "/sitemap.xml",
        "/learn/articles.xml",
        "/es/learn/articles.xml",
    ]


@pytest.mark.security(66, 67, 71, 72)
def test_every_public_page_scores_enough(visitor):
    assert scores(visitor, public_addresses(visitor)) == {}


@pytest.mark.security(66, 67, 71, 72)
def test_every_page_after_booking_scores_enough(visitor):
    visitor.book(email="jo@example.com")
    visitor.get(url("booked"))
    names = (
        "booked", "calendar_file", "manage", "move_consultation", "cancel_consultation",
        "change_contact_plan", "details",
    )  # fmt: skip

    assert scores(visitor, [url(name) for name in names]) == {}


@pytest.mark.security(66, 67, 71, 72)
def test_calendar_feed_scores_enough(visitor):
    counselor = factories.make_counselor()
    token = feeds.create_feed(counselor_id=counselor.pk, by=counselor.user)

    assert scores(visitor, [f"/feeds/{token}.ics", "/feeds/unknown.ics"]) == {}


def test_health_scores_enough_and_answers_without_tls(visitor):
    found = {
        each: observatory.score(visitor.get(each)).points
        for each in ("/healthz/", "/readyz/", "/livez/")
    }

    assert min(found.values()) >= ENOUGH
    assert Client(headers={"host": production.HOST}).get("/healthz/").status_code == 200


@pytest.mark.security(66, 67, 71, 72)
@pytest.mark.urls("tests.security.faulty_urls")
def test_every_page_of_a_fault_scores_enough():
    browser = Browser(raise_request_exception=False)
    statuses = [*FAULTS, *DRAWN]
    addresses = [f"/fails/{status}/" for status in statuses]

    assert [browser.get(address).status_code for address in addresses] == statuses
    assert scores(browser, addresses) == {}


REFUSED = {
    "a verb that no page has": (405, lambda: Browser().put("/")),
    "a verb that this page has not": (405, lambda: Browser().post("/")),
    "a form without its token": (
        403,
        lambda: Browser(enforce_csrf_checks=True).post(url("request_callback")),
    ),
    "a form that is too large": (
        400,
        lambda: Browser().post(url("request_callback"), {"preferred_name": "x" * 3_000_000}),
    ),
    "a foreign host": (400, lambda: Browser().get("/", headers={"host": "evil.example"})),
    "a NUL": (400, lambda: Browser().get("/%00")),
}


@pytest.mark.security(66, 67, 71, 72)
@pytest.mark.parametrize(("status", "ask"), REFUSED.values(), ids=REFUSED)
def test_every_refusal_scores_enough(status, ask):
    answer = ask()

    assert answer.status_code == status
    assert observatory.score(answer).points >= ENOUGH


def test_foreign_host_without_tls_is_refused_with_the_least_that_every_answer_carries():
    """Django asks for the host before it adds any header of its own."""
    answer = Client(headers={"host": "evil.example"}).get("/")

    assert answer.status_code == 400
    assert {name: answer.get(name) for name in LEAST} == LEAST


@pytest.mark.security(66, 67, 71, 72)
def test_every_file_scores_enough(visitor, settings):
    root = Path(settings.STATIC_ROOT)
    kept = [file.name for file in (production.ROOT / "static").iterdir()]
    files = [root / name for name in kept]
    files += [next(root.glob(f"admin/**/*.{kind}")) for kind in ("css", "js", "svg")]

    assert scores(visitor, [f"/static/{file.relative_to(root)}" for file in files]) == {}


@pytest.fixture
def desk():
    """A browser in which somebody is signed in who may see every page of the desk."""
    browser = DeskBrowser()
    browser.force_login(factories.make_user(None, is_superuser=True))
    return browser


class DeskBrowser(factories.StaffClient, Browser):
    """The browser of someone at the desk, over TLS."""


def desk_addresses():
    """The pages of the desk whose address names no record: its own, and every list and form."""
    resolver = URLResolver(RegexPattern("^/admin/"), admin.site.get_urls())
    names = [name for name in resolver.reverse_dict if isinstance(name, str)]
    found = {name: resolver.reverse_dict.getlist(name)[0][0][0] for name in names}
    return [
        f"/admin/{address}"
        for name, (address, parameters) in found.items()
        if not parameters and name != "logout"
    ]


@pytest.mark.security(66, 67, 69, 71, 72)
def test_every_page_of_the_desk_scores_enough_and_is_not_kept(desk):
    addresses = desk_addresses()
    kept = []

    assert len(addresses) > 50
    assert scores(desk, addresses, kept) == {}
    assert kept == []


@pytest.mark.security(66, 67, 71, 72)
def test_door_of_the_desk_scores_enough(visitor):
    assert scores(visitor, ["/admin/login/", "/admin/", "/admin/no-such-page/"]) == {}


def test_frame_of_an_email_is_the_one_exception(desk):
    """Emails carry their style in their tags: docs/security-cases.md."""
    consultation = factories.make_consultation(starts_at=TOMORROW_AT_TEN)
    message = factories.make_message(
        Kind.CONFIRMATION, due_at=MONDAY, request=consultation.request, consultation=consultation
    )
    page = desk.get(reverse("admin:admissions_message_change", args=[message.pk])).text
    (address,) = re.findall(r'<iframe[^>]*src="([^"]+)"', page)

    frame = observatory.score(desk.get(address.replace("&amp;", "&")))

    assert "csp-implemented-with-unsafe-inline-in-style-src-only" in frame.modifiers
    assert frame.points >= 120


# Cookies, and what no browser keeps

NAMES = (
    "from django.conf import settings; import django; django.setup();"
    "from admissions.accounts.known_browsers import KNOWN_BROWSER_COOKIE as known;"
    "from admissions.admin.keyboard_shortcuts import SHORTCUTS_COOKIE as keys;"
    "print(settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, known, keys)"
)


@pytest.mark.security(42)
def test_every_cookie_of_production_is_bound_to_the_host():
    names = production.run_in_production("-c", NAMES).stdout.split()

    assert len(names) == 4
    assert [name for name in names if not name.startswith("__Host-")] == []


@pytest.mark.security(42)
def test_every_cookie_is_secure_and_out_of_reach_of_scripts_and_other_sites(visitor, desk):
    user = factories.make_user("director")
    door = DeskBrowser()
    door.get("/admin/login/")
    door.post("/admin/login/", {"login": user.username, "password": factories.PASSWORD})
    visitor.open_details()
    desk.post("/admin/shortcuts/", {"turned": "off"})
    cookies = [
        cookie
        for browser in (visitor, door)
        for name, cookie in browser.cookies.items()
        if cookie.value
    ]

    assert {cookie.key for cookie in cookies} == {"__Host-session", "__Host-csrf"}
    assert {(cookie["secure"], cookie["httponly"], cookie["samesite"]) for cookie in cookies} == {
        (True, True, "Lax")
    }
    assert {(cookie["path"], cookie["domain"]) for cookie in cookies} == {("/", "")}


@pytest.mark.security(69)
@pytest.mark.urls("tests.security.faulty_urls")
def test_no_page_of_a_fault_is_kept():
    browser = Browser(raise_request_exception=False)

    told = {browser.get(f"/fails/{status}/")["Cache-Control"] for status in [*FAULTS, *DRAWN]}

    assert told == {"no-store"}


@pytest.mark.security(73)
def test_scripts_leave_nothing_in_the_browser():
    scripts = "".join(file.read_text() for file in (production.ROOT / "static").glob("*.js"))

    kept = re.findall(r"localStorage|sessionStorage|indexedDB|document\.cookie|caches\.", scripts)
    assert kept == []


@pytest.mark.security(73)
def test_fields_say_what_a_browser_may_fill_in(visitor):
    page = visitor.get(details_url()).text

    told = dict(
        re.findall(r'<(?:input|textarea)[^>]*name="(\w+)"[^>]*autocomplete="([\w-]+)"', page)
    )
    assert told == {
        "preferred_name": "given-name", "phone": "tel", "email": "email", "note": "off",
        "website": "off",
    }  # fmt: skip


# The scale itself

GOOD = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
}


def answer_with(**changed):
    headers = GOOD | {name.replace("_", "-"): value for name, value in changed.items()}
    return HttpResponse(headers={name: value for name, value in headers.items() if value})


def test_best_answer_without_a_cookie_has_130_points():
    assert observatory.score(answer_with()).points == 130


def test_bare_answer_has_30_points():
    assert observatory.score(HttpResponse()).points == 30


@pytest.mark.parametrize(
    ("header", "value", "points"),
    [
        ("Content-Security-Policy", "", 55),
        ("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'", 125),
        ("Content-Security-Policy", "default-src 'none'; script-src https:", 60),
        ("Content-Security-Policy", "default-src 'none'; script-src 'self' 'unsafe-inline'", 60),
        ("Content-Security-Policy", "default-src 'none'; script-src 'self' 'unsafe-eval'", 70),
        ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'", 80),
        ("Cross-Origin-Resource-Policy", "", 120),
        ("Cross-Origin-Resource-Policy", "cross-origin", 120),
        ("Cross-Origin-Resource-Policy", "ours", 115),
        ("Referrer-Policy", "", 125),
        ("Referrer-Policy", "unsafe-url", 120),
        ("Strict-Transport-Security", "", 80),
        ("Strict-Transport-Security", "max-age=86400", 120),
        ("X-Content-Type-Options", "", 125),
        ("Access-Control-Allow-Origin", "*", 130),
    ],
)
def test_each_header_counts_as_published(header, value, points):
    answer = answer_with(**{header.replace("-", "_"): value})

    assert observatory.score(answer).points == points


@pytest.mark.parametrize(
    ("name", "options", "points"),
    [
        ("session", {"secure": True, "httponly": True, "samesite": "Lax"}, 135),
        ("session", {"secure": True, "httponly": True}, 130),
        ("session", {"secure": True, "samesite": "Lax"}, 70),
        ("session", {"httponly": True, "samesite": "Lax"}, 120),
        ("csrf", {"secure": True}, 80),
        ("keys", {"samesite": "Strict"}, 125),
    ],
)
def test_each_cookie_counts_as_published(name, options, points):
    answer = answer_with()
    answer.set_cookie(name, "x", **options)

    assert observatory.score(answer).points == points
