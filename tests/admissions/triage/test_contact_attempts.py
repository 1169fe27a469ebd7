from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from admissions.booking import by_staff
from admissions.exceptions import ActionNotAllowed, SlotTaken
from admissions.intake.models import ConsultationRequest
from admissions.scheduling.models import Consultation
from admissions.triage import contact_attempts, outcomes, ownership
from tests.support.factories import make_consultation, make_counselor, make_request, make_user
from tests.support.rows import audit_of, everything

PACIFIC = ZoneInfo("America/Los_Angeles")
NOW = datetime(2027, 1, 4, 10, tzinfo=PACIFIC)
NINE, NOON = NOW.replace(hour=9), NOW.replace(hour=12)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
Stage, Status = ConsultationRequest.Stage, Consultation.Status

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NOW)]

audit = audit_of("type", "actor", "code", "consultation")


def promised(request):
    return [(m.kind, m.due_at) for m in request.messages.order_by("due_at", "pk")]


def closed_request():
    return make_request(stage="closed", disposition="withdrawn", closed_at=NOW)


# Claiming


def test_claim_makes_the_request_mine(staff):
    request = make_request()

    ownership.claim_request(request_id=request.pk, by=staff)

    request.refresh_from_db()
    assert (request.owner, request.claimed_at) == (staff, NOW)
    assert audit(request) == [("request_claimed", staff, "", None)]


def test_claim_again_changes_nothing(staff):
    request = make_request()
    ownership.claim_request(request_id=request.pk, by=staff)
    before = everything()

    ownership.claim_request(request_id=request.pk, by=staff)

    assert everything() == before


def test_claim_of_a_colleagues_request_changes_nothing(staff):
    request = make_request()
    ownership.claim_request(request_id=request.pk, by=make_user())
    before = everything()

    with pytest.raises(ActionNotAllowed):
        ownership.claim_request(request_id=request.pk, by=staff)

    assert everything() == before


# Logging a try


def log(request, by, *, channel="call", result="no_answer", note="", next_at=None):
    return contact_attempts.log_attempt(
        request_id=request.pk, by=by, channel=channel, result=result, note=note, next_at=next_at
    )


def test_log_attempt_keeps_the_try_and_records_its_result(staff):
    request = make_request()

    attempt = log(request, staff, result="voicemail", note="Will try the evening")

    kept = request.attempts.get()
    assert (kept, kept.by, kept.at) == (attempt, staff, NOW)
    assert (kept.channel, kept.result, kept.note) == ("call", "voicemail", "Will try the evening")
    assert audit(request) == [
        ("attempt_logged", staff, "voicemail", None),
        ("request_claimed", staff, "", None),
    ]


@pytest.mark.parametrize(
    ("stage", "result", "after"),
    [
        (Stage.NEW, "no_answer", Stage.ATTEMPTING_CONTACT),
        (Stage.NEW, "reached", Stage.CONTACTED),
        (Stage.ATTEMPTING_CONTACT, "voicemail", Stage.ATTEMPTING_CONTACT),
        (Stage.ATTEMPTING_CONTACT, "reached", Stage.CONTACTED),
        (Stage.CONTACTED, "no_answer", Stage.CONTACTED),
        (Stage.CONTACTED, "reached", Stage.CONTACTED),
        (Stage.CONSULTATION_SCHEDULED, "reached", Stage.CONSULTATION_SCHEDULED),
        (Stage.CONSULTATION_COMPLETED, "reached", Stage.CONSULTATION_COMPLETED),
        (Stage.RECOMMENDATION_MADE, "no_answer", Stage.RECOMMENDATION_MADE),
        (Stage.ADMISSION_PENDING, "reached", Stage.ADMISSION_PENDING),
    ],
)
def test_log_attempt_moves_the_stage_only_toward_contact(staff, stage, result, after):
    request = make_request(stage=stage)

    log(request, staff, result=result)

    request.refresh_from_db()
    assert request.stage == after


