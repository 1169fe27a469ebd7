"""Changes that meet: whoever comes second hears what stands, and nothing is lost or dropped."""

import uuid
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event, Timer
from time import monotonic, sleep

import pytest
from django.db import connection, transaction

from admissions.booking import absences, by_staff, consultations, moves
from admissions.exceptions import SlotTaken
from admissions.intake.models import ConsultationRequest
from admissions.scheduling import coverage
from admissions.scheduling.assignment import SlotChoice
from admissions.scheduling.models import Closure, Consultation, Counselor, Mode, WeeklyHours
from tests.support.bookings import NINE, book
from tests.support.factories import make_consultation, make_counselor, make_details, make_user
from tests.support.rivals import after, at_once, outcomes
from users.models import User

NOW = datetime(2027, 1, 4, 16, tzinfo=UTC)
TEN, NOON, DAY = NINE + timedelta(hours=1), NINE + timedelta(hours=3), timedelta(days=1)

pytestmark = pytest.mark.stopped_at(NOW)


def go_away(counselor, by, decisions=None):
    return absences.record_absence(
        counselor=counselor,
        starts_at=NINE - DAY / 2,
        ends_at=NINE + DAY / 2,
        reason="",
        decisions=decisions or {},
        by=by,
    )


def standing():
    return [
        (each.counselor_id, each.starts_at)
        for each in Consultation.objects.standing().order_by("starts_at", "counselor")
    ]


