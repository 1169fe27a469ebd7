"""Find my appointment: what the page answers, and what it shows of a request that it found."""

import re
import uuid

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from phonenumber_field.phonenumber import to_python

from admissions.booking import corrections
from admissions.intake.models import LinkRequest
from admissions.rate_limits import limits
from admissions.rate_limits.limits import Origin
from tests.support.factories import make_consultation, make_request
from tests.support.queries import queries
from tests.support.rows import everything
from tests.support.visitor import MONDAY, TOMORROW_AT_TEN, browser, url

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(MONDAY)]
KNOWN = {"email": "jo@example.com", "phone": "+17145550155"}
CHANGES = [
    "confirm_attendance", "change_contact_plan", "move_consultation", "cancel_consultation",
    "stop_emails", "rebook", "join_waitlist", "leave_waitlist", "answer_offer", "manage",
]  # fmt: skip


@pytest.fixture(autouse=True)
def one_center(settings):
    settings.REQUEST_LIMIT_FACTOR = 1


@pytest.fixture
def booked():
    """The request of somebody who has a time tomorrow."""
    request = make_request(**KNOWN, source="booking", stage="consultation_scheduled")
    return make_consultation(starts_at=TOMORROW_AT_TEN, request=request).request


def ask_by_email(email, client=None):
    return (client or Client()).post(url("find_appointment"), {"by": "email", "email": email})


def look_up(reference, phone="714 555 0155", client=None):
    return (client or Client()).post(
        url("find_appointment"), {"by": "reference", "reference": reference, "phone": phone}
    )


def traced(ask):
    """Each statement that the answer took, without the values in it, and the answer."""
    with CaptureQueriesContext(connection) as captured:
        answer = ask()
    return [re.sub(r"'[^']*'| ?-?\d+", "?", each["sql"]) for each in captured], answer


# By email


@pytest.mark.security(6)
def test_known_and_unknown_address_take_the_same_questions_and_have_the_same_answer(booked):
    known = traced(lambda: ask_by_email("jo@example.com"))
    unknown = traced(lambda: ask_by_email("never@example.com"))

    assert known[0] == unknown[0]
    assert {(answer.status_code, answer["Location"]) for _asked, answer in (known, unknown)} == {
        (302, url("link_asked"))
    }


def test_ask_is_stored_for_a_worker_and_nothing_else_is(booked):
    before = everything()

    ask_by_email(" JO@Example.com ")

    assert [each.email for each in LinkRequest.objects.all()] == ["jo@example.com"]
    assert [model for model, rows in everything().items() if rows != before[model]] == [LinkRequest]


@pytest.mark.parametrize("email", ["", "jo", "jo@exam\u200bple.com"])
def test_address_that_is_none_is_said_beside_its_field(email):
    page = ask_by_email(email)

    assert page.status_code == 200
    assert page.context["sent"].errors["email"]
    assert not LinkRequest.objects.exists()


@pytest.mark.security(98)
@pytest.mark.parametrize("email", ["jo@example.com", "never@example.com"])
def test_address_is_asked_for_three_times_a_day_known_or_not(booked, email):
    answers = [ask_by_email(email) for _try in range(4)]

    assert [each.status_code for each in answers] == [302, 302, 302, 429]
    assert LinkRequest.objects.count() == 3


@pytest.mark.security(98)
def test_network_looks_ten_times_an_hour_by_whatever(booked):
    answers = [ask_by_email(f"p{number}@example.com") for number in range(5)]
    answers += [look_up(f"AAAA-222{number}") for number in range(6)]

    assert [each.status_code for each in answers] == [302] * 5 + [200] * 5 + [429]


def test_page_beyond_a_limit_has_the_number_and_keeps_what_was_typed(booked):
    for _try in range(3):
        ask_by_email("jo@example.com")

    page = ask_by_email("jo@example.com").content.decode()

    assert 'value="jo@example.com"' in page
    assert "We can&#x27;t look it up online" in page or "We can't look it up online" in page


def test_lookups_cost_no_booking(booked):
    for number in range(5):
        ask_by_email(f"p{number}@example.com")

    origin = Origin(network="127.0.0.1", session="")
    with transaction.atomic():
        limits.count_request(origin=origin, details={}, now=MONDAY)


# By reference and phone


@pytest.mark.parametrize("spelling", [str, str.lower, lambda text: text.replace("-", " – ")])
def test_reference_and_phone_open_the_time_however_they_are_typed(booked, spelling):
    client = Client()

    answer = look_up(spelling(booked.reference), "+1 (714) 555-0155", client)
    page = client.get(answer["Location"])

    assert answer["Location"] == url("see_appointment")
    assert page.status_code == 200
    assert booked.reference in page.content.decode()


@pytest.mark.security(6)
def test_every_miss_takes_the_same_questions_and_looks_the_same(booked):
    closed = make_request(
        phone="+17145550156", stage="closed", disposition="unreachable",
        closed_at=MONDAY, due_at=None,
    )  # fmt: skip
    tries = [
        (booked.reference, "714 555 0199"),
        ("AAAA-2222", "714 555 0155"),
        (closed.reference, "714 555 0156"),
    ]

    found = [traced(lambda tried=tried: look_up(*tried)) for tried in tries]

    assert [asked for asked, _answer in found] == [found[0][0]] * 3
    assert [
        (answer.status_code, answer.context["sent"].errors.as_data().keys())
        for _asked, answer in found
    ] == [(200, {"reference"})] * 3


