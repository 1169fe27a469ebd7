"""Staff book, and move, with the counselor whose free time they clicked."""

import uuid
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from admissions.booking import by_staff, consultations
from admissions.exceptions import ActionNotAllowed, SlotTaken
from admissions.intake.models import ConsultationRequest, IdempotencyKey
from admissions.scheduling.assignment import SlotChoice
from admissions.scheduling.models import Consultation, Mode
from tests.support.factories import (
    make_consultation,
    make_counselor,
    make_details,
    make_request,
    make_user,
)
from tests.support.rivals import at_once
from tests.support.rows import audit_of, everything

PACIFIC = ZoneInfo("America/Los_Angeles")
NOW = datetime(2027, 1, 4, 10, tzinfo=PACIFIC)
NOON, TOMORROW = NOW.replace(hour=12), NOW + timedelta(days=1)
Stage, Status = ConsultationRequest.Stage, Consultation.Status

pytestmark = pytest.mark.stopped_at(NOW)

audit = audit_of("type", "actor", "consultation")


@pytest.fixture
def staff(db):
    return make_user("coordinator")


def book_by_phone(by, counselor, starts_at=NOON, *, key=None, mode=Mode.PHONE, **details):
    return by_staff.book_new_caller(
        key=key or uuid.uuid4(),
        by=by,
        pick=SlotChoice(starts_at, mode, counselor.pk),
        details=make_details(**details),
        consents={"contact": True, "email": True, "text": False},
    )


def book_time(by, request, counselor, starts_at=NOON, *, key=None, mode=Mode.PHONE):
    return by_staff.book_for_request(
        key=key or uuid.uuid4(),
        request_id=request.pk,
        by=by,
        pick=SlotChoice(starts_at, mode, counselor.pk),
    )


def promised(request):
    return sorted(message.kind for message in request.messages.all())


# For someone on the phone


def test_book_by_phone_holds_the_very_counselor_chosen(staff):
    make_counselor()
    busy = make_counselor()
    make_consultation(starts_at=TOMORROW, counselor=busy)

    request = book_by_phone(staff, busy)

    held = request.standing_consultation()
    assert (held.counselor, held.starts_at, held.booked_by, held.assigned_because) == (
        busy, NOON, staff, "chosen by staff",
    )  # fmt: skip


def test_book_by_phone_says_who_entered_it(staff):
    request = book_by_phone(staff, make_counselor())

    assert (request.source, request.stage, request.due_at) == (
        "staff", Stage.CONSULTATION_SCHEDULED, NOON,
    )  # fmt: skip
    assert audit(request) == [("consultation_requested", staff, request.standing_consultation())]


def test_book_by_phone_promises_what_a_booking_on_the_site_does(staff):
    request = book_by_phone(staff, make_counselor(), TOMORROW + timedelta(days=1))

    assert promised(request) == [
        "confirmation", "reminder_day", "reminder_hours", "staff_new_request",
    ]  # fmt: skip


def test_book_by_phone_keeps_consents_as_spoken(staff):
    request = book_by_phone(staff, make_counselor())

    kept = request.consent_events.values_list("version__key", "is_granted", "channel", "actor")
    assert sorted(kept) == [
        ("contact", True, "phone", staff.pk),
        ("email", True, "phone", staff.pk),
        ("text", False, "phone", staff.pk),
    ]


def test_book_by_phone_with_danger_is_due_at_once(staff):
    assert book_by_phone(staff, make_counselor(), is_in_danger=True).due_at == NOW


def test_book_by_phone_again_answers_with_the_same_request(staff):
    counselor, key = make_counselor(), uuid.uuid4()
    first = book_by_phone(staff, counselor, key=key)
    before = everything()

    second = book_by_phone(staff, counselor, key=key)

    assert (second, everything()) == (first, before)


@pytest.mark.parametrize("free", [True, False], ids=["a colleague is free", "nobody is free"])
def test_book_by_phone_of_a_held_time_saves_nothing(staff, free):
    held = make_counselor()
    make_consultation(starts_at=NOON, counselor=held)
    if free:
        make_counselor()
    before = everything()

    with pytest.raises(SlotTaken):
        book_by_phone(staff, held)

    assert everything() == before


def test_book_by_phone_in_a_language_the_counselor_does_not_speak_saves_nothing(staff):
    counselor = make_counselor(languages=["en"])
    make_counselor(languages=["es"])
    before = everything()

    with pytest.raises(SlotTaken):
        book_by_phone(staff, counselor, language="es")

    assert everything() == before


# A time for a request that stands


def test_book_time_schedules_the_request(staff):
    counselor, request = make_counselor(), make_request()

    book_time(staff, request, counselor)

    request.refresh_from_db()
    held = request.standing_consultation()
    assert (request.stage, request.due_at) == (Stage.CONSULTATION_SCHEDULED, NOON)
    assert (held.counselor, held.starts_at, held.booked_by) == (counselor, NOON, staff)
    assert audit(request) == [
        ("consultation_requested", staff, held), ("request_claimed", staff, None),
    ]  # fmt: skip
    assert (request.owner, promised(request)) == (staff, ["confirmation"])


