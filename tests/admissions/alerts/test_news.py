"""Who is told of what, once, and how they chose."""

import uuid
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction

from admissions.alerts import choices, devices, telling
from admissions.alerts.catalog import CATALOG, SWITCHABLE, Channels, Kind
from admissions.alerts.models import Alert, AlertChoice, AlertPush
from admissions.booking import by_staff, consultations
from admissions.booking import tasks as booking_tasks
from admissions.care import insurance
from admissions.messaging import delivery, disclosure, staff_mail
from admissions.messaging.models import Message
from admissions.triage import outcomes, ownership
from tests.admissions.alerts.push_service import Browser
from tests.support import care
from tests.support.factories import (
    make_consultation,
    make_counselor,
    make_request,
    make_shift,
    make_user,
)

PACIFIC = ZoneInfo("America/Los_Angeles")
NOON, NIGHT = datetime(2026, 12, 7, 12, tzinfo=PACIFIC), datetime(2026, 12, 7, 23, tzinfo=PACIFIC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NONE = Channels(on_desk=False, by_email=False, by_push=False)

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NOON)]


@pytest.fixture
def counselor(kim):
    return make_counselor(user=kim)


@pytest.fixture
def talk(counselor):
    request = make_request(stage="consultation_scheduled", source="booking")
    return make_consultation(starts_at=NOON + 24 * HOUR, request=request, counselor=counselor)


def told():
    return sorted(Alert.objects.values_list("user", "kind"))


def test_own_talk_is_told_ten_minutes_ahead_and_once(talk, kim, time_machine):
    counts = []
    for minute in (-11, -10, -9, 1):
        time_machine.move_to(talk.starts_at + minute * MINUTE, tick=False)
        counts.append(booking_tasks.tell_of_talks_soon())

    assert counts == [0, 1, 0, 0]
    assert told() == [(kim.pk, Kind.TALK_SOON)]


def test_canceled_talk_is_not_announced(talk, time_machine):
    consultations.cancel_consultation(key=uuid.uuid4(), request=talk.request)
    time_machine.move_to(talk.starts_at - 5 * MINUTE, tick=False)

    assert booking_tasks.tell_of_talks_soon() == 0


def test_talk_that_its_requester_cancels_is_told(talk, kim):
    consultations.cancel_consultation(key=uuid.uuid4(), request=talk.request)

    assert told() == [(kim.pk, Kind.TALK_CHANGED)]


@pytest.mark.parametrize("is_own", [True, False])
def test_talk_that_staff_end_is_told_to_others_alone(talk, kim, is_own):
    by = kim if is_own else make_user("coordinator")
    outcomes.close_request(
        request_id=talk.request_id, by=by, disposition="declined", reason="not_now"
    )

    assert told() == ([] if is_own else [(kim.pk, Kind.TALK_CHANGED)])


def test_talk_moved_to_a_colleague_is_told_to_both(talk, kim):
    dana = make_counselor(public_name="Other")

    by_staff.reschedule_consultation(
        request_id=talk.request_id,
        starts_at=talk.starts_at + HOUR,
        by=make_user("coordinator"),
        counselor_id=dana.pk,
    )

    assert told() == sorted([(kim.pk, Kind.TALK_CHANGED), (dana.user_id, Kind.HANDED)])


def test_request_is_told_to_whom_it_is_handed_each_time(kim, time_machine):
    by, request = make_user("coordinator"), make_request()
    for _turn in range(2):
        ownership.reassign_request(request_id=request.pk, by=by, to=kim, owner_id=None)
        ownership.unassign_request(request_id=request.pk, by=by, owner_id=kim.pk)
        time_machine.shift(60)

    assert told() == [(kim.pk, Kind.HANDED)] * 2


def test_all_of_a_colleague_is_told_once(kim):
    owner = make_user()
    for _each in range(2):
        make_request(owner=owner, claimed_at=NOON)

    ownership.reassign_all(owner_id=owner.pk, by=make_user("director"), to=kim)

    assert told() == [(kim.pk, Kind.HANDED)]