@pytest.mark.parametrize("name", CHANGES)
def test_who_knows_reference_and_phone_sees_and_changes_nothing(booked, name):
    client = Client()
    look_up(booked.reference, client=client)
    other = browser(booked)
    other.get(url("manage"))
    before = everything()

    answers = [client.get(url(name)), client.post(url(name), {"key": "x", "at": "x"})]

    assert {each.status_code for each in answers} <= {410, 405}
    assert everything() == before


@pytest.mark.security(16)
def test_what_is_found_shows_no_name_address_or_way_to_reach_them(booked):
    client = Client()
    look_up(booked.reference, client=client)

    page = client.get(url("see_appointment")).content.decode()

    shown = [typed in page for typed in (booked.preferred_name + "<", "jo@", "example.com", "0155")]
    assert shown == [False] * 4


def test_call_that_is_owed_is_found_too():
    request = make_request(**KNOWN, source="callback", promised_call_by=TOMORROW_AT_TEN)
    client = Client()
    look_up(request.reference, client=client)

    page = client.get(url("see_appointment"))

    assert "We will call you" in page.content.decode()


def test_look_up_is_noted_in_the_history_of_the_request(booked):
    look_up(booked.reference, "714 555 0199")
    look_up(booked.reference)

    events = booked.audit_events.values_list("type", "source")
    assert list(events) == [("appointment_found", "someone")]


@pytest.mark.security(98)
def test_phone_is_tried_ten_times_a_day_from_wherever(booked, settings):
    settings.PROXIES = 1
    answers = [
        look_up(
            f"AAAA-22{number:02}", client=Client(headers={"x-forwarded-for": f"10.0.0.{number}"})
        )
        for number in range(11)
    ]

    assert [each.status_code for each in answers] == [200] * 10 + [429]


def test_what_another_person_opened_here_is_closed_to_who_finds_their_own(booked):
    theirs = make_consultation(starts_at=TOMORROW_AT_TEN).request
    client = browser(theirs)

    look_up(booked.reference, client=client)

    assert client.get(url("manage")).status_code == 410
    assert client.get(url("see_appointment")).status_code == 200


def test_next_request_made_here_closes_what_was_found(booked):
    client = Client()
    look_up(booked.reference, client=client)
    client.post(url("finish"))

    assert client.get(url("see_appointment")).status_code == 410


def test_request_that_is_closed_meanwhile_is_shown_no_more(booked):
    client = Client()
    look_up(booked.reference, client=client)
    booked.consultations.update(status="canceled_by_person")
    type(booked).objects.filter(pk=booked.pk).update(
        stage="closed", disposition="unreachable", closed_at=MONDAY, due_at=None
    )

    assert client.get(url("see_appointment")).status_code == 410


@pytest.mark.security(6)
def test_who_found_it_by_a_phone_that_is_corrected_sees_it_no_more(booked):
    client, other = Client(), Client()
    look_up(booked.reference, client=client)

    corrections.correct_contact(
        key=uuid.uuid4(),
        request=booked,
        contact={"phone": to_python("+17145550199")},
        language="en",
        origin=Origin(network="192.0.2.7", session=""),
    )

    assert client.get(url("see_appointment")).status_code == 410
    look_up(booked.reference, "714 555 0199", client=other)
    assert other.get(url("see_appointment")).status_code == 200


# The page itself


@pytest.mark.security(13, 69)
@pytest.mark.parametrize("name", ["find_appointment", "link_asked", "see_appointment"])
def test_page_is_kept_by_no_cache_and_found_by_no_search(booked, name):
    client = Client()
    look_up(booked.reference, client=client)

    page = client.get(url(name))

    assert page.status_code == 200
    assert (page["Cache-Control"], page["X-Robots-Tag"]) == (
        "no-store, private",
        "noindex, nofollow",
    )


def test_looking_at_the_page_changes_nothing(booked):
    before = everything()

    page = Client().get(url("find_appointment"), {"email": "jo@example.com", "by": "email"})

    assert (page.status_code, everything()) == (200, before)
    assert "jo@example.com" not in page.content.decode()


@pytest.mark.parametrize("address", ["/", "/es/", "/no/such/page/", "/es/no/such/page/"])
def test_foot_and_lost_pages_lead_there_in_their_language(address):
    prefix = "/es" if address.startswith("/es") else ""

    page = Client().get(address).content.decode()

    assert f'href="{prefix}/consultation/find/"' in page


def test_pages_ask_few_questions(booked):
    """The frame of a page is read anew once a second, and the clock stands.

    The form names the next time, which the page at the end does not.
    """
    client = Client()
    look_up(booked.reference, client=client)
    frame = queries(client, url("finished"))

    assert queries(client, url("find_appointment")) - frame <= 3
    assert queries(client, url("see_appointment")) - frame <= 6
