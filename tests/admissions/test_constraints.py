import re
import uuid
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, ProgrammingError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from admissions.audit.models import AuditEvent
from admissions.exceptions import MoveNotAllowed
from admissions.intake.models import ConsentEvent, ConsentVersion, ConsultationRequest
from admissions.messaging.models import Message
from admissions.scheduling.models import (
    Closure,
    Consultation,
    Counselor,
    ExtraHours,
    Mode,
    ModeRules,
    Shortage,
    WeeklyHours,
)
from tests.support import factories
from tests.support.factories import (
    make_consultation,
    make_counselor,
    make_offer,
    make_request,
    make_user,
)

NOW = datetime(2027, 1, 4, 16, tzinfo=UTC)
# A change of what searches go by comes with its tokens.
FOUND = {"search_tokens": [1]}
NINE = datetime(2027, 1, 5, 17, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
Stage, Status = ConsultationRequest.Stage, Consultation.Status

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NOW)]


@contextmanager
def refused_by(constraint):
    """Postgres itself refuses what happens here, by the constraint of this name."""
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        yield
    assert refusal.value.__cause__.diag.constraint_name == constraint


@contextmanager
def refused_by_trigger(name):
    """Postgres itself refuses what happens here, by the trigger of this name."""
    with pytest.raises(ProgrammingError, match=f"pgtrigger_{name}"), transaction.atomic():
        yield


def row(instance):
    """The row as it stands in the table."""
    return type(instance).objects.filter(pk=instance.pk).values().get()


# Held time


def test_two_standing_consultations_of_one_counselor_never_overlap():
    first = make_consultation(starts_at=NINE)

    for distance in (timedelta(0), 59 * MINUTE, -59 * MINUTE):
        with refused_by("consultation_no_double_booking"):
            make_consultation(starts_at=NINE + distance, counselor=first.counselor)

    assert list(Consultation.objects.all()) == [first]


@pytest.mark.parametrize("distance", [HOUR, -HOUR])
def test_consultations_may_touch_at_the_end_of_the_buffer(distance):
    first = make_consultation(starts_at=NINE)

    make_consultation(starts_at=NINE + distance, counselor=first.counselor)

    assert first.counselor.consultations.count() == 2


def test_two_counselors_may_hold_the_same_time():
    make_consultation(starts_at=NINE)

    make_consultation(starts_at=NINE)

    assert Consultation.objects.standing().count() == 2


@pytest.mark.parametrize("status", [s for s in Status if s not in Consultation.STANDING])
def test_ended_consultation_holds_no_time(status):
    ended = make_consultation(starts_at=NINE, status=status)

    make_consultation(starts_at=NINE, counselor=ended.counselor)

    assert ended.counselor.consultations.count() == 2


def test_request_has_one_standing_consultation():
    first = make_consultation(starts_at=NINE)

    with refused_by("consultation_one_standing_per_request"):
        make_consultation(starts_at=NINE + HOUR, request=first.request)

    assert list(Consultation.objects.all()) == [first]


def test_uid_has_each_sequence_once():
    first = make_consultation(starts_at=NINE)

    with refused_by("consultation_sequence_rises"):
        make_consultation(starts_at=NINE + HOUR, uid=first.uid, sequence=first.sequence)

    assert list(Consultation.objects.all()) == [first]


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        (
            {"ends_at": NINE, "held": DateTimeTZRange(NINE, NINE + HOUR)},
            "consultation_ends_after_start",
        ),
        (
            {"held": DateTimeTZRange(NINE + MINUTE, NINE + HOUR)},
            "consultation_holds_its_own_time",
        ),
        (
            {"held": DateTimeTZRange(NINE, NINE + 44 * MINUTE)},
            "consultation_holds_its_own_time",
        ),
        (
            {"held": DateTimeTZRange(NINE - 25 * HOUR, NINE + HOUR)},
            "consultation_holds_time_near_its_start",
        ),
        (
            {"held": DateTimeTZRange(NINE, NINE + 25 * HOUR)},
            "consultation_holds_time_near_its_start",
        ),
    ],
    ids=["ends at its start", "holds too late", "holds too little", "from a day", "for a day"],
)
def test_consultation_with_times_that_do_not_fit_is_refused(change, constraint):
    consultation = make_consultation(starts_at=NINE)
    before = row(consultation)

    with refused_by(constraint):
        Consultation.objects.update(**change)

    assert row(consultation) == before


# Statuses and stages


