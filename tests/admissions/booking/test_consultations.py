import uuid
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from admissions.booking import callbacks
from admissions.exceptions import ActionNotAllowed, SlotTaken
from admissions.intake import contact_plan
from admissions.intake.models import (
    ConsentVersion,
    IdempotencyKey,
)
from admissions.messaging import outbox
from admissions.scheduling.models import Closure, Consultation, Mode, ModeRules
from tests.support import bookings
from tests.support.bookings import cancel, move
from tests.support.factories import make_consultation, make_counselor, make_details, make_request
from tests.support.rows import audit_of, everything

PACIFIC = ZoneInfo("America/Los_Angeles")
NOW = datetime(2027, 1, 4, 8, tzinfo=PACIFIC)
NINE, NOON = NOW.replace(hour=9), NOW.replace(hour=12)
DAY = timedelta(days=1)
TOO_CLOSE = "Your appointment is too soon to change here. Please call us."
CONSENTS = {"contact": True, "email": True, "text": False, "news": False}

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NOW)]

audit = audit_of("type", "source", "consultation")


def book(starts_at=NINE, **options):
    return bookings.book(starts_at, **{"consents": CONSENTS} | options)


def ask_for_a_call(*, key=None, **details):
    details = {"good_time": "any", **details}
    return callbacks.request_callback(
        key=key or uuid.uuid4(),
        details={
            name: value
            for name, value in make_details(**details).items()
            if name not in ("may_call", "may_email")
        },
        consents={"contact": True},
    )


def promised(request):
    """(kind, due) of each message, in the order in which they fall due."""
    messages = request.messages.order_by("due_at", "pk")
    return [(message.kind, message.due_at) for message in messages]


# Booking


def test_booking_saves_the_request_and_holds_the_time():
    counselor = make_counselor()

    request = book()

    request.refresh_from_db()
    consultation = request.consultations.get()
    assert (request.stage, request.source, request.due_at) == (
        "consultation_scheduled",
        "booking",
        NINE,
    )
    assert (consultation.counselor, consultation.starts_at) == (counselor, NINE)


def test_booking_by_someone_in_danger_is_due_at_once():
    make_counselor()

    request = book(is_in_danger=True)

    assert request.due_at == NOW


def test_booking_records_who_did_it():
    make_counselor()

    request = book()

    assert audit(request) == [
        ("consultation_requested", "requester", request.consultations.get()),
    ]


def test_booking_keeps_each_consent_with_the_words_that_were_shown():
    make_counselor()

    request = book()

    current = ConsentVersion.objects.current(language="en")
    assert {
        (event.version, event.is_granted, event.channel) for event in request.consent_events.all()
    } == {(current[key], is_granted, "web") for key, is_granted in CONSENTS.items()}


def test_booking_promises_the_confirmation_and_the_notice_to_staff():
    make_counselor()

    request = book()

    assert promised(request) == [("staff_new_request", NOW), ("confirmation", NOW)]


def test_booking_takes_the_least_loaded_counselor():
    busy, free = make_counselor(), make_counselor()
    make_consultation(starts_at=NOON, counselor=busy)

    request = book()

    assert request.consultations.get().counselor == free


@pytest.mark.parametrize(
    "starts_at",
    [
        NINE - DAY,
        NOW,
        NINE + timedelta(minutes=1),
        NINE + 15 * DAY,
        datetime(9999, 12, 31, tzinfo=PACIFIC),
        datetime(1, 1, 2, tzinfo=PACIFIC),
    ],
    ids=["past", "now", "off the grid", "beyond the horizon", "the last year", "the first year"],
)
def test_booking_a_time_that_is_not_offered_saves_nothing(starts_at):
    make_counselor()
    before = everything()

    with pytest.raises(SlotTaken):
        book(starts_at)

    assert everything() == before


def test_booking_a_time_that_was_just_taken_saves_nothing():
    make_counselor()
    book()
    before = everything()

    with pytest.raises(SlotTaken):
        book()

    assert everything() == before


