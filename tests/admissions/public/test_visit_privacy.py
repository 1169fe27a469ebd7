"""What a visit leaves behind: nothing in logs, addresses, queues, caches or other sites."""

import json
import logging
import re
from datetime import timedelta

import pytest
import redis
import time_machine
from django.conf import settings as site
from django.templatetags.static import static
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from admissions.accounts.session_backend import SessionStore
from admissions.intake import manage_links
from admissions.intake.models import ConsultationRequest
from admissions.messaging import delivery
from admissions.messaging.models import Message
from recovery_site import inline_css
from recovery_site.workers import queues
from tests.support.broker import another_broker
from tests.support.factories import make_counselor
from tests.support.visitor import (
    DETAILS,
    MONDAY,
    TOMORROW_AT_TEN,
    Visitor,
    details_url,
    read_form,
    stamp,
    url,
)

CANARY = {
    "preferred_name": "Zqx Canary",
    "phone": "714 555 0177",
    "email": "zqx.canary@example.com",
    "note": "Zqx Canary sings",
    "interpreter": "Zqxish",
}
TRACES = re.compile(r"zqx|canary|5550177|555-0177|555 0177", re.IGNORECASE)


@pytest.fixture(autouse=True)
def monday():
    with time_machine.travel(MONDAY), translation.override("en"):
        yield


@pytest.fixture
def visitor(db):
    make_counselor()
    return Visitor()


def book(visitor):
    """The canary books, and looks at the confirmation."""
    visitor.book(**CANARY)
    return visitor.get(url("booked"))


def public_addresses():
    """Every page of the sitemap in each of its languages, and the first ones of a booking."""
    places = re.findall(r"<loc>https?://[^/]+([^<]*)</loc>", Client().get("/sitemap.xml").text)
    assert {"/", "/es/", "/programs/iop/", "/learn/what-is-iop/"} <= set(places)
    return [
        *places,
        "/robots.txt",
        "/sitemap.xml",
        url("choose_time"),
        url("before_the_call"),
    ]


# Nobody is marked before they begin to write


def test_reading_the_site_sets_no_cookie(visitor):
    addresses = public_addresses()

    pages = [visitor.get(address) for address in addresses]

    assert {page.status_code for page in pages} == {200}
    assert [list(page.cookies) for page in pages] == [[]] * len(addresses)


@pytest.mark.parametrize("address", [details_url(), "/consultation/callback/"])
def test_form_sets_two_cookies_that_end_with_the_browser(visitor, address):
    page = visitor.get(address)

    kept = {
        name: (bool(cookie["httponly"]), cookie["samesite"], cookie["max-age"], cookie["domain"])
        for name, cookie in page.cookies.items()
    }
    assert kept == dict.fromkeys(["session", "csrf"], (True, "Lax", "", ""))


# Nobody else learns of it


@pytest.mark.security(74)
def test_cookies_say_nothing_of_the_person(visitor):
    book(visitor)

    request = ConsultationRequest.objects.get()
    values = " ".join(cookie.value for cookie in visitor.cookies.values())
    assert TRACES.findall(values) == []
    assert str(request.pk) not in values
    assert request.reference not in values


@pytest.mark.parametrize(
    "name",
    [
        "booked",
        "manage",
        "change_contact_plan",
        "move_consultation",
        "cancel_consultation",
        "calendar_file",
        "request_callback",
        "finished",
    ],
)
@pytest.mark.security(13, 69)
def test_personal_page_is_kept_by_no_cache_and_found_by_no_search(visitor, name):
    book(visitor)

    page = visitor.get(url(name))

    assert page.status_code == 200
    assert (page["Cache-Control"], page["X-Robots-Tag"]) == (
        "no-store, private",
        "noindex, nofollow",
    )


@pytest.mark.parametrize("address", [details_url(), "/consultation/details/"])
def test_details_are_kept_by_no_cache_and_found_by_no_search(visitor, address):
    page = visitor.get(address)

    assert "no-store" in page["Cache-Control"]
    assert page["X-Robots-Tag"] == "noindex, nofollow"


@pytest.mark.security(13)
def test_link_that_opens_nothing_is_kept_by_no_cache(visitor):
    page = visitor.get("/consultation/manage/no-such-token/")

    assert (page.status_code, page["Cache-Control"]) == (404, "no-store")