def test_book_time_leaves_a_promised_call_due(staff):
    by = NOW + timedelta(minutes=5)
    request = make_request(promised_call_by=by, due_at=by)

    book_time(staff, request, make_counselor())

    request.refresh_from_db()
    assert (request.promised_call_by, request.due_at) == (by, by)


def test_book_time_again_changes_nothing(staff):
    counselor, request, key = make_counselor(), make_request(), uuid.uuid4()
    book_time(staff, request, counselor, key=key)
    before = everything()

    book_time(staff, request, counselor, key=key)

    assert everything() == before


def test_book_time_beside_a_consultation_changes_nothing(staff):
    counselor = make_counselor()
    request = make_consultation(starts_at=TOMORROW, counselor=counselor).request
    before = everything()

    with pytest.raises(ActionNotAllowed, match="stands already"):
        book_time(staff, request, counselor)

    assert everything() == before


@pytest.mark.parametrize(
    "plan", [{"may_call": False}, {"phone": ""}], ids=["no calls", "no number"]
)
def test_book_time_by_phone_needs_a_permitted_call(staff, plan):
    counselor, request = make_counselor(), make_request(**plan)
    before = everything()

    with pytest.raises(ActionNotAllowed, match="permits no call"):
        book_time(staff, request, counselor)

    assert everything() == before
    assert book_time(staff, request, counselor, mode=Mode.VIDEO).standing_consultation()


def test_book_time_of_a_closed_request_changes_nothing(staff):
    request = make_request(stage="closed", disposition="withdrawn", closed_at=NOW)
    counselor, before = make_counselor(), everything()

    with pytest.raises(ActionNotAllowed, match="closed"):
        book_time(staff, request, counselor)

    assert everything() == before


def test_book_time_of_a_held_time_changes_nothing(staff):
    counselor, request = make_counselor(), make_request()
    make_consultation(starts_at=NOON, counselor=counselor)
    before = everything()

    with pytest.raises(SlotTaken):
        book_time(staff, request, counselor)

    assert everything() == before


# Moving to a counselor


def reschedule(by, consultation, starts_at, counselor):
    return by_staff.reschedule_consultation(
        request_id=consultation.request_id,
        starts_at=starts_at,
        by=by,
        counselor_id=counselor.pk,
    )


@pytest.mark.parametrize(
    ("starts_at", "kind"),
    [(NOON, "handed_over"), (TOMORROW, "moved")],
    ids=["same time", "other time"],
)
def test_reschedule_moves_to_the_counselor_chosen(staff, starts_at, kind):
    consultation = make_consultation(starts_at=NOON)
    make_counselor()
    other = make_counselor()

    moved = reschedule(staff, consultation, starts_at, other)

    consultation.refresh_from_db()
    assert (moved.counselor, moved.starts_at, moved.assigned_because) == (
        other, starts_at, "chosen by staff",
    )  # fmt: skip
    assert (consultation.status, moved.uid, moved.sequence) == (
        Status.RESCHEDULED, consultation.uid, 1,
    )  # fmt: skip
    assert kind in promised(consultation.request)


def test_reschedule_to_where_it_stands_changes_nothing(staff):
    consultation = make_consultation(starts_at=NOON)
    before = everything()

    reschedule(staff, consultation, NOON, consultation.counselor)

    assert everything() == before


def test_reschedule_to_a_counselor_who_is_held_does_neither(staff):
    consultation, held = make_consultation(starts_at=NOON), make_counselor()
    make_consultation(starts_at=TOMORROW, counselor=held)
    before = everything()

    with pytest.raises(SlotTaken):
        reschedule(staff, consultation, TOMORROW, held)

    assert everything() == before


# Staff and visitors at once


def visit(key):
    return consultations.request_consultation(
        key=key,
        starts_at=NOON,
        mode=Mode.PHONE,
        details=make_details(),
        consents={"contact": True},
    )


def test_staff_and_visitors_at_once_hold_one_time_once(real_commits):
    counselor, staff = make_counselor(), make_user("coordinator")
    visitors = [partial(visit, uuid.uuid4()) for _each in range(5)]

    answers = at_once([*visitors, *[partial(book_by_phone, staff, counselor)] * 5])

    assert sum(isinstance(answer, SlotTaken) for answer in answers) == 9
    assert [Consultation.objects.count(), ConsultationRequest.objects.count()] == [1, 1]
    assert IdempotencyKey.objects.count() == 1


def test_a_double_click_of_staff_books_once(real_commits):
    counselor, staff, key = make_counselor(), make_user("coordinator"), uuid.uuid4()

    answers = at_once([partial(book_by_phone, staff, counselor, key=key)] * 4)

    assert {answer.pk for answer in answers} == {ConsultationRequest.objects.get().pk}
    assert Consultation.objects.count() == 1


def test_two_staff_at_once_book_one_request_once(real_commits):
    counselors = [make_counselor(), make_counselor()]
    staff, request = make_user("coordinator"), make_request()

    answers = at_once([partial(book_time, staff, request, each) for each in counselors])

    assert sorted(type(answer).__name__ for answer in answers) == [
        "ActionNotAllowed",
        "ConsultationRequest",
    ]  # fmt: skip
    assert Consultation.objects.count() == 1
