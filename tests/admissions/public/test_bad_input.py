"""Wrong, hostile and broken input: a clear answer, nothing lost, never a 500."""

import html

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from admissions.form_fields import to_plain_line
from admissions.intake.models import ConsultationRequest, IdempotencyKey
from admissions.scheduling.models import Consultation
from tests.support.factories import make_counselor
from tests.support.visitor import MONDAY, Visitor, details_url, read_form

pytestmark = pytest.mark.django_db

TEXTS = ["preferred_name", "interpreter", "access_need", "note"]
ADDRESSES = ["phone", "email"]
CHOICES = [
    "is_in_danger",
    "for_whom",
    "is_adult",
    "voicemail",
    "good_time",
    "payment",
    "program_interest",
]
STRANGE = {
    "control": "Jo\x07\x1b[31m\x7f",
    "right to left": "Jo\u202eevil\u2066",
    "emoji": "Jo 👩\u200d👧 🌱",
    "markup": "<script>alert(1)</script>",
    "attribute": '" autofocus onfocus="alert(1)',
    "template": "{{ 7|add:7 }}{% debug %}",
    "sql": "'; DROP TABLE admissions_message; --",
    "lines": "Jo\r\nBcc: eve@example.com",
    "stacked marks": "J" + "\u0301" * 60,
    "formula": "=HYPERLINK(0)",
}


@pytest.fixture(autouse=True)
def monday_with_a_counselor():
    with time_machine.travel(MONDAY):
        yield make_counselor()


@pytest.fixture
def visitor():
    return Visitor()


def summary_links(response):
    """Where the summary of errors leads."""
    page = response.content.decode()
    return [link.partition('"')[0] for link in page.split('<a href="#id_')[1:]]


def nothing_is_booked():
    return (ConsultationRequest.objects.count(), Consultation.objects.count()) == (0, 0)


@pytest.mark.parametrize("content", STRANGE.values(), ids=STRANGE)
@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.security(45, 47, 85)
def test_strange_text_is_stored_plain_and_the_time_is_booked(visitor, name, content):
    response = visitor.book(**{name: content})

    assert (response.status_code, response["Location"]) == (302, reverse("admissions:booked"))
    assert getattr(ConsultationRequest.objects.get(), name) == to_plain_line(content)


@pytest.mark.parametrize("content", STRANGE.values(), ids=STRANGE)
@pytest.mark.parametrize("name", ADDRESSES)
def test_strange_address_is_answered_beside_its_field(visitor, name, content):
    response = visitor.book(**{name: content})

    assert response.status_code == 200
    assert name in summary_links(response)
    assert f'id="id_{name}_error"' in response.content.decode()
    assert nothing_is_booked()


@pytest.mark.parametrize("content", ["<script>", "x" * 5000, "9" * 5000, "\x00", "' OR 1=1 --"])
@pytest.mark.parametrize("name", CHOICES)
@pytest.mark.security(45)
def test_choice_that_was_never_offered_is_answered_beside_its_field(visitor, name, content):
    response = visitor.book(**{name: content})

    assert response.status_code == 200
    assert [link.removesuffix("_0") for link in summary_links(response)] == [name]
    assert nothing_is_booked()


@pytest.mark.parametrize("name", [*TEXTS, *ADDRESSES])
@pytest.mark.parametrize("content", ["Jo\x00", "J" * 5000], ids=["NUL", "overlong"])
@pytest.mark.security(84, 85)
def test_text_that_cannot_be_kept_is_answered_and_stays_in_its_field(visitor, name, content):
    typed = {"preferred_name": "Ann", "note": "Afternoons are hard", name: content}

    response = visitor.book(**typed)

    assert response.status_code == 200
    assert name in summary_links(response)
    values = read_form(response).values
    assert {each: values[each].replace("\ufffd", "\x00") for each in typed} == typed
    assert nothing_is_booked()


def test_all_that_was_typed_stays_when_one_answer_is_missing(visitor):
    typed = {
        "is_in_danger": "yes",
        "for_whom": "loved_one",
        "is_adult": "yes",
        "preferred_name": "Ann",
        "phone": "714 555 0199",
        "email": "ann@example.com",
        "may_text": "on",
        "voicemail": "number_only",
        "good_time": "evening",
        "interpreter": "ASL",
        "access_need": "slow pace",
        "payment": "medi_cal",
        "note": "Second line",
        "wants_news": "on",
        "time_zone": "America/Denver",
    }
    values = visitor.open_details() | typed
    del values["agrees_to_contact"]

    response = visitor.send_details(values)

    kept = read_form(response).values
    assert {name: kept.get(name) for name in typed} == typed
    assert summary_links(response) == ["agrees_to_contact"]
    assert nothing_is_booked()