def waiting() -> int:
    """How many connections to this database wait for a lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return cursor.fetchone()[0]


def wait_for_someone_waiting():
    until = monotonic() + 10
    while not waiting() and monotonic() < until:
        sleep(0.02)


class Undone(Exception):
    """A rival gives the time back."""


def book_during(change, counselor):
    """A booking that has looked and is about to hold its time; then `change` commits."""
    is_held, is_changed = Event(), Event()

    def hold_for_a_while():
        with transaction.atomic():
            make_consultation(starts_at=NINE, counselor=counselor)
            is_held.set()
            is_changed.wait(timeout=15)
            raise Undone

    def change_once_it_waits():
        wait_for_someone_waiting()
        try:
            return change()
        finally:
            is_changed.set()

    _undone, changed, request = at_once(
        [hold_for_a_while, change_once_it_waits, after(is_held, book)]
    )
    return changed, request


# Hours, closures and people that change in the moment of a booking


CHANGES = {
    "hours removed": (lambda: WeeklyHours.objects.all().delete(), coverage.UncoveredReason.HOURS),
    "center closed": (
        lambda: Closure.objects.create(starts_at=NINE - DAY, ends_at=NINE + DAY),
        coverage.UncoveredReason.CLOSED,
    ),
    "paused": (
        lambda: Counselor.objects.update(is_taking_consultations=False),
        coverage.UncoveredReason.PAUSED,
    ),
    "left": (lambda: User.objects.update(is_active=False), coverage.UncoveredReason.GONE),
}


@pytest.mark.parametrize("name", CHANGES)
def test_booking_in_the_moment_of_a_change_stands_and_is_listed(real_commits, name):
    """The person has what we promised; staff see at once that someone must be found."""
    change, why = CHANGES[name]
    counselor = make_counselor()

    _changed, request = book_during(change, counselor)

    (gap,) = coverage.find_gaps(now=NOW)
    assert (gap.consultation, gap.reason) == (request.standing_consultation(), why)


def test_booking_in_the_moment_of_going_away_stands_and_is_listed(real_commits):
    counselor, by = make_counselor(), make_user("coordinator")

    closure, request = book_during(partial(go_away, counselor, by), counselor)

    (gap,) = coverage.find_gaps(now=NOW)
    assert (type(closure), gap.consultation) == (Closure, request.standing_consultation())


@pytest.mark.parametrize("name", CHANGES)
def test_booking_after_a_change_is_refused_and_leaves_nothing(real_commits, name):
    make_counselor()
    CHANGES[name][0]()

    (answer,) = at_once([book])

    assert (type(answer), ConsultationRequest.objects.count()) == (SlotTaken, 0)


# Time away against bookings, moves and cancellations


def test_colleague_is_handed_a_time_or_booked_for_it_but_never_both(real_commits):
    seen, by = set(), make_user("coordinator")
    for _round in range(6):
        dana, mina = make_counselor(), make_counselor()
        Counselor.objects.exclude(pk__in=[dana.pk, mina.pk]).update(is_taking_consultations=False)
        old = make_consultation(starts_at=NINE, counselor=dana)

        answers = at_once([partial(go_away, dana, by, {old.pk: mina.pk}), book])

        seen |= {tuple(type(each).__name__ for each in answers)}
        assert len(set(standing())) == Consultation.objects.standing().count()

    assert seen <= {("Closure", "SlotTaken"), ("UnresolvedConsultations", "ConsultationRequest")}


def test_two_who_go_away_at_once_do_not_hand_to_each_other(real_commits):
    by = make_user("director")
    dana, mina = make_counselor(), make_counselor()
    first = make_consultation(starts_at=NINE, counselor=dana)
    second = make_consultation(starts_at=NOON, counselor=mina)

    is_held = Event()

    _held, *answers = at_once(
        [
            partial(hold_all_requests_until_two_wait, is_held),
            after(is_held, partial(go_away, dana, by, {first.pk: mina.pk})),
            after(is_held, partial(go_away, mina, by, {second.pk: dana.pk})),
        ]
    )

    assert outcomes(answers) == {"Closure": 1, "UnresolvedConsultations": 1}
    assert [starts_at for _counselor, starts_at in standing()] == [NINE, NOON]


@transaction.atomic
def hold_all_requests_until_two_wait(is_held):
    """So that both set out at one moment, and neither is done before the other looks."""
    list(ConsultationRequest.objects.select_for_update())
    is_held.set()
    until = monotonic() + 10
    while waiting() < 2 and monotonic() < until:
        sleep(0.02)


def test_hand_over_waits_for_a_booking_that_fills_the_colleagues_day(real_commits):
    """The booking has counted the day and not committed: the hand-over must count after it."""
    by, dana = make_user("coordinator"), make_counselor()
    mina = make_counselor(daily_cap=1)
    old = make_consultation(starts_at=NINE, counselor=dana)
    make_consultation(starts_at=NOON, counselor=dana)
    is_held, let_go = Event(), Event()

    def hold_noon_for_a_while():
        with transaction.atomic():
            make_consultation(starts_at=NOON, counselor=mina)
            is_held.set()
            let_go.wait(timeout=10)
            raise Undone

    def hand_over_once_it_waits():
        wait_for_someone_waiting()
        Timer(1, let_go.set).start()
        return absences.resolve_coverage_gaps(counselor=dana, decisions={old.pk: mina.pk}, by=by)

    Closure.objects.create(counselor=dana, starts_at=NINE, ends_at=NINE + timedelta(minutes=45))
    _undone, settled, booked = at_once(
        [hold_noon_for_a_while, hand_over_once_it_waits, after(is_held, partial(book, NOON))]
    )

    assert (type(booked), type(settled)) == (ConsultationRequest, absences.UnresolvedConsultations)
    assert Consultation.objects.standing().filter(counselor=mina).count() == 1


def test_many_who_go_away_at_once_never_deadlock_and_drop_nobody(real_commits):
    by = make_user("director")
    counselors = [make_counselor() for _each in range(4)]
    rows = {
        each: [make_consultation(starts_at=NINE + n * DAY / 24, counselor=each) for n in range(3)]
        for each in counselors[:3]
    }
    acts = [
        partial(go_away, each, by, {row.pk: counselors[(n + 1) % 4].pk for row in rows[each]})
        for n, each in enumerate(rows)
    ]

    answers = at_once([*acts, *[partial(book, TEN)] * 3])

    assert set(outcomes(answers)) <= {
        "Closure",
        "UnresolvedConsultations",
        "SlotTaken",
        "ConsultationRequest",
    }
    assert Consultation.objects.standing().count() >= 9


@pytest.mark.parametrize("act", ["cancel", "move"])
def test_time_away_against_the_persons_own_change_ends_one_after_the_other(real_commits, act):
    by, dana, mina = make_user("coordinator"), make_counselor(), make_counselor()
    old = make_consultation(starts_at=NINE, counselor=dana)
    own = {
        "cancel": partial(consultations.cancel_consultation, key=uuid.uuid4(), request=old.request),
        "move": partial(
            moves.move_consultation, key=uuid.uuid4(), request=old.request, starts_at=NOON
        ),
    }[act]

    settled, changed = at_once([partial(go_away, dana, by, {old.pk: mina.pk}), own])

    assert type(changed) is Consultation
    assert {type(settled)} <= {Closure, absences.UnresolvedConsultations}
    assert len(standing()) == (0 if act == "cancel" else 1)
    assert (type(settled) is Closure) or Closure.objects.count() == 0


# Staff against staff, and against the public


def test_staff_and_a_visitor_who_want_one_time_get_it_once(real_commits):
    counselor, by = make_counselor(), make_user("coordinator")
    pick = SlotChoice(starts_at=NINE, mode=Mode.PHONE, counselor_id=counselor.pk)
    by_phone = partial(
        by_staff.book_new_caller,
        by=by,
        pick=pick,
        details=make_details(),
        consents={"contact": True},
    )

    answers = at_once([lambda: by_phone(key=uuid.uuid4()), book] * 3)

    assert outcomes(answers) == {"ConsultationRequest": 1, "SlotTaken": 5}
    assert standing() == [(counselor.pk, NINE)]


def test_staff_who_move_to_what_was_just_taken_change_nothing(real_commits):
    counselor, by = make_counselor(), make_user("coordinator")
    old = make_consultation(starts_at=NINE, counselor=counselor)
    move = partial(
        by_staff.reschedule_consultation, request_id=old.request_id, starts_at=NOON, by=by
    )

    answers = at_once([move, partial(book, NOON)])

    kept = old.request.standing_consultation().starts_at
    moved, booked = (type(each) for each in answers)
    assert (moved, booked, kept) in [
        (Consultation, SlotTaken, NOON),
        (SlotTaken, ConsultationRequest, NINE),
    ]
