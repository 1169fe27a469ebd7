"""How we may contact someone: each change kept with its consent, and followed by every letter."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from admissions.booking import by_staff
from admissions.exceptions import ActionNotAllowed
from admissions.intake import contact_plan, suppressions
from admissions.intake.models import ConsentVersion, Suppression
from admissions.messaging import delivery
from admissions.scheduling.assignment import SlotChoice
from admissions.scheduling.models import Mode
from tests.support.factories import (
    make_consultation,
    make_counselor,
    make_due,
    make_message,
    make_request,
    make_user,
)
from tests.support.rows import audit_of
from tests.support.visitor import MONDAY, TOMORROW_AT_TEN, browser, read_form, url

from .test_manage_links import kept

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(MONDAY)]

audit = audit_of("type", "actor", "source", "fields")


def change(request, *, key=None, shown_in="en", owns_email=True, **plan):
    return contact_plan.change_contact_plan(
        key=key or uuid.uuid4(),
        request=request,
        plan=plan,
        language=shown_in,
        owns_email=owns_email,
    )


def consents(request):
    return [
        (event.version.key, event.version.language, event.is_granted, event.channel, event.actor)
        for event in request.consent_events.all()
    ]


@pytest.fixture
def spanish():
    for key in ("email", "text"):
        ConsentVersion.objects.create(key=key, language="es", text=f"Sí, {key}.")


def stop(request):
    contact_plan.stop_emails(key=uuid.uuid4(), request=request, owns_email=True)
    request.refresh_from_db()


# By themselves


def test_change_keeps_the_plan_and_names_what_changed():
    request = make_request(voicemail="no", good_time="any")

    change(request, may_call=True, voicemail="number_only", good_time="evening", language="es")

    request.refresh_from_db()
    assert (request.voicemail, request.good_time, request.language) == (
        "number_only",
        "evening",
        "es",
    )
    names = ["voicemail", "good_time", "language"]
    assert audit(request) == [("plan_changed", None, "requester", names)]


def test_change_to_the_same_changes_nothing():
    request = make_request()
    before = kept()

    contact_plan.change_contact_plan_by_phone(
        request_id=request.pk, by=make_user(), plan={"may_call": True, "may_email": True}
    )

    assert kept() == before


def test_change_again_with_the_same_key_changes_nothing():
    request, key = make_request(), uuid.uuid4()
    change(request, key=key, voicemail="number_only")
    before = kept()

    change(request, key=key, voicemail="say_center")

    assert kept() == before


def test_change_keeps_each_consent_that_changes_in_the_words_that_were_shown(spanish):
    request = make_request(may_text=False)

    change(request, shown_in="es", may_call=True, may_text=True, may_email=False)

    given = [(key, language, granted) for key, language, granted, *_who in consents(request)]
    assert sorted(given) == [("email", "es", False), ("text", "es", True)]


def test_email_turned_off_suppresses_the_address_and_ends_the_wait():
    consultation = make_consultation(starts_at=TOMORROW_AT_TEN)
    waiting = consultation.request.waitlist_entries.create()

    change(consultation.request, may_email=False)

    waiting.refresh_from_db()
    assert waiting.left_because == "no_email"
    assert [each.cause for each in Suppression.objects.for_email("jo@example.com")] == ["stopped"]


def test_email_turned_on_again_lifts_the_stop(inbox):
    message = make_due("reminder_day", now=MONDAY)
    request = message.request
    stop(request)

    change(request, may_email=True)

    assert list(Suppression.objects.for_email(request.email)) == []
    assert delivery.deliver_message(message.pk) == "sent"


def test_email_turned_on_lifts_a_stop_that_came_by_another_request():
    request, other = make_request(), make_request()
    stop(other)
    assert suppressions.may_email_requester(request) is False

    change(request, may_email=True)

    assert suppressions.may_email_requester(request) is True
    assert audit(request) == [("plan_changed", None, "requester", ["may_email"])]


@pytest.mark.parametrize("cause", ["bounced", "complained"])
def test_email_that_does_not_arrive_stays_off(cause):
    request = make_request(may_email=False)
    suppressions.suppress_email(request, cause)
    before = kept()

    with pytest.raises(ActionNotAllowed, match="does not arrive"):
        change(request, may_email=True)

    assert kept() == before


@pytest.mark.parametrize(
    ("columns", "plan"),
    [
        ({"phone": "", "may_call": False}, {"may_call": True}),
        ({"phone": "", "may_call": False}, {"may_text": True}),
        ({"email": "", "may_email": False}, {"may_email": True}),
    ],
)
def test_way_without_its_address_changes_nothing(columns, plan):
    request = make_request(**columns)
    before = kept()

    with pytest.raises(ActionNotAllowed):
        change(request, **plan)

    assert kept() == before


def test_calls_stay_permitted_while_one_is_booked():
    request = make_consultation(starts_at=TOMORROW_AT_TEN).request
    before = kept()

    with pytest.raises(ActionNotAllowed, match="is a call"):
        change(request, may_call=False)

    assert kept() == before


def test_calls_can_be_refused_before_a_video_talk():
    request = make_consultation(starts_at=TOMORROW_AT_TEN, mode="video").request

    change(request, may_call=False)

    request.refresh_from_db()
    assert request.may_call is False


def test_call_that_is_refused_is_promised_no_longer():
    request = make_request(promised_call_by=MONDAY + timedelta(minutes=5))
    late = make_message("callback_late", request=request, due_at=MONDAY)

    change(request, may_call=False)

    request.refresh_from_db()
    assert request.promised_call_by is None
    assert delivery.deliver_message(late.pk) == "skipped"


def test_no_way_at_all_is_allowed():
    request = make_request()

    change(request, may_call=False, may_text=False, may_email=False)

    request.refresh_from_db()
    assert not request.may_call
    assert not request.may_text
    assert not request.may_email


@pytest.mark.parametrize("kind", ["reminder_day", "after_no_show", "no_contact_1"])
def test_letter_promised_before_follows_the_new_plan(inbox, kind):
    message = make_due(kind, now=MONDAY)

    change(message.request, may_email=False)

    assert (delivery.deliver_message(message.pk), inbox) == ("skipped", [])


def test_letter_promised_before_is_written_in_the_new_language(inbox):
    message = make_due("reminder_day", now=MONDAY)

    change(message.request, language="es")
    delivery.deliver_message(message.pk)

    html = inbox[0].get_body(("html",)).get_content()
    assert 'lang="es"' in html


# As they say it to staff


def test_change_by_phone_says_who_heard_it(staff):
    request = make_request(may_call=False, may_text=False)

    contact_plan.change_contact_plan_by_phone(
        request_id=request.pk, by=staff, plan={"may_call": True, "may_text": True}
    )

    assert consents(request) == [("text", "en", True, "phone", staff)]
    assert audit(request) == [("plan_changed", staff, "", ["may_call", "may_text"])]


def test_change_by_phone_lifts_a_stop_in_their_name(staff):
    request = make_request()
    stop(request)

    contact_plan.change_contact_plan_by_phone(
        request_id=request.pk, by=staff, plan={"may_email": True}
    )

    assert Suppression.objects.get().lifted_by == staff


def test_change_by_phone_of_a_closed_request_changes_nothing(staff):
    request = make_request(stage="closed", closed_at=MONDAY, disposition="withdrawn")
    before = kept()

    with pytest.raises(ActionNotAllowed, match="closed"):
        contact_plan.change_contact_plan_by_phone(
            request_id=request.pk, by=staff, plan={"may_call": False}
        )

    assert kept() == before


def test_plan_changed_by_phone_makes_a_talk_by_phone_possible(staff):
    counselor = make_counselor()
    request = make_request(may_call=False)
    pick = SlotChoice(TOMORROW_AT_TEN, Mode.PHONE, counselor.pk)

    contact_plan.change_contact_plan_by_phone(
        request_id=request.pk, by=staff, plan={"may_call": True}
    )
    by_staff.book_for_request(key=uuid.uuid4(), request_id=request.pk, by=staff, pick=pick)

    assert request.standing_consultation().starts_at == TOMORROW_AT_TEN


# The page


def form_of(client):
    return read_form(client.get(url("change_contact_plan")), "change_contact_plan")


def test_page_starts_with_the_plan_as_it_stands():
    request = make_request(may_text=False, voicemail="say_center", good_time="morning")

    values = form_of(browser(request)).values

    assert {name: values.get(name) for name in ("may_call", "may_text", "may_email")} == {
        "may_call": "on",
        "may_text": None,
        "may_email": "on",
    }
    assert (values["voicemail"], values["good_time"]) == ("say_center", "morning")


def test_page_saves_and_says_so():
    request = make_request()
    client = browser(request)
    values = form_of(client).values | {"voicemail": "number_only", "language": "es"}
    del values["is_discreet"], values["may_email"]

    page = client.post(url("change_contact_plan"), values, follow=True).content.decode()

    request.refresh_from_db()
    assert request.voicemail == "number_only"
    assert not request.is_discreet
    assert not request.may_email
    assert "Your choices are saved." in page
    assert "<li>By phone</li>" in page


def test_page_left_without_any_way_says_that_we_wait():
    request = make_request()
    client = browser(request)
    values = form_of(client).values
    del values["may_call"], values["may_email"]

    page = client.post(url("change_contact_plan"), values, follow=True).content.decode()

    assert "You can call us whenever you like." in page


@pytest.mark.parametrize(
    ("columns", "missing"),
    [
        ({"phone": "", "may_call": False}, {"may_call", "may_text", "voicemail", "good_time"}),
        ({"email": "", "may_email": False}, {"may_email", "is_discreet"}),
    ],
)
def test_page_asks_only_about_ways_that_there_are(columns, missing):
    fields = browser(make_request(**columns)).get(url("change_contact_plan")).context["form"].fields

    assert missing & set(fields) == set()


def test_page_offers_no_email_that_does_not_arrive():
    request = make_request()
    suppressions.suppress_email(request, "bounced")

    page = browser(request).get(url("change_contact_plan"))

    assert "may_email" not in page.context["form"].fields
    assert b"Our emails to you do not arrive" in page.content


def test_page_keeps_calls_for_an_appointment_by_phone():
    client = browser(make_consultation(starts_at=TOMORROW_AT_TEN).request)
    values = form_of(client).values
    del values["may_call"]
    before = kept()

    page = client.post(url("change_contact_plan"), values)

    assert list(page.context["form"].errors) == ["may_call"]
    assert kept() == before


@pytest.mark.parametrize("key", ["", "forged"])
def test_page_with_a_key_that_is_not_ours_asks_once_more(key):
    client = browser(make_request())
    values = form_of(client).values | {"key": key, "voicemail": "say_center"}
    before = kept()

    page = client.post(url("change_contact_plan"), values)

    assert kept() == before
    assert read_form(page, "change_contact_plan").values["voicemail"] == "say_center"
    assert b"This page was open for a long time." in page.content


@pytest.mark.security(16)
def test_page_shows_no_more_than_its_owner_needs():
    page = browser(make_request(email="annabel@example.com")).get(url("change_contact_plan"))

    text = page.content.decode()
    assert "a•••@example.com" in text
    assert "annabel" not in text
    assert "0155" not in text


def test_page_is_closed_in_another_browser():
    make_request()

    assert Client().get(url("change_contact_plan")).status_code == 410


def test_page_records_the_consent_in_the_language_it_was_read_in(spanish):
    request = make_request()
    stop(request)
    client = browser(request)
    with translation.override("es"):
        address = reverse("admissions:change_contact_plan")
    page = client.get(address)
    key = page.context["key"]
    sent = {"key": key, "may_call": "on", "may_email": "on", "voicemail": "no"}

    client.post(address, sent | {"good_time": "any", "language": "en"})

    assert consents(request)[-1][:3] == ("email", "es", True)