def test_booking_a_time_that_was_just_closed_saves_nothing():
    make_counselor()
    Closure.objects.create(counselor=None, starts_at=NOW, ends_at=NOON)
    before = everything()

    with pytest.raises(SlotTaken):
        book()

    assert everything() == before


@pytest.mark.security(94)
def test_booking_a_time_of_another_mode_saves_nothing():
    make_counselor(modes=[Mode.VIDEO])
    before = everything()

    with pytest.raises(SlotTaken):
        book(mode=Mode.PHONE)

    assert everything() == before


def test_booking_a_time_that_only_another_language_offers_saves_nothing():
    make_counselor(languages=["en"])
    before = everything()

    with pytest.raises(SlotTaken):
        book(language="es")

    assert everything() == before


def test_booking_again_with_the_same_key_gives_the_same_answer():
    make_counselor()
    key = uuid.uuid4()
    first = book(key=key)
    before = everything()

    second = book(key=key)

    assert second == first
    assert everything() == before


def test_booking_after_a_lost_time_works_with_the_same_key():
    make_counselor()
    book(NINE)
    key = uuid.uuid4()
    with pytest.raises(SlotTaken):
        book(NINE, key=key)

    request = book(NOON, key=key)

    assert request.consultations.get().starts_at == NOON


# Asking for a call


def test_callback_on_shift_promises_a_call_in_five_minutes():
    make_counselor(opens=time(7))

    request = ask_for_a_call()

    assert (request.promised_call_by, request.due_at) == (NOW + timedelta(minutes=5),) * 2
    assert request.stage == "new"
    assert request.may_call


def test_callback_off_shift_promises_a_call_after_opening():
    make_counselor(opens=time(9))

    request = ask_for_a_call()

    assert request.promised_call_by == NINE + timedelta(minutes=15)


def test_callback_for_the_afternoon_promises_no_call_in_the_morning():
    make_counselor(opens=time(7))

    request = ask_for_a_call(good_time="afternoon")

    assert request.promised_call_by == NOON + timedelta(minutes=5)


def test_callback_without_anyone_promises_no_time_but_is_due_soon():
    request = ask_for_a_call()

    assert (request.promised_call_by, request.due_at) == (None, NOW + timedelta(minutes=15))


def test_callback_tells_staff_and_records_who_asked():
    request = ask_for_a_call()

    assert promised(request) == [("staff_new_request", NOW)]
    assert audit(request) == [("callback_requested", "requester", None)]


def test_callback_again_with_the_same_key_gives_the_same_answer():
    key = uuid.uuid4()
    first = ask_for_a_call(key=key)
    before = everything()

    second = ask_for_a_call(key=key)

    assert second == first
    assert everything() == before


# A call now, for someone who has booked


def test_call_now_adds_a_promise_and_brings_the_due_time_forward():
    make_counselor(opens=time(7))
    request = book(NOON)

    callbacks.request_call_now(key=uuid.uuid4(), request=request)

    request.refresh_from_db()
    assert (request.promised_call_by, request.due_at) == (NOW + timedelta(minutes=5),) * 2
    assert audit(request)[-1] == ("call_now_requested", "requester", None)


def test_call_now_tells_staff_again():
    make_counselor(opens=time(7))
    request = make_request(promised_call_by=None)
    outbox.enqueue_new_request(request)
    first = request.messages.get()

    callbacks.request_call_now(key=uuid.uuid4(), request=request)

    again = request.messages.exclude(pk=first.pk).order_by("kind")
    assert [message.kind for message in again] == [
        "callback_late",
        "staff_escalated",
        "staff_new_request",
        "staff_promise_broken",
        "staff_promise_near",
    ]


def test_call_now_keeps_an_earlier_due_time():
    make_counselor(opens=time(7))
    request = book(NOON, is_in_danger=True)

    callbacks.request_call_now(key=uuid.uuid4(), request=request)

    request.refresh_from_db()
    assert request.due_at == NOW


