"""Many people at one time: real transactions over connections of their own."""

import random
import uuid
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from functools import partial
from threading import Barrier, Event

import pytest
from django.db import connection, transaction

from admissions.booking import by_staff, callbacks, moves
from admissions.exceptions import ActionNotAllowed, SlotTaken
from admissions.intake.models import ConsultationRequest, IdempotencyKey
from admissions.messaging.models import Message
from admissions.scheduling import availability
from admissions.scheduling.models import Consultation, Mode
from admissions.triage import ownership
from tests.support.bookings import NINE, book, cancel, move
from tests.support.factories import make_consultation, make_counselor, make_user
from tests.support.rivals import after, at_once, hold_until_awaited, outcomes

NOW = datetime(2027, 1, 4, 16, tzinfo=UTC)
TEN, NOON = NINE + timedelta(hours=1), NINE + timedelta(hours=3)
EXCLUSION = "consultation_no_double_booking"

pytestmark = pytest.mark.stopped_at(NOW)


def standing_starts(request):
    return [each.starts_at for each in request.consultations.standing()]


def double_booked():
    """Pairs of standing consultations of one counselor whose held times overlap."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM admissions_consultation a JOIN admissions_consultation b"
            " ON a.id < b.id AND a.counselor_id = b.counselor_id AND a.held && b.held"
            " WHERE a.status IN ('scheduled', 'confirmed') AND b.status IN ('scheduled',"
            " 'confirmed')"
        )
        return cursor.fetchone()[0]


# Fifty people and one time


def test_fifty_people_at_once_get_one_free_time_once(real_commits):
    make_counselor()

    answers = at_once([book] * 50)

    assert outcomes(answers) == {"ConsultationRequest": 1, "SlotTaken": 49}
    assert (Consultation.objects.count(), double_booked()) == (1, 0)


def test_losers_of_a_race_leave_no_row_behind(real_commits):
    make_counselor()

    at_once([book] * 10)

    assert (ConsultationRequest.objects.count(), IdempotencyKey.objects.count()) == (1, 1)
    assert (
        Message.objects.count()
        == Message.objects.filter(request=ConsultationRequest.objects.get()).count()
    )


def test_twenty_people_at_once_without_the_guards_are_double_booked(real_commits):
    """The control: with a plain insert and no constraint, the same race must fail."""
    counselor, all_have_looked = make_counselor(), Barrier(20)

    with without_exclusion():
        answers = at_once([partial(look_then_insert, counselor, all_have_looked)] * 20)
        pairs = double_booked()

    assert (outcomes(answers), pairs) == ({"Consultation": 20}, 20 * 19 / 2)


@transaction.atomic
def look_then_insert(counselor, all_have_looked):
    """What a booking would be without its guards: look, and write. Nobody is quicker by luck."""
    if not availability.open_slots(mode=Mode.PHONE, now=NOW, at=NINE):
        raise SlotTaken
    all_have_looked.wait(timeout=30)
    return make_consultation(starts_at=NINE, counselor=counselor)


@contextmanager
def without_exclusion():
    (constraint,) = [each for each in Consultation._meta.constraints if each.name == EXCLUSION]
    with connection.schema_editor() as editor:
        editor.remove_constraint(Consultation, constraint)
    try:
        yield
    finally:
        Consultation.objects.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(Consultation, constraint)


def test_people_at_once_are_spread_over_all_who_are_free(real_commits):
    counselors = [make_counselor() for _each in range(3)]

    answers = at_once([book] * 12)

    assert outcomes(answers) == {"ConsultationRequest": 3, "SlotTaken": 9}
    held_by = Consultation.objects.values_list("counselor", flat=True)
    assert sorted(held_by) == sorted(each.pk for each in counselors)


def test_booking_that_loses_its_first_counselor_takes_the_next(real_commits):
    first, second = make_counselor(), make_counselor()

    is_held = Event()

    rival = partial(hold_time_until_awaited, first, is_held)
    _rival, request = at_once([rival, after(is_held, book)])

    assert request.consultations.get().counselor == second


@transaction.atomic
def hold_time_until_awaited(counselor, is_held):
    """Take the counselor's time, and commit only once somebody waits for it."""
    make_consultation(starts_at=NINE, counselor=counselor)
    is_held.set()
    hold_until_awaited()


def test_people_at_once_who_want_overlapping_times_never_overlap(real_commits):
    make_counselor(opens=time(9), closes=time(11, 45))
    times = [NINE + timedelta(minutes=30 * step) for step in range(4)] * 6

    answers = at_once([partial(book, at) for at in times])

    booked = outcomes(answers)["ConsultationRequest"]
    assert outcomes(answers) == {"ConsultationRequest": booked, "SlotTaken": 24 - booked}
    assert booked in (1, 2)
    assert double_booked() == 0


# One key, many times


def test_one_key_sent_ten_times_at_once_makes_one_request(real_commits):
    make_counselor()
    key = uuid.uuid4()

    answers = at_once([partial(book, key=key)] * 10)

    (request,) = ConsultationRequest.objects.all()
    assert answers == [request] * 10


def test_one_key_that_was_left_open_makes_one_request_all_the_same(real_commits):
    make_counselor()
    make_counselor()
    key = uuid.uuid4()
    IdempotencyKey.objects.create(key=key)

    answers = at_once([partial(book, key=key)] * 6)

    (request,) = ConsultationRequest.objects.all()
    assert answers == [request] * 6