def test_robots_are_told_to_stay_away_from_consultations(visitor):
    lines = visitor.get("/robots.txt").content.decode().splitlines()

    assert {"Disallow: /admin/", "Disallow: /consultation/", "Disallow: /es/consultation/"} <= set(
        lines
    )


@pytest.mark.security(74)
def test_no_address_of_a_visit_names_the_person(visitor):
    addresses = []
    answers = [visitor.book(**CANARY)]
    for name in ("booked", "manage", "move_consultation"):
        answers.append(visitor.get(url(name)))
    key = read_form(answers[-1], "move_consultation").values["key"]
    later = stamp(TOMORROW_AT_TEN + timedelta(hours=2))
    answers.append(visitor.post(url("move_consultation"), {"key": key, "at": later}))
    for answer in answers:
        addresses += re.findall(r'(?:href|action|src)="([^"]*)"', answer.content.decode())
        addresses.append(answer.headers.get("Location", ""))

    assert TRACES.findall(" ".join(addresses)) == []
    assert str(ConsultationRequest.objects.get().pk) not in " ".join(addresses)


def test_token_stays_out_of_every_page_that_it_opens(visitor):
    book(visitor)
    token = manage_links.issue_tokens(ConsultationRequest.objects.get())[0]
    browser = Client()

    answer = browser.get(reverse("admissions:open_manage_link", args=[token]))
    pages = [
        browser.get(url(name)) for name in ("manage", "move_consultation", "cancel_consultation")
    ]

    assert answer["Location"] == url("manage")
    assert [token in page.content.decode() for page in pages] == [False] * 3


@pytest.mark.security(11)
def test_other_sites_learn_no_address_of_ours(visitor):
    page = book(visitor)

    assert page["Referrer-Policy"] == "same-origin"


# Nothing personal in logs and queues


@pytest.fixture
def logged():
    """Every line that the site's own log handler writes, as it writes it."""
    lines = []

    class Keep(logging.Handler):
        def emit(self, record):
            lines.append(self.format(record))

    handler = Keep(level=logging.DEBUG)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))
    written = logging.getLogger().handlers[0]
    for each in written.filters:
        handler.addFilter(each)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lines
    root.setLevel(level)
    root.removeHandler(handler)


@pytest.fixture
def queue(worker_id):
    """What waits in Redis for a worker, in a database of Redis that this test has for itself."""
    number = 8 + int(worker_id.removeprefix("gw")) if worker_id.startswith("gw") else 7
    address = f"{site.REDIS_URL.rpartition('/')[0]}/{number}"
    with another_broker(address), redis.from_url(address) as store:
        store.flushdb()
        yield lambda: [
            message.decode() for name in queues.NAMES for message in store.lrange(name, 0, -1)
        ]
        store.flushdb()


@pytest.mark.security(74)
def test_canary_leaves_no_trace_in_logs_or_queue(real_commits, logged, queue, inbox):
    make_counselor()
    visitor = Visitor()

    book(visitor)
    change(visitor, "move_consultation", at=stamp(TOMORROW_AT_TEN + timedelta(hours=2)))
    change(visitor, "cancel_consultation", reason="Zqx Canary flies")
    typed = CANARY | {"phone": "714 555 0177 canary"}
    visitor.send_details(visitor.open_details(another="1") | typed)
    for message in Message.objects.due(now=timezone.now()):
        delivery.deliver_message(message.pk)

    assert len(inbox) > 0
    assert [line for line in logged if TRACES.search(line) and "django.db" not in line] == []
    assert [waiting for waiting in queue() if TRACES.search(waiting)] == []


def change(visitor, name, **typed):
    key = read_form(visitor.get(url(name)), name).values["key"]
    visitor.post(url(name), {"key": key, **typed})


@pytest.mark.security(12)
def test_tasks_wait_in_the_queue_with_ids_only(real_commits, queue):
    make_counselor()

    book(Visitor())

    waiting = [json.loads(message)["headers"] for message in queue()]
    pk = ConsultationRequest.objects.get().pk
    assert [(each["task"], each["argsrepr"], each["kwargsrepr"]) for each in waiting] == [
        ("admissions.messaging.tasks.send_due_messages", f"('{pk}',)", "{}")
    ]