def test_log_attempt_answers_the_promised_call(staff):
    request = make_request(promised_call_by=NOW + 5 * MINUTE)

    log(request, staff)

    request.refresh_from_db()
    assert request.promised_call_by is None


def test_log_attempt_follows_the_plan_of_six_tries_over_ten_days(staff, time_machine):
    request = make_request()
    due = []

    for _each in range(6):
        log(request, staff)
        request.refresh_from_db()
        due.append((request.due_at - NOW.replace(hour=0)) / timedelta(hours=1))
        time_machine.move_to(request.due_at, tick=False)

    assert due == [13, 24 + 18, 3 * 24 + 9, 6 * 24 + 13, 10 * 24 + 16, 11 * 24 + 16]


def test_log_attempt_that_reached_the_person_is_due_a_day_later(staff):
    request = make_request()

    log(request, staff, result="reached")

    request.refresh_from_db()
    assert request.due_at == NOW + DAY


@pytest.mark.parametrize("result", ["reached", "no_answer"])
def test_log_attempt_before_a_consultation_is_due_at_its_start(staff, result):
    consultation = make_consultation(starts_at=NOON)

    log(consultation.request, staff, result=result)

    consultation.request.refresh_from_db()
    assert consultation.request.due_at == NOON


def test_log_attempt_that_reached_no_one_in_danger_stays_due_now(staff):
    request = make_request(is_in_danger=True)

    log(request, staff)

    request.refresh_from_db()
    assert (request.due_at, request.safety_answered_at) == (NOW, None)


def test_log_attempt_that_reached_someone_in_danger_answers_it(staff):
    request = make_request(is_in_danger=True)

    log(request, staff, result="reached")

    request.refresh_from_db()
    assert (request.due_at, request.safety_answered_at) == (NOW + DAY, NOW)


def test_log_attempt_a_third_time_on_one_day_changes_nothing(staff, time_machine):
    request = make_request()
    log(request, staff)
    time_machine.move_to(NOW + timedelta(hours=3), tick=False)
    log(request, staff)
    before = everything()

    with pytest.raises(ActionNotAllowed):
        log(request, staff, result="voicemail")

    assert everything() == before


@pytest.mark.parametrize(
    ("columns", "result"),
    [
        ({}, "reached"),
        ({}, "replied"),
        ({}, "asked_to_stop"),
        ({"promised_call_by": NOW + DAY}, "no_answer"),
        ({"is_in_danger": True}, "no_answer"),
    ],
)
def test_log_attempt_a_third_time_where_they_answer_or_something_presses(staff, columns, result):
    request = make_request()
    log(request, staff, note="First")
    log(request, staff, note="Second")
    ConsultationRequest.objects.filter(pk=request.pk).update(**columns)

    log(request, staff, result=result)

    assert request.attempts.count() == 3


def test_log_attempt_twice_by_two_clicks_is_one_try(staff):
    request = make_request()
    log(request, staff)
    before = everything()

    log(request, staff)

    assert everything() == before


def test_log_attempt_a_while_after_is_another_try(staff, time_machine):
    request = make_request()
    log(request, staff)
    time_machine.move_to(NOW + MINUTE, tick=False)

    log(request, staff)

    assert request.attempts.count() == 2


def test_log_attempt_after_a_no_show_is_no_third_try(staff):
    request = make_request(stage=Stage.CONSULTATION_SCHEDULED)
    log(request, staff, note="First")
    log(request, staff, note="Second")
    make_consultation(starts_at=NOW, request=request, status=Status.NO_SHOW, ended_at=NOW + MINUTE)

    log(request, staff)

    assert request.attempts.count() == 3


def test_log_attempt_is_due_when_staff_say(staff):
    request = make_request()

    log(request, staff, next_at=NOW + 5 * DAY)

    request.refresh_from_db()
    assert request.due_at == NOW + 5 * DAY