def test_ten_keys_sent_at_once_make_ten_requests(real_commits):
    """The control: it is the key, and not luck, that makes them one."""
    for _each in range(10):
        make_counselor()

    at_once([book] * 10)

    assert ConsultationRequest.objects.count() == 10


def test_one_callback_key_sent_ten_times_at_once_makes_one_request(real_commits):
    key = uuid.uuid4()
    details = {
        "preferred_name": "Jo",
        "phone": "+17145550155",
        "good_time": "any",
        "time_zone": "America/Los_Angeles",
    }
    ask = partial(callbacks.request_callback, key=key, details=details, consents={"contact": True})

    answers = at_once([ask] * 10)

    (request,) = ConsultationRequest.objects.all()
    assert answers == [request] * 10


# Moving and canceling against each other


def test_two_people_who_swap_times_are_both_refused_and_keep_their_own(real_commits):
    make_counselor()
    ana, ben = book(NINE), book(TEN)

    answers = at_once([partial(move, ana, TEN), partial(move, ben, NINE)])

    assert outcomes(answers) == {"SlotTaken": 2}
    assert (standing_starts(ana), standing_starts(ben)) == ([NINE], [TEN])


def test_many_people_who_move_to_one_free_time_get_it_once(real_commits):
    make_counselor()
    requests = [book(NINE + timedelta(hours=hour)) for hour in range(6)]
    free = NINE + timedelta(hours=6)

    answers = at_once([partial(move, request, free) for request in requests])

    assert outcomes(answers) == {"Consultation": 1, "SlotTaken": 5}
    assert [len(standing_starts(request)) for request in requests] == [1] * 6
    assert double_booked() == 0


def test_move_sent_ten_times_at_once_moves_once(real_commits):
    make_counselor()
    request = book(NINE)
    key = uuid.uuid4()

    answers = at_once(
        [partial(moves.move_consultation, key=key, request=request, starts_at=NOON)] * 10
    )

    assert answers == [request.standing_consultation()] * 10
    assert request.consultations.count() == 2


def test_cancel_against_move_ends_as_if_one_came_after_the_other(real_commits):
    make_counselor()
    seen = set()

    for _each in range(10):
        request = book(NINE)
        moved, canceled = at_once([partial(move, request, NOON), partial(cancel, request)])
        seen.add(type(moved))
        assert (standing_starts(request), type(canceled)) == ([], Consultation)

    assert seen <= {Consultation, ActionNotAllowed}


def test_cancel_sent_ten_times_at_once_tells_it_once(real_commits):
    make_counselor()
    request = book(NINE)

    answers = at_once([partial(cancel, request)] * 10)

    assert outcomes(answers) == {"Consultation": 10}
    assert request.messages.filter(kind="canceled").count() == 1
    assert request.audit_events.filter(type="consultation_canceled").count() == 1


def test_staff_and_the_person_who_move_at_once_leave_one_consultation(real_commits):
    make_counselor()
    request, staff = book(NINE), make_user("coordinator")

    answers = at_once(
        [
            partial(move, request, TEN),
            partial(
                by_staff.reschedule_consultation, request_id=request.pk, starts_at=NOON, by=staff
            ),
        ]
    )

    assert outcomes(answers) == {"Consultation": 2}
    assert len(standing_starts(request)) == 1
    assert [each.sequence for each in request.consultations.order_by("sequence")] == [0, 1, 2]


def test_two_colleagues_who_claim_at_once_are_one_owner(real_commits):
    make_counselor()
    request, staff = book(NINE), [make_user() for _each in range(6)]

    answers = at_once(
        [partial(ownership.claim_request, request_id=request.pk, by=each) for each in staff]
    )

    assert outcomes(answers) == {"ConsultationRequest": 1, "ActionNotAllowed": 5}
    assert request.audit_events.filter(type="request_claimed").count() == 1


# Everything at once


@pytest.mark.parametrize("seed", range(3))
def test_any_mixture_of_acts_at_once_keeps_every_promise(real_commits, seed):
    """Each round, twelve people book, move and cancel among few times; nothing may deadlock."""
    dice = random.Random(seed)  # noqa: S311 - dice, not secrets
    make_counselor(opens=time(9), closes=time(13))
    make_counselor(opens=time(9), closes=time(13))
    times = [NINE + timedelta(minutes=30 * step) for step in range(6)]
    permitted = {"ConsultationRequest", "Consultation", "SlotTaken", "ActionNotAllowed"}

    for _round in range(4):
        requests = list(ConsultationRequest.objects.open())
        acts = [any_act(dice, requests, times) for _each in range(12)]
        answers = at_once(acts)

        assert set(outcomes(answers)) <= permitted
        assert double_booked() == 0

    check_calendars()


def any_act(dice, requests, times):
    choice = dice.choice(["book", "move", "move", "cancel"]) if requests else "book"
    if choice == "book":
        return partial(book, dice.choice(times))
    request = dice.choice(requests)
    return (
        partial(move, request, dice.choice(times)) if choice == "move" else partial(cancel, request)
    )


def check_calendars():
    """Each request has at most one standing consultation, and no sequence twice."""
    for request in ConsultationRequest.objects.all():
        rows = list(request.consultations.order_by("sequence", "pk"))
        assert sum(each.is_standing for each in rows) <= 1
        assert len({each.uid for each in rows}) == 1
        assert len({each.sequence for each in rows}) == len(rows)
