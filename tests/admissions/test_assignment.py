from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from psycopg2.extras import DateTimeTZRange

from admissions import assignment
from admissions.models import Consultation, ModeRules, MoveNotAllowed, SlotTaken
from tests.factories import make_consultation, make_counselor, make_request

pytestmark = pytest.mark.django_db

PACIFIC = ZoneInfo("America/Los_Angeles")
NOW = datetime(2027, 1, 4, 6, tzinfo=PACIFIC)
NINE, TEN, NOON = (NOW.replace(hour=hour) for hour in (9, 10, 12))
DAY = timedelta(days=1)


def hold(starts_at=NINE, **asked):
    asked.setdefault("request", make_request())
    return assignment.hold(starts_at=starts_at, mode="phone", now=NOW, **asked)


def saved(**which):
    """What stands in the table, so that a refusal can show that nothing changed."""
    return list(Consultation.objects.filter(**which).order_by("pk").values())


def test_hold_takes_the_counselor_with_the_fewest_consultations_ahead():
    busy, free = make_counselor(), make_counselor()
    make_consultation(starts_at=NINE + DAY, counselor=busy)

    consultation = hold()

    assert consultation.counselor == free


def test_hold_between_equals_takes_the_one_who_waited_longest_for_a_booking():
    recent, longest = make_counselor(), make_counselor()
    make_consultation(starts_at=NINE + DAY, counselor=recent, booked_at=NOW - DAY)
    make_consultation(starts_at=NINE + DAY, counselor=longest, booked_at=NOW - 2 * DAY)

    consultation = hold()

    assert consultation.counselor == longest


@pytest.mark.parametrize(
    "old",
    [
        {"starts_at": NINE - DAY},
        {"starts_at": NINE + 20 * DAY},
        {"starts_at": NOON, "status": Consultation.Status.CANCELLED_BY_PERSON},
    ],
)
def test_hold_counts_only_what_stands_in_the_next_14_days(old):
    first, second = make_counselor(), make_counselor()
    make_consultation(counselor=first, **old)
    make_consultation(starts_at=NINE + DAY, counselor=second)

    consultation = hold()

    assert consultation.counselor == first


def test_hold_passes_over_a_counselor_whose_time_is_held():
    held, free = make_counselor(), make_counselor()
    make_consultation(starts_at=NINE, counselor=held)
    for ahead in (1, 2):
        make_consultation(starts_at=NINE + ahead * DAY, counselor=free)

    consultation = hold()

    assert consultation.counselor == free


def test_hold_keeps_the_time_its_buffer_and_the_reason():
    counselor = make_counselor()
    request = make_request()
    ModeRules.objects.filter(mode="phone").update(length=30, buffer_after=20)

    consultation = hold(request=request)

    kept = Consultation.objects.get(pk=consultation.pk)
    assert (kept.request, kept.counselor, kept.location) == (
        request,
        counselor,
        counselor.location,
    )
    assert (kept.starts_at, kept.ends_at) == (NINE, NINE + timedelta(minutes=30))
    assert kept.held == DateTimeTZRange(NINE, NINE + timedelta(minutes=50), "[)")
    assert kept.assigned_because == "least loaded of 1 free"


def test_hold_keeps_the_buffer_before_too():
    make_counselor()
    ModeRules.objects.filter(mode="phone").update(length=30, buffer_before=10, buffer_after=20)

    consultation = hold()

    assert Consultation.objects.get(pk=consultation.pk).held == DateTimeTZRange(
        NINE - timedelta(minutes=10), NINE + timedelta(minutes=50), "[)"
    )


def test_hold_asks_for_a_counselor_who_speaks_the_persons_language():
    make_counselor(languages=["en"])
    speaker = make_counselor(languages=["es"])
    make_consultation(starts_at=NOON, counselor=speaker)

    consultation = hold(request=make_request(language="es"))

    assert consultation.counselor == speaker


@pytest.mark.parametrize(
    "starts_at",
    [
        NOW - DAY,
        NOW + timedelta(minutes=15),
        NINE + timedelta(minutes=7),
        NINE + 15 * DAY,
        NOW.replace(hour=20),
    ],
    ids=["past", "within the notice", "off the grid", "beyond the horizon", "after hours"],
)
def test_hold_refuses_a_time_that_is_not_offered(starts_at):
    make_counselor()

    with pytest.raises(SlotTaken):
        hold(starts_at)

    assert saved() == []


def test_hold_refuses_when_everyone_is_held():
    held = make_consultation(starts_at=NINE, counselor=make_counselor())
    before = saved()

    with pytest.raises(SlotTaken):
        hold()

    assert saved() == before
    assert [row["id"] for row in before] == [held.pk]


def test_insert_of_a_held_time_gives_way_and_keeps_the_transaction():
    counselor = make_counselor()
    make_consultation(starts_at=NINE, counselor=counselor)
    slot = assignment.availability.Slot(NINE, NINE + timedelta(minutes=45), "phone", ())
    rival = assignment.new_consultation(make_request(), counselor, slot, by=None)

    is_ours = Consultation.objects.hold(rival)

    assert is_ours is False
    assert Consultation.objects.count() == 1


def test_move_keeps_the_counselor_who_is_free():
    counselor = make_counselor()
    consultation = make_consultation(starts_at=NINE, counselor=counselor)
    make_counselor()

    moved = move(consultation, NOON)

    assert (moved.counselor, moved.assigned_because) == (counselor, "the same counselor is free")


def test_move_takes_another_counselor_when_their_own_is_not_free():
    counselor, other = make_counselor(closes=time(11)), make_counselor(opens=time(11))
    consultation = make_consultation(starts_at=NINE, counselor=counselor)

    moved = move(consultation, NOON)

    assert (moved.counselor, moved.assigned_because) == (other, "least loaded of 1 free")


def test_move_frees_the_old_time_and_raises_the_sequence():
    consultation = make_consultation(starts_at=NINE)

    moved = move(consultation, TEN)

    old = Consultation.objects.get(pk=consultation.pk)
    assert (old.status, moved.status) == ("rescheduled", "scheduled")
    assert (moved.moved_from, moved.uid, moved.sequence) == (old, old.uid, old.sequence + 1)


def test_move_may_overlap_its_own_old_time():
    consultation = make_consultation(starts_at=NINE)

    moved = move(consultation, NINE + timedelta(minutes=30))

    assert moved.starts_at == NINE + timedelta(minutes=30)


def test_move_onto_a_held_time_changes_nothing():
    counselor = make_counselor()
    consultation = make_consultation(starts_at=NINE, counselor=counselor)
    make_consultation(starts_at=NOON, counselor=counselor)
    before = saved()

    with pytest.raises(SlotTaken):
        move(consultation, NOON)

    assert saved() == before


def test_move_of_an_ended_consultation_changes_nothing():
    consultation = make_consultation(starts_at=NINE, status=Consultation.Status.COMPLETED)
    before = saved()

    with pytest.raises(MoveNotAllowed):
        move(consultation, NOON)

    assert saved() == before


@pytest.mark.parametrize(
    ("status", "sequence"),
    [("cancelled_by_person", 1), ("cancelled_by_center", 1), ("rescheduled", 0)],
)
def test_release_raises_the_sequence_only_when_calendars_must_be_told(status, sequence):
    consultation = make_consultation(starts_at=NINE)

    assignment.release(consultation, status)

    kept = Consultation.objects.get(pk=consultation.pk)
    assert (kept.status, kept.sequence) == (status, sequence)


def move(consultation, starts_at):
    with transaction.atomic():
        return assignment.move(consultation=consultation, starts_at=starts_at, now=NOW)
