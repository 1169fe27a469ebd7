from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from admissions.exceptions import MoveNotAllowed, SlotTaken
from admissions.scheduling import assignment, availability, workload
from admissions.scheduling.models import Consultation, ModeRules
from tests.support.factories import make_consultation, make_counselor, make_request

pytestmark = pytest.mark.django_db

PACIFIC = ZoneInfo("America/Los_Angeles")
NOW = datetime(2027, 1, 4, 6, tzinfo=PACIFIC)
NINE, TEN, NOON = (NOW.replace(hour=hour) for hour in (9, 10, 12))
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def hold(starts_at=NINE, **asked):
    asked.setdefault("request", make_request())
    pick = assignment.SlotChoice(starts_at, "phone")
    return assignment.hold_slot(pick=pick, now=NOW, **asked)


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

    assert (consultation.counselor, consultation.assigned_because) == (
        longest,
        "speaks en; least loaded of 2 free (load 1 at share 100);"
        " longest without a booking of equals",
    )


@pytest.mark.parametrize(
    "counted",
    [
        {"starts_at": NOW - 13 * DAY, "status": Consultation.Status.COMPLETED},
        {"starts_at": NOW - DAY, "status": Consultation.Status.NO_SHOW},
        {"starts_at": NINE + 13 * DAY, "status": Consultation.Status.CONFIRMED},
    ],
    ids=["took place", "no-show", "ahead"],
)
def test_hold_counts_what_stands_or_took_place_within_two_weeks(counted):
    busy, free = make_counselor(), make_counselor()
    make_consultation(counselor=busy, **counted)

    consultation = hold()

    assert consultation.counselor == free


@pytest.mark.parametrize(
    "old",
    [
        {"starts_at": NOW - 15 * DAY, "status": Consultation.Status.COMPLETED},
        {"starts_at": NINE + 20 * DAY},
        {"starts_at": NOON, "status": Consultation.Status.CANCELED_BY_PERSON},
        {"starts_at": NOON, "status": Consultation.Status.RESCHEDULED},
    ],
)
def test_hold_counts_nothing_else(old):
    first, second = make_counselor(), make_counselor()
    make_consultation(counselor=first, **old)
    make_consultation(starts_at=NINE + DAY, counselor=second)

    consultation = hold()

    assert consultation.counselor == first


def test_hold_looks_as_far_ahead_as_the_mode_is_offered():
    first, second = make_counselor(), make_counselor()
    make_consultation(starts_at=NINE + 20 * DAY, counselor=first)
    ModeRules.objects.filter(mode="phone").update(horizon=30)

    consultation = hold()

    assert consultation.counselor == second


def test_hold_weighs_the_load_by_the_share():
    half, full = make_counselor(share=50), make_counselor()
    make_consultation(starts_at=NINE + DAY, counselor=half)
    make_consultation(starts_at=NINE + DAY, counselor=full)

    consultation = hold()

    assert (consultation.counselor, consultation.assigned_because) == (
        full,
        "speaks en; least loaded of 2 free (load 1 at share 100)",
    )


def test_hold_weighs_the_load_by_the_time_someone_was_here():
    """Two in three weeks are as many as three in four: nobody owes what they missed."""
    back, other = make_counselor(), make_counselor()
    for days in range(7):
        back.closures.create(
            starts_at=NOW - (days + 1) * DAY, ends_at=NOW - days * DAY, reason="away"
        )
    for ahead in range(1, 5):
        make_consultation(starts_at=NINE + ahead * DAY, counselor=other)
        if ahead < 4:
            make_consultation(starts_at=NOON + ahead * DAY, counselor=back)

    counted = loads(back, other)

    assert [load.rate for load in counted] == [4, 4]
    assert counted[0].description == "load 3 at share 100, 7 days away"


def test_time_away_counts_what_closures_share_only_once():
    counselor = make_counselor()
    for begin, end in [(1, 4), (2, 3), (3, 5), (-20, -13), (13, 30)]:
        counselor.closures.create(starts_at=NOW + begin * DAY, ends_at=NOW + end * DAY)

    (load,) = loads(counselor)

    assert load.minutes_total - load.minutes_present == 6 * 24 * 60


def test_someone_away_for_the_whole_window_still_has_a_rate():
    counselor = make_counselor()
    counselor.closures.create(starts_at=NOW - 20 * DAY, ends_at=NOW + 20 * DAY)

    assert [load.rate for load in loads(counselor)] == [0]


def loads(*counselors):
    pks = [each.pk for each in counselors]
    found = workload.compute_loads(pks, since=NOW - 14 * DAY, until=NOW + 14 * DAY)
    return sorted(found, key=lambda load: load.counselor_id)


@pytest.mark.parametrize("free", [1, 5])
def test_hold_asks_for_whose_turn_it_is_with_the_same_number_of_queries(
    free, django_assert_num_queries
):
    pks = [make_counselor().pk for _each in range(free)]
    rules = ModeRules.objects.get(mode="phone")

    with django_assert_num_queries(1):
        workload.rank_counselors(pks, rules=rules, now=NOW)


def test_hold_asks_once_whose_turn_it_is_however_many_were_taken(django_assert_max_num_queries):
    first, second, third = make_counselor(), make_counselor(), make_counselor()
    request, rules = make_request(), ModeRules.objects.get(mode="phone")
    slot = assignment.require_open_slot(starts_at=NINE, rules=rules, now=NOW, language="en")
    for rival in (first, second):
        make_consultation(starts_at=NINE, counselor=rival)
    for hours in (1, 2):
        make_consultation(starts_at=NINE + hours * HOUR, counselor=third)

    with django_assert_max_num_queries(1 + 2 * 3):
        consultation = assignment.hold_with_first_free_counselor(
            slot, rules=rules, request=request, now=NOW, by=None
        )

    assert consultation.counselor == third
    assert consultation.assigned_because == "speaks en; the only one free"


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
    assert kept.assigned_because == "speaks en; the only one free"


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
    slot = availability.Slot(NINE, NINE + timedelta(minutes=45), "phone", ())
    rules = ModeRules.objects.get(mode="phone")
    rival = assignment.build_consultation(make_request(), counselor, slot, rules=rules, by=None)

    is_ours = Consultation.objects.try_hold(rival)

    assert is_ours is False
    assert Consultation.objects.count() == 1


def test_move_keeps_the_counselor_who_is_free():
    counselor = make_counselor()
    consultation = make_consultation(starts_at=NINE, counselor=counselor)
    make_counselor()

    moved = move(consultation, NOON)

    assert (moved.counselor, moved.assigned_because) == (
        counselor,
        "speaks en; the same counselor is free",
    )


def test_move_takes_another_counselor_when_their_own_is_not_free():
    counselor, other = make_counselor(closes=time(11)), make_counselor(opens=time(11))
    consultation = make_consultation(starts_at=NINE, counselor=counselor)

    moved = move(consultation, NOON)

    assert (moved.counselor, moved.assigned_because) == (other, "speaks en; the only one free")


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
    [("canceled_by_person", 1), ("canceled_by_center", 1), ("rescheduled", 0)],
)
def test_release_raises_the_sequence_only_when_calendars_must_be_told(status, sequence):
    consultation = make_consultation(starts_at=NINE)

    assignment.release_consultation(consultation, status)

    kept = Consultation.objects.get(pk=consultation.pk)
    assert (kept.status, kept.sequence) == (status, sequence)


def move(consultation, starts_at):
    with transaction.atomic():
        return assignment.move_to_slot(consultation=consultation, starts_at=starts_at, now=NOW)