@pytest.mark.parametrize("name", ["preferred_name", "phone"])
@pytest.mark.parametrize("content", [*STRANGE.values(), "Jo\x00", "J" * 5000])
def test_strange_text_in_a_callback_is_never_a_fault(visitor, name, content):
    values = visitor.open_callback() | {name: content}

    response = visitor.send_callback(values)

    is_stored = response.status_code == 302
    assert ConsultationRequest.objects.count() == int(is_stored)
    assert is_stored or name in summary_links(response)


NEVER_OPEN = {
    "past": "20261123T170000Z",
    "long past": "20200101T180000Z",
    "under way": "20261123T180000Z",
    "within the notice": "20261123T181500Z",
    "beyond the horizon": "20261210T180000Z",
    "far future": "99991231T235959Z",
    "at night": "20261124T100000Z",
    "off the grid": "20261124T180700Z",
    "skipped by the clock": "20270314T103000Z",
    "first of all years": "00010101T000000Z",
    "year of four noughts": "00000101T000000Z",
    "not a date": "20260230T180000Z",
    "lower case": "20261124t180000z",
    "no zone": "20261124T180000",
    "other digits": "２０２６１１２４T180000Z",
    "NUL": "20261124T180000Z\x00",
    "overlong": "2" * 3000,
    "empty": "",
    "words": "tomorrow",
}


@pytest.mark.parametrize("at", NEVER_OPEN.values(), ids=NEVER_OPEN)
@pytest.mark.security(88)
def test_time_that_is_not_open_cannot_be_opened(visitor, at):
    response = visitor.get(
        reverse("admissions:details"), {"at": at.replace("\x00", ""), "mode": ""}
    )

    expected = 200 if at == NEVER_OPEN["NUL"] else 409
    assert response.status_code == expected


@pytest.mark.parametrize("at", NEVER_OPEN.values(), ids=NEVER_OPEN)
@pytest.mark.security(88, 94)
def test_time_that_is_not_open_cannot_be_booked(visitor, at):
    values = visitor.open_details() | {"at": at}

    response = visitor.send_details(values)

    assert response.status_code == 409
    assert nothing_is_booked()


@pytest.mark.parametrize("mode", ["", "telepathy", "PHONE", "\x00", "x" * 5000])
def test_mode_that_we_do_not_have_becomes_a_talk_by_phone(visitor, mode):
    response = visitor.send_details(visitor.open_details() | {"mode": mode})

    assert response.status_code == 302
    assert Consultation.objects.get().mode == "phone"


@pytest.mark.parametrize("key", ["", "\x00", "x", "x" * 5000, "WyJhIiwiYiJd:1:2", "é" * 50])
def test_form_key_that_is_not_ours_books_nothing_and_loses_nothing(visitor, key):
    response = visitor.book(key=key, note="Afternoons are hard")

    assert response.status_code == 200
    assert read_form(response).values["note"] == "Afternoons are hard"
    assert b"This page was open for a long time." in response.content
    assert nothing_is_booked()
    assert IdempotencyKey.objects.count() == 0


def test_form_key_of_the_callback_form_books_nothing(visitor):
    key = visitor.open_callback()["key"]

    response = visitor.book(key=key)

    assert response.status_code == 200
    assert nothing_is_booked()


@pytest.mark.security(93)
def test_columns_that_no_form_asks_for_are_ignored(visitor):
    response = visitor.book(
        stage="closed", owner="1", source="staff", reference="AAAA-AAAA", counselor="999",
        status="completed", created_at="2020-01-01", booked_by="1", disposition="duplicate",
    )  # fmt: skip

    request = ConsultationRequest.objects.get()
    assert response.status_code == 302
    assert (request.stage, request.owner, request.source) == (
        "consultation_scheduled",
        None,
        "booking",
    )
    assert request.consultations.get().status == "scheduled"


@pytest.mark.security(92)
def test_last_of_two_answers_to_one_question_counts(visitor):
    values = visitor.open_details() | {"preferred_name": ["Jo", "Ann"]}

    visitor.send_details(values)

    assert ConsultationRequest.objects.get().preferred_name == "Ann"


PAYLOAD = "<img src=x onerror=alert(1)>\"'"


@pytest.mark.security(53)
def test_markup_in_every_text_is_escaped_on_each_page_that_shows_it(visitor):
    texts = dict.fromkeys([*TEXTS, "phone", "email", "good_time", "for_whom"], PAYLOAD)

    refused = visitor.book(**texts)
    visitor.book(**dict.fromkeys(TEXTS, PAYLOAD), email="jo@example.com")
    pages = [
        visitor.get(reverse(f"admissions:{name}"))
        for name in ("booked", "manage", "move_consultation")
    ]

    assert [page.status_code for page in pages] == [200, 200, 200]
    assert [b"<img src=x" in page.content for page in [refused, *pages]] == [False] * 4
    assert html.escape(PAYLOAD) in refused.content.decode()