def updates(instance, **changes) -> bool:
    """Whether Postgres lets a bare update through; it is undone either way."""
    try:
        with transaction.atomic():
            type(instance).objects.filter(pk=instance.pk).update(**changes)
            transaction.set_rollback(True)
    except ProgrammingError:
        return False
    return True


@pytest.mark.parametrize("old", Status)
def test_status_moves_only_along_its_table_even_by_a_bare_update(old):
    consultation = make_consultation(starts_at=NINE, status=old)

    reached = {new for new in Status if new != old and updates(consultation, status=new)}

    assert reached == Consultation.MAY_BECOME.get(old, set())


def as_stage(stage):
    """Columns that fit the stage."""
    if stage == Stage.CLOSED:
        return {
            "stage": stage,
            "closed_at": NOW,
            "due_at": None,
            "disposition": "withdrawn",
        }
    return {"stage": stage, "closed_at": None, "due_at": NOW, "disposition": ""}


@pytest.mark.parametrize("old", Stage)
def test_stage_moves_only_along_its_table_even_by_a_bare_update(old):
    request = make_request(**as_stage(old))

    reached = {new for new in Stage if new != old and updates(request, **as_stage(new))}

    assert reached == ConsultationRequest.MAY_BECOME[old]


def test_bad_move_of_a_stage_by_a_bare_update_changes_nothing():
    request = make_request(stage=Stage.NEW)
    before = row(request)

    with refused_by_trigger("request_stage_moves"):
        ConsultationRequest.objects.update(stage=Stage.ADMISSION_PENDING)

    assert row(request) == before


@pytest.mark.parametrize("old", Status)
def test_move_to_refuses_what_postgres_would(old):
    consultation = Consultation(status=old)

    for new in set(Status) - Consultation.MAY_BECOME.get(old, set()):
        with pytest.raises(MoveNotAllowed):
            consultation.move_to(new)

    assert consultation.status == old


@pytest.mark.parametrize("old", Stage)
def test_move_to_of_a_request_refuses_what_postgres_would(old):
    request = ConsultationRequest(stage=old)

    for new in set(Stage) - ConsultationRequest.MAY_BECOME[old]:
        with pytest.raises(MoveNotAllowed):
            request.move_to(new)

    assert request.stage == old


# What is permanent


PERMANENT = {
    "audit": "audit_event_is_permanent",
    "consent": "consent_event_is_permanent",
    "version": "consent_version_is_permanent",
}


def make_permanent(kind):
    request = make_request()
    if kind == "audit":
        return AuditEvent.objects.create(
            type=AuditEvent.Type.REQUEST_VIEWED, actor=make_user(), request=request
        )
    version = ConsentVersion.objects.earliest("pk")
    if kind == "version":
        return version
    return ConsentEvent.objects.create(request=request, version=version, is_granted=True)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("audit", {"code": "other"}),
        ("consent", {"is_granted": False}),
        ("version", {"text": "We may do as we like."}),
    ],
)
@pytest.mark.security(28)
def test_permanent_row_is_never_changed(kind, change):
    permanent = make_permanent(kind)
    before = row(permanent)

    with refused_by_trigger(PERMANENT[kind]):
        type(permanent).objects.filter(pk=permanent.pk).update(**change)

    assert row(permanent) == before


@pytest.mark.parametrize("kind", PERMANENT)
@pytest.mark.security(28)
def test_permanent_row_is_never_deleted(kind):
    permanent = make_permanent(kind)
    before = row(permanent)

    with refused_by_trigger(PERMANENT[kind]):
        rows = type(permanent).objects.filter(pk=permanent.pk)
        rows._raw_delete(rows.db)

    assert row(permanent) == before


@pytest.mark.parametrize("who", [{}, {"source": "system", "actor": True}])
def test_audit_event_says_either_who_or_what_did_it(who):
    actor = make_user() if who.pop("actor", None) else None

    with refused_by("audit_event_says_who"):
        AuditEvent.objects.create(type="request_viewed", actor=actor, **who)

    assert AuditEvent.objects.count() == 0


def test_consent_version_is_kept_once_by_its_words():
    version = ConsentVersion.objects.earliest("pk")

    with refused_by("consent_version_once"):
        ConsentVersion.objects.create(key=version.key, language=version.language, text=version.text)

    assert ConsentVersion.objects.filter(sha256=version.sha256).count() == 1