@pytest.mark.parametrize(
    ("columns", "result", "next_at"),
    [
        ({}, "no_answer", NOW),
        ({}, "no_answer", NOW + 15 * DAY),
        ({}, "no_answer", NOW.replace(hour=20, minute=30)),
        ({"time_zone": "America/New_York"}, "no_answer", NOW.replace(hour=18)),
        ({}, "asked_to_stop", NOW + DAY),
        ({"is_in_danger": True}, "no_answer", NOW + DAY),
    ],
)
def test_log_attempt_with_a_next_time_that_cannot_be_changes_nothing(
    staff, columns, result, next_at
):
    request = make_request(**columns)
    before = everything()

    with pytest.raises(ActionNotAllowed):
        log(request, staff, result=result, next_at=next_at)

    assert everything() == before


def test_log_attempt_with_a_next_time_on_a_full_day_changes_nothing(staff):
    request = make_request()
    log(request, staff, note="First")
    before = everything()

    with pytest.raises(ActionNotAllowed):
        log(request, staff, next_at=NOW + timedelta(hours=5))

    assert everything() == before


def test_log_attempt_in_the_evening_asks_for_the_next_try_after_the_night(staff, time_machine):
    time_machine.move_to(NOW.replace(hour=19), tick=False)
    request = make_request()

    contact_attempts.log_attempt(
        request_id=request.pk, by=staff, channel="call", result="no_answer"
    )

    request.refresh_from_db()
    assert request.due_at == NOW.replace(hour=11) + DAY


def test_log_attempt_that_was_asked_to_stop_ends_every_channel(staff):
    request = make_request(may_text=True)

    contact_attempts.log_attempt(
        request_id=request.pk, by=staff, channel="call", result="asked_to_stop"
    )

    request.refresh_from_db()
    assert not request.may_call
    assert not request.may_text
    assert not request.may_email


@pytest.mark.parametrize(
    ("channel", "permission"), [("call", "may_call"), ("text", "may_text"), ("email", "may_email")]
)
def test_log_attempt_by_a_channel_that_is_not_permitted_changes_nothing(staff, channel, permission):
    plan = {"may_call": True, "may_text": True, "may_email": True, permission: False}
    request = make_request(**plan)
    before = everything()

    with pytest.raises(ActionNotAllowed):
        log(request, staff, channel=channel)

    assert everything() == before


@pytest.mark.parametrize("channel", ["call", "text", "email", "in_person"])
def test_log_attempt_by_a_permitted_channel_is_kept(staff, channel):
    is_visit = channel == "in_person"
    plan = {"may_call": False, "may_text": False, "may_email": False}
    request = make_request(**plan if is_visit else plan | {f"may_{channel}": True})

    log(request, staff, channel=channel)

    assert request.attempts.get().channel == channel


# Outcomes


def test_complete_ends_the_consultation_and_is_due_a_day_later(staff):
    consultation = make_consultation(starts_at=NINE)

    outcomes.complete_consultation(request_id=consultation.request_id, by=staff)

    consultation.refresh_from_db()
    request = consultation.request
    assert (consultation.status, consultation.ended_at) == ("completed", NOW)
    assert (request.stage, request.due_at) == ("consultation_completed", NOW + DAY)
    assert audit(request) == [("consultation_completed", staff, "", consultation)]


def test_complete_answers_the_promise_and_the_danger(staff):
    request = make_request(
        stage=Stage.CONSULTATION_SCHEDULED,
        is_in_danger=True,
        promised_call_by=NOW,
    )
    make_consultation(starts_at=NINE, request=request)

    outcomes.complete_consultation(request_id=request.pk, by=staff)

    request.refresh_from_db()
    assert (request.promised_call_by, request.safety_answered_at) == (None, NOW)