@pytest.mark.parametrize("address", ["/consultation/?for={}", "/consultation/details/?at={}"])
def test_markup_in_an_address_is_escaped(visitor, address):
    response = visitor.get(address.format('"><script>alert(1)</script>'))

    assert response.status_code in {200, 409}
    assert b"<script>alert" not in response.content


@pytest.mark.parametrize(
    "address",
    ["/\x00", "/%00", "/consultation/?mode=%00", "/learn/%00/", "/consultation/manage/%00/"],
)
@pytest.mark.security(84)
def test_nul_in_an_address_is_a_bad_request(address):
    response = Client().get(address)

    assert response.status_code == 400


@pytest.mark.parametrize(
    "cookie",
    [
        'session="\\000abcdefghijk"',
        'session="\\000abcdefghijk"; csrf=x',
        'csrf="\\000"',
        'messages="\\000"',
        'django_language="\\000"',
    ],
)
@pytest.mark.security(84)
def test_nul_in_a_cookie_is_a_bad_request(cookie):
    response = Client().get(reverse("admissions:booked"), headers={"cookie": cookie})

    assert response.status_code == 400


@pytest.mark.parametrize("session", ["x", "x" * 32, "../../etc/passwd", "é" * 20, "0" * 5000])
def test_session_that_we_never_gave_sees_nothing(session):
    response = Client().get(reverse("admissions:booked"), headers={"cookie": f"session={session}"})

    assert response.status_code == 410


@pytest.mark.parametrize("verb", ["PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "BREW"])
@pytest.mark.parametrize("address", ["/", "/consultation/", "/consultation/manage/", "/admin/"])
@pytest.mark.security(95)
def test_verb_that_no_page_has_is_refused_kindly(verb, address):
    response = Client().generic(verb, address)

    assert response.status_code == 405
    assert b"tel:" in response.content


@pytest.mark.security(95)
def test_method_cannot_be_smuggled_past_the_verb(visitor):
    visitor.book()
    headers = {"x-http-method-override": "POST", "x-method-override": "POST"}

    visitor.get(reverse("admissions:cancel_consultation"), headers=headers)

    assert Consultation.objects.get().status == "scheduled"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "a b", "[::1", ""])
@pytest.mark.security(96)
def test_host_that_is_not_ours_is_a_bad_request(host):
    response = Client().get("/", headers={"host": host})

    assert response.status_code == 400


@pytest.mark.security(96)
def test_host_that_a_proxy_claims_changes_no_link(visitor):
    response = visitor.get("/", headers={"x-forwarded-host": "evil.example"})

    assert response.status_code == 200
    assert b"evil.example" not in response.content


@pytest.mark.security(91)
def test_body_of_three_megabytes_is_a_bad_request(visitor):
    response = visitor.post(
        reverse("admissions:details"),
        "note=" + "x" * 3_000_000,
        content_type="application/x-www-form-urlencoded",
    )

    assert response.status_code == 400
    assert nothing_is_booked()


@pytest.mark.security(91)
def test_body_of_a_thousand_fields_is_a_bad_request(visitor):
    values = visitor.open_details() | {f"field{number}": "x" for number in range(1000)}

    response = visitor.send_details(values)

    assert response.status_code == 400
    assert nothing_is_booked()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "multipart/form-data"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"\xff\xfe", "multipart/form-data; boundary=" + "x" * 500),
        (b"{}", "application/json"),
        (b"note=x", "application/x-www-form-urlencoded; charset=utf-16"),
        (b"note=%ff%fe%ed%a0%80", "application/x-www-form-urlencoded"),
        (b"note=%00", "text/plain"),
    ],
)
@pytest.mark.security(91)
def test_broken_body_is_answered_and_books_nothing(visitor, body, kind):
    response = visitor.post(details_url(), body, content_type=kind)

    assert response.status_code in {200, 400, 409}
    assert nothing_is_booked()


@pytest.mark.security(102)
def test_file_in_place_of_text_is_not_kept(visitor, tmp_path):
    path = tmp_path / "note.svg"
    path.write_text("<svg onload=alert(1)>")

    with path.open() as file:
        visitor.send_details(visitor.open_details() | {"note": file})

    assert ConsultationRequest.objects.get().note == ""


@pytest.mark.security(92)
def test_time_given_twice_counts_as_the_one_tapped(visitor):
    values = visitor.open_details() | {"at_instead": "20261124T190000Z"}

    visitor.send_details(values)

    assert f"{Consultation.objects.get().starts_at:%H:%M}" == "19:00"