def test_current_consents_are_the_newest_in_the_language_or_else_english():
    new_english = ConsentVersion.objects.create(key="news", text="News, newly worded.")
    vietnamese = ConsentVersion.objects.create(key="email", language="vi", text="Email.")
    old_english = ConsentVersion.objects.get(key="email", language="en")

    in_english = ConsentVersion.objects.current(language="en")
    in_vietnamese = ConsentVersion.objects.current(language="vi")

    assert (in_english["news"], in_english["email"]) == (new_english, old_english)
    assert (in_vietnamese["news"], in_vietnamese["email"]) == (new_english, vietnamese)


def test_language_is_one_that_the_site_has():
    consent = ConsentVersion(key="news", language="xx", text="News.", sha256="0" * 64)

    with pytest.raises(ValidationError) as refused:
        consent.full_clean()

    assert refused.value.message_dict == {"language": ["Value 'xx' is not a valid choice."]}


# Pairs that belong together


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"phone": "", "email": "", **FOUND}, "request_can_be_answered"),
        (
            {"phone": "", "email": "", "is_in_danger": True, **FOUND},
            "request_can_be_answered",
        ),
        (
            {"phone": "", "email": "", "source": "staff", **FOUND},
            "request_can_be_answered",
        ),
        ({"claimed_at": NOW}, "request_claimed_by_someone_at_a_time"),
        ({"due_at": None}, "request_closed_with_a_disposition"),
        ({"closed_at": NOW}, "request_closed_with_a_disposition"),
        ({"disposition": "withdrawn"}, "request_closed_with_a_disposition"),
        (as_stage(Stage.CLOSED) | {"disposition": ""}, "request_closed_with_a_disposition"),
        (as_stage(Stage.CLOSED) | {"closed_at": None}, "request_closed_with_a_disposition"),
        (as_stage(Stage.CLOSED) | {"due_at": NOW}, "request_closed_with_a_disposition"),
        ({"phone": "", "promised_call_by": NOW, **FOUND}, "request_promised_call_has_a_phone"),
        ({"search_tokens": []}, "request_is_found_by_search"),
    ],
)
def test_request_whose_columns_contradict_each_other_is_refused(change, constraint):
    request = make_request()
    before = row(request)

    with refused_by(constraint):
        ConsultationRequest.objects.update(**change)

    assert row(request) == before


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"state": "sending"}, "message_in_hand_has_a_lease"),
        ({"lease": uuid.uuid4()}, "message_in_hand_has_a_lease"),
        ({"state": "sent"}, "message_finished_when_settled"),
        ({"finished_at": NOW}, "message_finished_when_settled"),
        ({"state": "failed", "finished_at": NOW}, "message_unsent_has_a_reason"),
        ({"state": "skipped", "finished_at": NOW}, "message_unsent_has_a_reason"),
    ],
)
def test_message_whose_columns_contradict_each_other_is_refused(change, constraint):
    message = make_message()
    before = row(message)

    with refused_by(constraint):
        Message.objects.update(**change)

    assert row(message) == before


@pytest.mark.parametrize("is_about_a_consultation", [True, False])
def test_message_of_one_kind_and_key_is_enqueued_once(is_about_a_consultation):
    message = make_message(is_about_a_consultation=is_about_a_consultation)

    with refused_by("message_enqueued_once"):
        Message.objects.create(
            request=message.request,
            consultation=message.consultation,
            kind=message.kind,
            dedupe_key=message.dedupe_key,
            due_at=NOW + HOUR,
        )

    assert Message.objects.count() == 1


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"dedupe_key": ""}, "message_has_a_dedupe_key"),
        ({"kind": "earlier_offer"}, "message_about_an_offer"),
        ({"kind": "staff_shortage"}, "message_about_a_shortage"),
    ],
)
def test_message_that_does_not_say_what_it_is_about_is_refused(columns, constraint):
    make_message()

    with refused_by(constraint):
        Message.objects.update(**columns)


def test_message_about_nothing_that_is_offered_has_no_offer():
    message = make_message(is_about_a_consultation=True)
    offer = make_offer(
        consultation=message.consultation,
        offered_at=NOW,
        starts_at=NINE - 8 * HOUR,
        expires_at=NOW + MINUTE,
    )

    with refused_by("message_about_an_offer"):
        Message.objects.update(offer=offer)


def test_message_about_anything_but_a_shortage_has_none():
    make_message()
    shortage = Shortage.objects.create(language="en", began_at=NOW)

    with refused_by("message_about_a_shortage"):
        Message.objects.update(shortage=shortage)