@pytest.mark.parametrize(
    ("today", "thanked_on"),
    [(4, 5), (7, 8), (8, 11), (9, 11), (10, 11)],
    ids=["Monday", "Thursday", "Friday", "Saturday", "Sunday"],
)
def test_complete_thanks_at_ten_on_the_next_business_day(staff, time_machine, today, thanked_on):
    now = NOW.replace(day=today)
    consultation = make_consultation(starts_at=now - MINUTE)
    time_machine.move_to(now, tick=False)

    outcomes.complete_consultation(request_id=consultation.request_id, by=staff)

    assert promised(consultation.request) == [
        ("after_completed", NOW.replace(day=thanked_on, hour=10))
    ]


def test_complete_corrects_a_no_show(staff):
    consultation = make_consultation(starts_at=NINE)
    outcomes.mark_no_show(request_id=consultation.request_id, by=staff)

    outcomes.complete_consultation(request_id=consultation.request_id, by=staff)

    consultation.refresh_from_db()
    assert consultation.status == "completed"
    assert consultation.request.stage == "consultation_completed"


def test_no_show_asks_staff_to_call_ten_minutes_after_the_start(staff):
    consultation = make_consultation(starts_at=NOW - 5 * MINUTE)

    outcomes.mark_no_show(request_id=consultation.request_id, by=staff)

    consultation.refresh_from_db()
    request = consultation.request
    assert (consultation.status, consultation.ended_at) == ("no_show", NOW)
    assert (request.stage, request.due_at) == ("attempting_contact", NOW + 5 * MINUTE)
    assert audit(request) == [("consultation_no_show", staff, "", consultation)]
    assert promised(request) == [
        ("after_no_show", NOW + timedelta(hours=1)),
        ("no_show_2", NOW + timedelta(days=1)),
        ("no_show_3", NOW + timedelta(days=7)),
    ]


@pytest.mark.parametrize("act", [outcomes.complete_consultation, outcomes.mark_no_show])
def test_outcome_before_the_start_changes_nothing(staff, act):
    consultation = make_consultation(starts_at=NOW + MINUTE)
    before = everything()

    with pytest.raises(ActionNotAllowed):
        act(request_id=consultation.request_id, by=staff)

    assert everything() == before


@pytest.mark.parametrize("act", [outcomes.complete_consultation, outcomes.mark_no_show])
def test_outcome_without_a_consultation_changes_nothing(staff, act):
    request = make_request()
    before = everything()

    with pytest.raises(ActionNotAllowed):
        act(request_id=request.pk, by=staff)

    assert everything() == before


def test_no_show_of_a_completed_consultation_changes_nothing(staff):
    consultation = make_consultation(starts_at=NINE)
    outcomes.complete_consultation(request_id=consultation.request_id, by=staff)
    before = everything()

    with pytest.raises(ActionNotAllowed):
        outcomes.mark_no_show(request_id=consultation.request_id, by=staff)

    assert everything() == before


# Moving


def reschedule(request, by, starts_at):
    return by_staff.reschedule_consultation(request_id=request.pk, starts_at=starts_at, by=by)


def test_reschedule_moves_and_says_who(staff):
    request = make_consultation(starts_at=NOON).request

    moved = reschedule(request, staff, NOON + DAY)

    request.refresh_from_db()
    assert (moved.starts_at, moved.booked_by, request.due_at) == (NOON + DAY, staff, NOON + DAY)
    assert audit(request) == [("consultation_moved", staff, "", moved)]
    assert promised(request)[0] == ("moved", NOW)


def test_reschedule_of_a_consultation_whose_time_passed_is_permitted(staff):
    request = make_consultation(starts_at=NINE).request

    moved = reschedule(request, staff, NOON)

    assert request.standing_consultation() == moved


def test_reschedule_to_the_same_time_changes_nothing(staff):
    request = make_consultation(starts_at=NOON).request
    before = everything()

    kept = reschedule(request, staff, NOON)

    assert kept == request.standing_consultation()
    assert everything() == before


def test_reschedule_onto_a_held_time_changes_nothing(staff):
    counselor = make_counselor()
    request = make_consultation(starts_at=NOON, counselor=counselor).request
    make_consultation(starts_at=NOON + DAY, counselor=counselor)
    before = everything()

    with pytest.raises(SlotTaken):
        reschedule(request, staff, NOON + DAY)

    assert everything() == before