def test_call_now_twice_keeps_the_first_promise(time_machine):
    make_counselor(opens=time(7))
    request = book(NOON)
    callbacks.request_call_now(key=uuid.uuid4(), request=request)
    before = audit(request)
    time_machine.move_to(NOW + timedelta(minutes=2), tick=False)

    callbacks.request_call_now(key=uuid.uuid4(), request=request)

    request.refresh_from_db()
    assert request.promised_call_by == NOW + timedelta(minutes=5)
    assert audit(request) == before


def test_call_now_without_a_phone_changes_nothing():
    make_counselor()
    request = book(mode=Mode.VIDEO, starts_at=NOON, phone="", may_call=False)
    before = everything()

    with pytest.raises(ActionNotAllowed):
        callbacks.request_call_now(key=uuid.uuid4(), request=request)

    assert everything() == before


def test_call_now_for_a_closed_request_changes_nothing():
    request = make_request(stage="closed", disposition="withdrawn", closed_at=NOW)
    before = everything()

    with pytest.raises(ActionNotAllowed):
        callbacks.request_call_now(key=uuid.uuid4(), request=request)

    assert everything() == before


# Moving


def test_move_takes_the_new_time_and_frees_the_old():
    make_counselor()
    request = book(NINE)

    moved = move(request, NOON)

    request.refresh_from_db()
    assert request.standing_consultation() == moved
    assert (moved.starts_at, request.due_at) == (NOON, NOON)
    assert book(NINE).consultations.get().starts_at == NINE


def test_move_records_and_tells_it():
    make_counselor()
    request = book(NINE)

    moved = move(request, NOON)

    assert audit(request)[1:] == [("consultation_moved", "requester", moved)]
    assert [m.kind for m in moved.messages.order_by("pk")] == ["moved"]


def test_move_keeps_a_promised_call_due():
    make_counselor(opens=time(7))
    request = book(NINE)
    callbacks.request_call_now(key=uuid.uuid4(), request=request)

    move(request, NOON)

    request.refresh_from_db()
    assert request.due_at == NOW + timedelta(minutes=5)


def test_move_keeps_the_answer_to_danger_due():
    make_counselor()
    request = book(NINE, is_in_danger=True)

    move(request, NOON)

    request.refresh_from_db()
    assert request.due_at == NOW


def test_move_to_the_same_time_changes_no_consultation_and_sends_nothing():
    make_counselor()
    request = book(NINE)
    before = (list(request.consultations.values()), list(request.messages.values()))

    kept = move(request, NINE)

    assert kept == request.standing_consultation()
    assert (list(request.consultations.values()), list(request.messages.values())) == before


def test_move_again_with_the_same_key_gives_the_same_answer():
    make_counselor()
    request = book(NINE)
    key = uuid.uuid4()
    first = move(request, NOON, key=key)
    before = everything()

    second = move(request, NOON, key=key)

    assert second == first
    assert everything() == before


def test_move_onto_a_taken_time_changes_nothing():
    make_counselor()
    request, _other = book(NINE), book(NOON)
    before = everything()

    with pytest.raises(SlotTaken):
        move(request, NOON)

    assert everything() == before


@pytest.mark.parametrize("at", [NINE, NINE + timedelta(minutes=10), NINE + DAY])
def test_move_of_what_has_started_changes_nothing(time_machine, at):
    make_counselor()
    request = book(NINE)
    before = everything()
    time_machine.move_to(at, tick=False)

    with pytest.raises(ActionNotAllowed):
        move(request, NOON + 2 * DAY)

    assert everything() == before


def test_move_of_what_is_canceled_changes_nothing():
    make_counselor()
    request = book(NINE)
    cancel(request)
    before = everything()

    with pytest.raises(ActionNotAllowed):
        move(request, NOON)

    assert everything() == before