def make_message(*, due_at=NOW, is_about_a_consultation=False, **columns):
    consultation = make_consultation(starts_at=NINE)
    about = {"request": consultation.request}
    if is_about_a_consultation:
        about = {"consultation": consultation}
    return factories.make_message("staff_new_request", due_at=due_at, **about, **columns)


@pytest.mark.parametrize(
    ("model", "change", "constraint"),
    [
        (ModeRules, {"length": 0}, "mode_rules_have_length_and_grid"),
        (ModeRules, {"start_grid": 4}, "mode_rules_have_length_and_grid"),
        (ModeRules, {"horizon": 91}, "mode_rules_have_length_and_grid"),
        (ModeRules, {"length": 481}, "mode_rules_hold_hours_not_days"),
        (ModeRules, {"buffer_before": 481}, "mode_rules_hold_hours_not_days"),
        (ModeRules, {"buffer_after": 481}, "mode_rules_hold_hours_not_days"),
        (Counselor, {"meeting_link": ""}, "counselor_with_video_has_a_link"),
        (Counselor, {"daily_cap": 0}, "counselor_daily_cap_is_at_least_one"),
        (WeeklyHours, {"closes": time(9)}, "weekly_hours_close_after_opening"),
        (
            WeeklyHours,
            {"valid_from": date(2027, 1, 4), "valid_until": date(2027, 1, 3)},
            "weekly_hours_end_after_they_begin",
        ),
        (ExtraHours, {"closes": time(9)}, "extra_hours_close_after_opening"),
        (ExtraHours, {"until": date(2027, 1, 3)}, "extra_hours_end_within_a_year"),
        (ExtraHours, {"until": date(2028, 1, 6)}, "extra_hours_end_within_a_year"),
        (Closure, {"ends_at": NOW}, "closure_ends_after_start"),
    ],
)
def test_plan_that_makes_no_sense_is_refused(model, change, constraint):
    counselor = make_counselor(modes=[Mode.VIDEO], days=[0])
    Closure.objects.create(counselor=counselor, starts_at=NOW, ends_at=NOW + HOUR)
    counselor.extra_hours.create(on=date(2027, 1, 4), opens=time(9), closes=time(11))
    before = list(model.objects.order_by("pk").values())

    with refused_by(constraint):
        model.objects.update(**change)

    assert list(model.objects.order_by("pk").values()) == before


# Names and questions


def test_reference_can_be_read_aloud_and_says_nothing():
    reference = make_request(preferred_name="Jo").reference

    assert re.fullmatch(r"[2-9BCDFGHJKMNPQRSTVWXZ]{4}-[2-9BCDFGHJKMNPQRSTVWXZ]{4}", reference)


def test_references_differ():
    references = {ConsultationRequest().reference for _each in range(1000)}

    assert len(references) == 1000


def test_names_of_rows_name_nobody():
    request = make_request(preferred_name="Zqx Canary", email="zqx@example.com")
    consultation = make_consultation(starts_at=NINE)
    message = make_message()

    names = [str(each) for each in (request, consultation, message, make_permanent("audit"))]

    assert [name for name in names if re.search("zqx|555", name, re.IGNORECASE)] == []


def test_due_messages_are_those_promised_in_time_or_left_in_hand():
    in_hand = {"state": "sending", "lease": uuid.uuid4()}
    now = make_message(due_at=NOW)
    make_message(due_at=NOW + MINUTE)
    left = make_message(**in_hand, lease_until=NOW - MINUTE)
    make_message(**in_hand, lease_until=NOW)
    make_message(state="sent", finished_at=NOW)

    due = Message.objects.due(now=NOW)

    assert set(due) == {now, left}


def test_requests_in_triage_order_begin_with_who_needs_us_most():
    ancient, older = NOW - 3 * HOUR, NOW - HOUR
    calm = make_request(due_at=NOW + HOUR, created_at=older)
    calm_and_newer = make_request(due_at=NOW + HOUR, created_at=NOW)
    booked = make_consultation(starts_at=NINE).request
    overdue = make_request(due_at=older)
    long_overdue = make_request(due_at=ancient)
    promised = make_request(promised_call_by=NOW + HOUR, due_at=NOW + HOUR)
    in_danger = make_request(is_in_danger=True, due_at=NOW)
    make_request(is_in_danger=True, safety_answered_at=NOW, due_at=NOW + HOUR, created_at=ancient)

    in_order = list(ConsultationRequest.objects.in_triage_order(now=NOW))

    assert in_order[:7] == [
        in_danger,
        promised,
        long_overdue,
        overdue,
        booked,
        calm_and_newer,
        calm,
    ]
