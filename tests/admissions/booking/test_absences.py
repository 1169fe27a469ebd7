"""A counselor goes away: each consultation is handed over, kept or freed, and told."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from admissions.audit.models import AuditEvent
from admissions.booking import absences
from admissions.booking.absences import CANCEL, KEEP
from admissions.intake.models import ConsultationRequest
from admissions.messaging.models import Message
from admissions.scheduling.models import Closure, Consultation, Counselor, ModeRules
from programs.models import Location
from tests.support.factories import make_consultation, make_counselor, make_request
from tests.support.rows import everything
from users.models import User

PACIFIC = ZoneInfo("America/Los_Angeles")
NOW = datetime(2027, 1, 4, 10, tzinfo=PACIFIC)
NOON, HOUR, DAY = NOW.replace(hour=12), timedelta(hours=1), timedelta(days=1)
UNTIL = NOW + 3 * DAY
Stage, Status = ConsultationRequest.Stage, Consultation.Status

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NOW)]


@pytest.fixture
def dana():
    return make_counselor()


@pytest.fixture
def mina(dana):
    return make_counselor(public_name="Mina")


def go_away(counselor, decisions, *, by, starts_at=NOW, ends_at=UNTIL):
    return absences.record_absence(
        counselor=counselor,
        starts_at=starts_at,
        ends_at=ends_at,
        reason="Training",
        decisions={each.pk: what for each, what in decisions.items()},
        by=by,
    )


def booked(starts_at, counselor, *, mode="phone", **columns):
    request = make_request(
        source="booking", stage=Stage.CONSULTATION_SCHEDULED, due_at=starts_at, **columns
    )
    return make_consultation(starts_at=starts_at, counselor=counselor, request=request, mode=mode)


def messages_of(request):
    return set(request.messages.values_list("kind", "consultation"))


# Handing over


def test_hand_over_keeps_the_time_and_the_entry_in_calendars(dana, mina, staff):
    old = booked(NOON, dana)

    go_away(dana, {old: mina.pk}, by=staff)

    new = old.request.standing_consultation()
    old.refresh_from_db()
    assert (new.counselor, new.starts_at, new.ends_at, new.held) == (
        mina,
        old.starts_at,
        old.ends_at,
        old.held,
    )
    assert (new.uid, new.sequence, new.moved_from, new.booked_by) == (old.uid, 1, old, staff)
    assert (old.status, old.ended_at) == (Status.RESCHEDULED, NOW)
    assert new.assigned_because == "handed over by staff; one of 1 free (load 0 at share 100)"


def test_hand_over_tells_the_person_and_the_colleague(dana, mina, staff):
    old = booked(NOON, dana)

    go_away(dana, {old: mina.pk}, by=staff)

    new = old.request.standing_consultation()
    assert messages_of(old.request) == {("handed_over", new.pk), ("staff_handed_over", new.pk)}


def test_hand_over_reminds_again_under_the_new_name(dana, mina, staff):
    old = booked(NOON + 2 * DAY, dana)

    go_away(dana, {old: mina.pk}, by=staff)

    assert {"reminder_day", "reminder_hours"} <= {kind for kind, _v in messages_of(old.request)}


def test_hand_over_is_recorded_with_who_did_it(dana, mina, staff):
    old = booked(NOON, dana)

    go_away(dana, {old: mina.pk}, by=staff)

    (event,) = old.request.audit_events.all()
    assert (event.type, event.actor, event.consultation) == (
        "consultation_handed_over",
        staff,
        old.request.standing_consultation(),
    )


def test_person_without_email_is_called_about_the_hand_over(dana, mina, staff):
    old = booked(NOON, dana, email="")

    go_away(dana, {old: mina.pk}, by=staff)

    assert ConsultationRequest.objects.get().due_at == NOW


def test_person_with_email_is_not_due_before_the_talk(dana, mina, staff):
    old = booked(NOON, dana)

    go_away(dana, {old: mina.pk}, by=staff)

    assert ConsultationRequest.objects.get().due_at == NOON


def test_closure_is_kept_and_recorded(dana, staff):
    closure = go_away(dana, {}, by=staff)

    assert (closure.counselor, closure.starts_at, closure.ends_at, closure.reason) == (
        dana,
        NOW,
        UNTIL,
        "Training",
    )
    (event,) = AuditEvent.objects.all()
    assert (event.type, event.actor) == ("counselor_away", staff)
    assert (event.object_type, event.object_id) == ("closure", str(closure.pk))


def test_going_away_twice_makes_one_closure(dana, mina, staff):
    old = booked(NOON, dana)

    first = go_away(dana, {old: mina.pk}, by=staff)
    second = go_away(dana, {old: mina.pk}, by=staff)

    assert (first, Consultation.objects.standing().count()) == (second, 1)


# Keeping and freeing


def test_keep_leaves_the_consultation_as_it_is_and_says_so(dana, staff):
    kept = booked(NOON, dana)

    go_away(dana, {kept: KEEP}, by=staff)

    kept.refresh_from_db()
    assert (kept.status, kept.kept_at, kept.counselor) == (Status.SCHEDULED, NOW, dana)
    assert list(kept.request.audit_events.values_list("type", flat=True)) == ["consultation_kept"]
    assert (messages_of(kept.request), absences.find_uncovered_consultations(dana)) == (set(), [])


def test_free_cancels_kindly_and_has_staff_call_at_once(dana, staff):
    freed = booked(NOON, dana)

    go_away(dana, {freed: CANCEL}, by=staff)

    freed.refresh_from_db()
    request = ConsultationRequest.objects.get()
    assert (freed.status, freed.sequence) == (Status.CANCELED_BY_CENTER, 1)
    assert (request.stage, request.due_at) == (Stage.ATTEMPTING_CONTACT, NOW)
    assert {kind for kind, _talk in messages_of(request)} == {"freed"}
    assert list(request.audit_events.values_list("type", "actor")) == [
        ("consultation_canceled", staff.pk)
    ]


def test_free_at_night_is_called_about_in_the_morning(dana, staff, time_machine):
    night, morning = NOW.replace(hour=23), NOW.replace(hour=8) + DAY
    time_machine.move_to(night, tick=False)
    freed = booked(NOON + DAY, dana)

    go_away(dana, {freed: CANCEL}, by=staff, starts_at=night)

    assert ConsultationRequest.objects.get().due_at == morning
    assert freed.messages.get().due_at == morning


@pytest.mark.parametrize("decision", ["mina", CANCEL])
def test_change_of_a_time_before_the_morning_is_told_at_night(
    dana, mina, staff, decision, time_machine
):
    night, eight = NOW.replace(hour=23), NOW.replace(hour=9) + DAY
    time_machine.move_to(night, tick=False)
    old = booked(eight, dana)

    go_away(dana, {old: mina.pk if decision == "mina" else CANCEL}, by=staff, starts_at=night)

    told = Message.objects.get(kind__in=["handed_over", "freed"])
    assert told.due_at == night


def test_free_keeps_a_sooner_promise(dana, staff):
    freed = booked(NOON, dana, promised_call_by=NOW - HOUR)
    ConsultationRequest.objects.update(due_at=NOW - HOUR)

    go_away(dana, {freed: CANCEL}, by=staff)

    assert ConsultationRequest.objects.get().due_at == NOW - HOUR


# Nothing is dropped


def test_one_that_nobody_decided_about_refuses_the_whole(dana, mina, staff):
    seen, unseen = booked(NOON, dana), booked(NOON + HOUR, dana)
    before = everything()

    with pytest.raises(absences.UnresolvedConsultations) as refusal:
        go_away(dana, {seen: mina.pk}, by=staff)

    assert (refusal.value.undecided, refusal.value.taken) == ({unseen.pk}, frozenset())
    assert everything() == before


def test_one_whose_colleague_was_taken_refuses_the_whole(dana, mina, staff):
    first, second = booked(NOON, dana), booked(NOON + HOUR, dana)
    booked(NOON, mina)
    before = everything()

    with pytest.raises(absences.UnresolvedConsultations) as refusal:
        go_away(dana, {first: mina.pk, second: mina.pk}, by=staff)

    assert (refusal.value.undecided, refusal.value.taken) == (frozenset(), {first.pk})
    assert everything() == before


def test_two_at_once_for_one_colleague_refuse_the_whole(dana, mina, staff):
    dana_too = make_counselor()
    Closure.objects.create(starts_at=NOW - DAY, ends_at=NOW)
    first, second = booked(NOON, dana), booked(NOON, dana_too)
    go_away(dana, {first: mina.pk}, by=staff)

    with pytest.raises(absences.UnresolvedConsultations) as refusal:
        go_away(dana_too, {second: mina.pk}, by=staff)

    assert refusal.value.taken == {second.pk}


def test_full_day_of_a_colleague_refuses_the_whole(dana, mina, staff):
    Counselor.objects.filter(pk=mina.pk).update(daily_cap=1)
    first, second = booked(NOON, dana), booked(NOON + HOUR, dana)
    before = everything()

    with pytest.raises(absences.UnresolvedConsultations) as refusal:
        go_away(dana, {first: mina.pk, second: mina.pk}, by=staff)

    assert (refusal.value.taken, everything()) == ({second.pk}, before)


def test_what_was_canceled_meanwhile_needs_no_decision(dana, mina, staff):
    gone = booked(NOON, dana)
    Consultation.objects.update(status=Status.CANCELED_BY_PERSON)

    go_away(dana, {gone: mina.pk}, by=staff)

    assert Closure.objects.count() == 1
    assert Consultation.objects.standing().count() == 0


@pytest.mark.parametrize(
    "starts_at", [NOW - HOUR, UNTIL, NOW + 5 * DAY], ids=["begun", "at the end", "after"]
)
def test_what_lies_outside_the_time_is_left_alone(dana, staff, starts_at):
    booked(starts_at, dana)

    assert absences.find_consultations_during(dana, NOW, UNTIL) == []


# Who could take it


def colleagues(consultation):
    (case,) = absences.match_colleagues([consultation])
    return [load.counselor_id for load in case.colleagues]


@pytest.mark.parametrize(
    "unfit",
    [
        {"modes": ["video"]},
        {"languages": ["es"]},
        {"opens": time(13)},
        {"is_taking_consultations": False},
    ],
    ids=["mode", "language", "hours", "takes none"],
)
def test_colleague_who_does_not_fit_is_not_offered(dana, unfit):
    make_counselor(**unfit)

    assert colleagues(booked(NOON, dana)) == []


@pytest.mark.parametrize(("mode", "is_offered"), [("in_person", False), ("phone", True)])
def test_colleague_elsewhere_is_not_offered_for_a_visit(dana, mode, is_offered):
    elsewhere = Location.objects.create(
        name="Elsewhere", street_address="1 Example St", city="Tustin", postal_code="92780"
    )
    colleague = make_counselor(location=elsewhere)

    assert colleagues(booked(NOON, dana, mode=mode)) == ([colleague.pk] if is_offered else [])


def test_colleague_is_offered_within_the_notice_that_strangers_must_give(dana, mina):
    ModeRules.objects.update(minimum_notice=24 * 60)

    assert colleagues(booked(NOON, dana)) == [mina.pk]


def test_colleague_is_offered_beyond_the_first_horizon(dana, mina):
    first, last = booked(NOON, dana), booked(NOON + 30 * DAY, dana)

    found = absences.match_colleagues([first, last])

    assert [case.best.counselor_id for case in found] == [mina.pk, mina.pk]


def test_best_is_the_least_loaded_and_each_has_one_at_a_time(dana, mina):
    ines = make_counselor(public_name="Ines")
    booked(NOON + 2 * DAY, mina)
    rows = [booked(NOON, dana), booked(NOON, make_counselor())]

    found = absences.match_colleagues(rows)

    assert found[0].best.counselor_id == ines.pk
    assert found[0].best.counselor_id != found[1].best.counselor_id


@pytest.mark.parametrize("rows", [1, 30])
def test_cases_take_the_same_number_of_queries_however_many(dana, mina, rows):
    consultations = [booked(NOON + n * HOUR, dana) for n in range(rows)]
    with CaptureQueriesContext(connection) as queries:
        absences.match_colleagues(absences.find_consultations_during(dana, NOW, NOW + 10 * DAY))

    assert (len(consultations), len(queries)) == (rows, 6)


# Someone who left


def test_gaps_of_someone_who_left_are_settled(dana, mina, staff):
    first, second = booked(NOON, dana), booked(NOON + HOUR, dana)
    User.objects.filter(pk=dana.user_id).update(is_active=False)
    decisions = {first.pk: mina.pk, second.pk: CANCEL}

    absences.resolve_coverage_gaps(counselor=dana, decisions=decisions, by=staff)

    assert absences.find_uncovered_consultations(dana) == []
    assert [each.counselor for each in Consultation.objects.standing()] == [mina]


def test_nothing_is_kept_with_someone_who_left(dana, staff):
    consultation = booked(NOON, dana)
    User.objects.filter(pk=dana.user_id).update(is_active=False)
    before = everything()

    with pytest.raises(absences.UnresolvedConsultations):
        absences.resolve_coverage_gaps(counselor=dana, decisions={consultation.pk: KEEP}, by=staff)

    assert everything() == before