def test_reschedule_without_a_consultation_changes_nothing(staff):
    request = make_request()
    before = everything()

    with pytest.raises(ActionNotAllowed):
        reschedule(request, staff, NOON)

    assert everything() == before


# Closing


def close(request, by, *, disposition="declined_by_person", reason="cost", note=""):
    return outcomes.close_request(
        request_id=request.pk, by=by, disposition=disposition, reason=reason, note=note
    )


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage != Stage.CLOSED])
def test_close_ends_the_request_from_any_open_stage(staff, stage):
    request = make_request(stage=stage, promised_call_by=NOW)

    close(request, staff, note="Too far")

    request.refresh_from_db()
    assert (request.stage, request.closed_at, request.due_at) == ("closed", NOW, None)
    assert (request.disposition, request.close_reason, request.close_note) == (
        "declined_by_person",
        "cost",
        "Too far",
    )
    assert request.promised_call_by is None
    assert audit(request) == [("request_closed", staff, "declined_by_person", None)]
    assert promised(request) == []


def test_close_cancels_the_consultation_that_stands_and_says_so(staff):
    consultation = make_consultation(starts_at=NOON)

    close(consultation.request, staff)

    consultation.refresh_from_db()
    assert (consultation.status, consultation.sequence) == ("canceled_by_center", 1)
    assert audit(consultation.request) == [
        ("consultation_canceled", staff, "", consultation),
        ("request_closed", staff, "declined_by_person", None),
    ]
    assert promised(consultation.request) == [("canceled", NOW)]


def test_close_before_the_outcome_of_a_started_consultation_changes_nothing(staff):
    consultation = make_consultation(starts_at=NINE)
    before = everything()

    with pytest.raises(ActionNotAllowed):
        close(consultation.request, staff)

    assert everything() == before


@pytest.mark.parametrize("disposition", ["admitted_iop", "admitted_residential"])
def test_close_as_admitted_without_a_recommendation_changes_nothing(staff, disposition):
    request = make_request(stage=Stage.ADMISSION_PENDING)
    before = everything()

    with pytest.raises(ActionNotAllowed):
        close(request, staff, disposition=disposition)

    assert everything() == before


# What is closed stays as it is


@pytest.mark.parametrize(
    "act",
    [
        ownership.claim_request,
        lambda **who: contact_attempts.log_attempt(channel="call", result="reached", **who),
        outcomes.complete_consultation,
        outcomes.mark_no_show,
        lambda **who: by_staff.reschedule_consultation(starts_at=NOON, **who),
        lambda **who: outcomes.close_request(disposition="withdrawn", reason="other", **who),
    ],
    ids=["claim", "log_attempt", "complete", "mark_no_show", "reschedule", "close"],
)
def test_any_act_on_a_closed_request_changes_nothing(staff, act):
    request = closed_request()
    before = everything()

    with pytest.raises(ActionNotAllowed):
        act(request_id=request.pk, by=staff)

    assert everything() == before


# An email that was lost


def phone(request, staff):
    contact_attempts.log_attempt(
        request_id=request.pk, by=staff, channel="call", result="no_answer"
    )


def end(request, staff):
    close(request, staff)


@pytest.mark.parametrize("act", [phone, end])
def test_lost_email_is_answered_by_a_try_and_by_closing(staff, act):
    request = make_request(email_failed_at=NOW)

    act(request, staff)

    request.refresh_from_db()
    assert request.email_failed_at is None


def test_lost_email_is_answered_by_a_talk_that_took_place(staff):
    consultation = make_consultation(starts_at=NOW)
    request = consultation.request
    ConsultationRequest.objects.update(email_failed_at=NOW)

    outcomes.complete_consultation(request_id=request.pk, by=staff)

    request.refresh_from_db()
    assert request.email_failed_at is None