@pytest.mark.parametrize("method", ["get", "head", "post", "put"])
@pytest.mark.security(12)
def test_token_stays_out_of_the_log(visitor, logged, method):
    book(visitor)
    tokens = [manage_links.issue_tokens(ConsultationRequest.objects.get())[0], "u" * 43, "v" * 10]

    for token in tokens:
        getattr(visitor, method)(f"/consultation/manage/{token}/")
        getattr(visitor, method)(f"/es/consultation/manage/{token}")
        getattr(visitor, method)(f"/consultation/manage/{token}/?to=book")
        getattr(visitor, method)(f"/consultation/stop/{token}/")
        getattr(visitor, method)(f"/es/consultation/stop/{token}")
        getattr(visitor, method)(f"/feeds/{token}.ics")
        getattr(visitor, method)(f"/feeds/{token}")

    lines = [line for line in logged if "django.db" not in line]
    assert [line for line in lines for token in tokens if token in line] == []


@pytest.mark.security(74, 77)
def test_log_of_a_fault_tells_no_form_data(real_commits, logged, monkeypatch):
    make_counselor()
    visitor = Visitor(raise_request_exception=False)
    values = visitor.open_details() | CANARY
    monkeypatch.setattr("admissions.public.views.booking.consultations.request_consultation", fail)

    page = visitor.send_details(values)

    assert page.status_code == 500
    assert TRACES.findall(page.content.decode() + "\n".join(logged)) == []


def fail(**details):
    raise RuntimeError("on purpose")


# One browser and another, one person and the next


def test_form_that_was_sent_shows_another_browser_nothing(visitor):
    values = visitor.open_details()
    visitor.send_details(values)
    elsewhere = Visitor()

    page = elsewhere.send_details(values)

    assert page.status_code == 409
    assert b"We already have this form" in page.content
    assert elsewhere.get(url("booked")).status_code == 410
    assert ConsultationRequest.objects.count() == 1


def test_callback_that_was_sent_shows_another_browser_nothing(visitor):
    values = visitor.open_callback()
    visitor.send_callback(values)
    elsewhere = Visitor()

    page = elsewhere.send_callback(values)

    assert page.status_code == 409
    assert elsewhere.get(url("callback_requested")).status_code == 410
    assert ConsultationRequest.objects.count() == 1


def test_form_of_an_ended_session_still_books(visitor):
    values = visitor.open_details()
    elsewhere = Visitor()

    assert elsewhere.send_details(values).status_code == 302
    assert elsewhere.get(url("booked")).status_code == 200


def test_next_person_on_a_device_has_a_session_of_their_own(visitor):
    visitor.book()
    first = visitor.cookies[site.SESSION_COOKIE_NAME].value

    page = visitor.get(details_url(TOMORROW_AT_TEN + timedelta(hours=4)) + "&another=1")
    visitor.send_details(read_form(page).values | DETAILS)

    assert visitor.cookies[site.SESSION_COOKIE_NAME].value != first
    assert not SessionStore().exists(first)


def test_what_the_first_person_could_manage_is_closed_to_the_next(visitor):
    visitor.book()
    visitor.get(url("booked"))
    assert visitor.get(url("manage")).status_code == 200

    page = visitor.get(details_url(TOMORROW_AT_TEN + timedelta(hours=4)) + "&another=1")
    visitor.send_details(read_form(page).values | DETAILS)

    assert visitor.get(url("manage")).status_code == 410


# Every answer carries the same protection

CSP = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": f"'self' {inline_css.csp_hash_source(site.INLINE_CSS)}",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "frame-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


def protection(response):
    """The headers that protect a reader, as the browser reads them."""
    parts = response.headers.get("Content-Security-Policy", "").split(";")
    return {
        "csp": dict(part.strip().split(" ", 1) for part in parts if part.strip()),
        "frames": response.headers.get("X-Frame-Options"),
        "sniffing": response.headers.get("X-Content-Type-Options"),
        "opener": response.headers.get("Cross-Origin-Opener-Policy"),
        "referrer": response.headers.get("Referrer-Policy"),
        "camera": "camera=()" in response.headers.get("Permissions-Policy", ""),
        "shared": response.headers.get("Access-Control-Allow-Origin"),
        "embedded": response.headers.get("Cross-Origin-Resource-Policy"),
    }