def test_high_concern_is_told_to_clinicians_but_its_author():
    author, clinician = care.make_signing("clinician"), make_user("clinician")
    make_user("coordinator")

    care.assess(care.make_talked(), author, d1="high")

    assert told() == [(clinician.pk, Kind.CONCERN)]


def test_insurance_is_told_as_it_is_asked_and_as_it_is_done(kim):
    checker, owner = make_user("VOB"), make_user()
    request = make_request(owner=owner, claimed_at=NOON)
    asked = insurance.request_verification(request_id=request.pk, by=kim, has_consent=True)

    for status in ("in_progress", "verified"):
        asked = insurance.update_verification(
            benefits_id=asked.pk, by=checker, seen_at=asked.changed_at, details={"status": status}
        )

    assert told() == sorted(
        [
            (checker.pk, Kind.INSURANCE_ASKED),
            (kim.pk, Kind.INSURANCE_DONE),
            (owner.pk, Kind.INSURANCE_DONE),
        ]
    )


def test_email_leads_into_the_desk_and_names_nobody(kim, inbox):
    [alert] = telling.tell(Kind.HANDED, [kim], key="1", page="/admin/")
    for _sweep in range(2):
        staff_mail.enqueue_alert_emails(now=NOON)

    delivery.deliver_message(Message.objects.get().pk)

    [letter] = inbox
    said = letter.get_body(("plain",)).get_content()
    assert (letter["To"], letter["Subject"]) == (kim.email, "A colleague handed you something")
    assert f"/admin/alerts/open/{alert.handle}/" in said


@pytest.mark.parametrize("why", ["seen", "left"])
def test_email_that_is_needless_stays(kim, why):
    telling.tell(Kind.HANDED, [kim], key="1", page="/admin/")
    staff_mail.enqueue_alert_emails(now=NOON)
    if why == "seen":
        telling.mark_seen(by=kim)
    else:
        kim.is_active = False
        kim.save()

    assert delivery.deliver_message(Message.objects.get().pk) == "skipped"


@pytest.mark.parametrize("kind", Kind)
def test_no_word_tells_of_health_or_of_the_center(kind):
    entry = CATALOG[kind]

    assert disclosure.find_revealing_words(f"{entry.title} {entry.body}") == []


def test_what_is_switched_off_is_not_told(client, kim, phone):
    client.force_login(kim)
    client.post("/admin/alerts/choices/", {"handed-on_desk": "on", "danger-on_desk": ""})

    telling.tell(Kind.HANDED, [kim], key="1", page="/admin/")
    telling.tell(Kind.CONCERN, [kim], key="1", page="/admin/")
    telling.tell(Kind.DANGER, [kim], key="1", page="/admin/")

    assert told() == [(kim.pk, Kind.DANGER), (kim.pk, Kind.HANDED)]
    assert [each.alert.kind for each in AlertPush.objects.all()] == [Kind.DANGER]
    assert not Alert.objects.get(kind=Kind.HANDED).wants_email


def test_choice_as_in_the_catalog_follows_the_catalog(kim):
    choices.save_choices(by=kim, channels={Kind.HANDED: NONE, Kind.CONCERN: NONE})
    choices.save_choices(by=kim, channels={each: CATALOG[each].channels for each in SWITCHABLE})

    assert not AlertChoice.objects.exists()


def test_database_lets_nobody_switch_danger_off(kim):
    off = AlertChoice(user=kim, kind="danger", on_desk=False, by_email=False, by_push=False)

    with pytest.raises(IntegrityError, match="alert_choice_not_of_danger"), transaction.atomic():
        off.save()


@pytest.mark.stopped_at(NIGHT)
@pytest.mark.parametrize(
    ("kind", "is_on_call", "hours"),
    [(Kind.HANDED, False, 8), (Kind.HANDED, True, 0), (Kind.DANGER, False, 0)],
)
def test_push_waits_for_the_morning_unless_it_may_wake(kim, kind, is_on_call, hours):
    devices.add_device(by=kim, name="x", **Browser().subscription)
    if is_on_call:
        make_shift(kim, NIGHT - HOUR, NIGHT + HOUR)

    telling.tell(kind, [kim], key="1", page="/admin/")

    assert AlertPush.objects.get().due_at == NIGHT + hours * HOUR