@pytest.mark.parametrize(
    ("minutes", "is_moved"), [(121, True), (120, False), (60, False)], ids=lambda each: f"{each}"
)
def test_move_is_possible_until_the_cut_off_of_its_mode(time_machine, minutes, is_moved):
    make_counselor()
    ModeRules.objects.filter(mode=Mode.PHONE).update(move_until=120)
    request = book(NOON)
    time_machine.move_to(NOON - timedelta(minutes=minutes), tick=False)
    before = everything()

    refusal = refusal_of(lambda: move(request, NOON + DAY))

    assert refusal == ("" if is_moved else TOO_CLOSE)
    assert (everything() == before) is not is_moved


def refusal_of(act):
    """What the requester is told, or nothing when it is done."""
    try:
        act()
    except ActionNotAllowed as refused:
        return str(refused)
    return ""


# Canceling


def test_cancel_keeps_the_row_and_its_reason_and_frees_the_time():
    make_counselor()
    request = book(NINE)

    canceled = cancel(request, reason="work")

    kept = Consultation.objects.get(pk=canceled.pk)
    assert (kept.status, kept.cancel_reason, kept.ended_at) == ("canceled_by_person", "work", NOW)
    assert book(NINE).consultations.get().starts_at == NINE


def test_cancel_asks_staff_to_check_in_a_day_later():
    make_counselor()
    request = book(NINE)

    cancel(request)

    request.refresh_from_db()
    assert (request.stage, request.due_at) == ("attempting_contact", NOW + DAY)


def test_cancel_keeps_the_answer_to_danger_due():
    make_counselor()
    request = book(NINE, is_in_danger=True)

    cancel(request)

    request.refresh_from_db()
    assert request.due_at == NOW


def test_cancel_records_and_tells_it_under_the_next_sequence():
    make_counselor()
    request = book(NINE)

    canceled = cancel(request)

    assert audit(request)[1:] == [("consultation_canceled", "requester", canceled)]
    assert [m.kind for m in canceled.messages.order_by("pk")] == ["confirmation", "canceled"]


@pytest.mark.parametrize("is_same_key", [True, False])
def test_cancel_again_changes_and_sends_nothing(is_same_key):
    make_counselor()
    request = book(NINE)
    key = uuid.uuid4()
    first = cancel(request, key=key)
    before = {model: rows for model, rows in everything().items() if model is not IdempotencyKey}

    second = cancel(request, key=key if is_same_key else None)

    after = {model: rows for model, rows in everything().items() if model is not IdempotencyKey}
    assert second == first
    assert after == before


def test_cancel_of_what_has_started_changes_nothing(time_machine):
    make_counselor()
    request = book(NINE)
    before = everything()
    time_machine.move_to(NINE, tick=False)

    with pytest.raises(ActionNotAllowed):
        cancel(request)

    assert everything() == before


@pytest.mark.parametrize(
    ("minutes", "is_canceled"), [(61, True), (60, False), (1, False)], ids=lambda each: f"{each}"
)
def test_cancel_is_possible_until_the_cut_off_of_its_mode(time_machine, minutes, is_canceled):
    make_counselor()
    ModeRules.objects.filter(mode=Mode.PHONE).update(cancel_until=60)
    request = book(NOON)
    time_machine.move_to(NOON - timedelta(minutes=minutes), tick=False)
    before = everything()

    refusal = refusal_of(lambda: cancel(request))

    assert refusal == ("" if is_canceled else TOO_CLOSE)
    assert (everything() == before) is not is_canceled


# Stopping emails


def test_stop_emails_withdraws_the_permission_with_its_consent():
    make_counselor()
    request = book(NINE)

    contact_plan.stop_emails(key=uuid.uuid4(), request=request, owns_email=True)

    request.refresh_from_db()
    withdrawn = request.consent_events.last()
    assert request.may_email is False
    assert withdrawn.version.key == "email"
    assert not withdrawn.is_granted
    assert audit(request)[1:] == [("emails_stopped", "requester", None)]


def test_stop_emails_again_changes_nothing():
    make_counselor()
    request = book(NINE)
    key = uuid.uuid4()
    contact_plan.stop_emails(key=key, request=request, owns_email=True)
    before = everything()

    contact_plan.stop_emails(key=key, request=request, owns_email=True)

    assert everything() == before