PROTECTED = {
    "csp": CSP,
    "frames": "DENY",
    "sniffing": "nosniff",
    "opener": "same-origin",
    "referrer": "same-origin",
    "camera": True,
    "shared": None,
    "embedded": "same-origin",
}


@pytest.mark.security(71, 72)
def test_public_pages_are_protected(visitor):
    addresses = [*public_addresses(), "/healthz/", "/readyz/", details_url(), "/admin/login/"]

    unlike = [each for each in addresses if protection(visitor.get(each)) != PROTECTED]

    assert unlike == []


@pytest.mark.parametrize(
    "name",
    [
        "booked",
        "manage",
        "change_contact_plan",
        "move_consultation",
        "cancel_consultation",
        "calendar_file",
    ],
)
@pytest.mark.security(71)
def test_personal_pages_are_protected(visitor, name):
    book(visitor)

    assert protection(visitor.get(url(name))) == PROTECTED


FAULTS = {
    400: lambda: Client().get("/%00"),
    "400 for a host": lambda: Client().get("/", headers={"host": "evil.example"}),
    403: lambda: Client(enforce_csrf_checks=True).post("/consultation/callback/"),
    404: lambda: Client().get("/no/such/page/"),
    405: lambda: Client().put("/"),
    "405 of one page": lambda: Client().post("/consultation/"),
    409: lambda: Client().get("/consultation/details/"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("ask", FAULTS.values(), ids=map(str, FAULTS))
def test_faults_are_protected(ask):
    assert protection(ask()) == PROTECTED


FILES = ["site.css", "site.js", "favicon.svg", "card-en.png"]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.security(72)
def test_files_are_protected(name):
    headers = Client().get(static(name)).headers

    assert {
        "policy": headers["Content-Security-Policy"].partition(";")[0],
        "embedded": headers["Cross-Origin-Resource-Policy"],
        "shared": headers.get("Access-Control-Allow-Origin"),
        "sniffing": headers["X-Content-Type-Options"],
    } == {
        "policy": "default-src 'none'",
        "embedded": "same-origin",
        "shared": None,
        "sniffing": "nosniff",
    }


# A form from elsewhere


@pytest.fixture
def strict(db):
    make_counselor()
    return Visitor(enforce_csrf_checks=True)


@pytest.mark.parametrize(
    ("token", "headers"),
    [
        ("", {}),
        ("x" * 64, {}),
        (None, {"origin": "https://evil.example"}),
        (None, {"origin": "null"}),
    ],
    ids=["absent", "forged", "foreign origin", "null origin"],
)
@pytest.mark.security(64)
def test_form_from_elsewhere_is_refused_kindly_and_books_nothing(strict, token, headers):
    values = strict.open_details()
    values["csrfmiddlewaretoken"] = values["csrfmiddlewaretoken"] if token is None else token

    page = strict.post(url("details"), values, headers=headers)

    assert page.status_code == 403
    assert b"Please go back, reload the page and try again, or call us." in page.content
    assert ConsultationRequest.objects.count() == 0


@pytest.mark.security(64)
def test_form_without_its_cookie_is_refused(strict):
    values = strict.open_details()
    del strict.cookies["csrf"]

    page = strict.send_details(values)

    assert (page.status_code, ConsultationRequest.objects.count()) == (403, 0)


def test_form_of_ours_is_taken(strict):
    values = strict.open_details()

    page = strict.send_details(values)

    assert (page.status_code, ConsultationRequest.objects.count()) == (302, 1)


@pytest.mark.parametrize(
    "name",
    [
        "move_consultation", "cancel_consultation", "call_now", "finish", "request_callback",
        "confirm_attendance", "rebook", "change_contact_plan", "stop_emails",
    ],
)  # fmt: skip
@pytest.mark.security(64)
def test_every_form_asks_for_its_token(strict, name):
    page = strict.post(url(name), {"key": "x"})

    assert page.status_code == 403
