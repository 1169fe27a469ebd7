"""Whose turn it is, over thousands of bookings: by the pure rule, and by Postgres."""

import random
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

import pytest

from admissions.scheduling import assignment, workload
from admissions.scheduling.models import Consultation, ModeRules
from tests.support.factories import make_consultation, make_counselor, make_request

NOW = datetime(2027, 1, 4, 8, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WINDOW = 28 * DAY
BOOKINGS = 10_000


@dataclass
class Person:
    """A simulated counselor: what they speak, when they work, what is theirs to have."""

    pk: int
    share: int = 100
    languages: tuple = ("en",)
    hours: range = range(24)
    away: range = range(0)


class Center:
    """A ledger that knows nothing of Postgres: it books by the rule, an hour at a time."""

    def __init__(self, people):
        self.people, self.had = people, defaultdict(Counter)
        self.booked = {person.pk: deque() for person in people}

    def book(self, at, language="en"):
        """The pk of whose turn it is, or None when nobody fits."""
        free = [person for person in self.people if is_free(person, at, language)]
        line = workload.rank_loads([self.load(person, at) for person in free])
        if not line:
            return None
        self.booked[line[0].counselor_id].append(at)
        return line[0].counselor_id

    def load(self, person, now):
        booked = self.booked[person.pk]
        while booked and booked[0] < now - WINDOW:
            booked.popleft()
        window = range((now - WINDOW - NOW) // DAY, (now - NOW) // DAY)
        here = len([day for day in window if day not in person.away])
        return workload.CounselorLoad(
            counselor_id=person.pk,
            public_name="",
            count=len(booked),
            share=person.share,
            minutes_present=max(here, 1) * 24 * 60,
            minutes_total=28 * 24 * 60,
            last_booked_at=booked[-1] if booked else None,
        )


def is_free(person, at, language):
    works = at.hour in person.hours and (at - NOW) // DAY not in person.away
    return works and language in person.languages


def simulate(people, *, seed=1, speaking=("en",), bookings=BOOKINGS):
    """Who had each of so many bookings, at random minutes of some seventy days."""
    dice = random.Random(seed)  # noqa: S311 - dice, not secrets
    center, at, had = Center(people), NOW, []
    for _each in range(bookings):
        at += timedelta(minutes=dice.randrange(1, 20))
        had.append((at, center.book(at, dice.choice(speaking))))
    return had


def shares_of(had):
    """What percentage each one had."""
    count = Counter(pk for _at, pk in had if pk)
    return {pk: 100 * number / sum(count.values()) for pk, number in count.items()}


def test_equals_have_equal_parts_of_10_000_bookings():
    had = shares_of(simulate([Person(pk) for pk in range(1, 6)]))

    assert had == pytest.approx(dict.fromkeys(range(1, 6), 20), abs=0.1)


def test_everyone_has_what_their_share_says_of_10_000_bookings():
    people = [Person(1, 200), Person(2), Person(3), Person(4, 50), Person(5, 50)]

    had = shares_of(simulate(people))

    assert had == pytest.approx({1: 40, 2: 20, 3: 20, 4: 10, 5: 10}, abs=0.5)


def test_without_the_share_the_same_bookings_would_be_divided_alike():
    """The control: it is the share that divides them."""
    people = [Person(pk) for pk in range(1, 6)]

    assert shares_of(simulate(people))[1] == pytest.approx(20, abs=0.5)


def test_hours_and_languages_come_first_and_nobody_has_what_does_not_fit():
    people = [
        Person(1, hours=range(8, 16)),
        Person(2, languages=("en", "es"), hours=range(8, 20)),
        Person(3, 50, hours=range(12, 22)),
    ]

    had = simulate(people, speaking=("en", "en", "es"))

    by_pk = {person.pk: person for person in people}
    assert [at for at, pk in had if pk and at.hour not in by_pk[pk].hours] == []
    assert {pk for _at, pk in had} == {1, 2, 3, None}


def test_those_who_are_always_free_together_are_fair_beside_others_with_hours():
    people = [Person(1, 150), Person(2), Person(3, 50), Person(4, hours=range(8, 10))]

    had = shares_of([(at, pk) for at, pk in simulate(people) if pk != 4])

    assert had == pytest.approx({1: 50, 2: 33.3, 3: 16.7}, abs=1)


def test_same_seed_has_the_same_result_whatever_the_order_of_the_rows():
    people = [Person(1, 200), Person(2), Person(3, 70, hours=range(9, 17))]

    assert simulate(people, bookings=2000) == simulate(people[::-1], bookings=2000)


def parts_after_a_week_away(days):
    """What percentage one of four equals has in each of so many days after coming back."""
    people = [Person(pk) for pk in range(1, 5)]
    people[0].away = range(35, 42)
    by_day = defaultdict(list)
    for at, pk in simulate(people):
        by_day[(at - NOW) // DAY].append(pk)
    return [100 * by_day[42 + day].count(1) / len(by_day[42 + day]) for day in range(days)]


def test_someone_back_from_a_week_away_is_not_flooded():
    """They make up for what colleagues took over that week, on one day; then have their part."""
    first, *later = parts_after_a_week_away(7)

    assert first < 65
    assert later == pytest.approx([25] * 6, abs=2)


def test_someone_whose_absence_nobody_wrote_down_would_be_flooded(monkeypatch):
    """The control: it is the time they were here that keeps the mountain away."""
    load = Center.load
    monkeypatch.setattr(
        Center, "load", lambda *asked: replace(load(*asked), minutes_present=28 * 24 * 60)
    )

    assert min(parts_after_a_week_away(2)) > 90


# The same rule on Postgres


@pytest.mark.django_db
def test_200_real_bookings_go_where_the_pure_rule_says(time_machine):
    """Counts, shares, absences and last bookings as SQL finds them are those of a plain ledger."""
    counselors = [
        make_counselor(opens=time(0), closes=time(23, 59), share=share, modes=["phone"])
        for share in (200, 100, 100, 50, 10)
    ]
    counselors[1].closures.create(starts_at=NOW - 5 * DAY, ends_at=NOW - 2 * DAY)
    ModeRules.objects.filter(mode="phone").update(buffer_after=0, length=30)
    dice, ledger = random.Random(7), []  # noqa: S311 - dice, not secrets
    now, differ = NOW, []

    for _each in range(200):
        now += timedelta(minutes=dice.randrange(5, 90))
        time_machine.move_to(now, tick=False)
        start = next_half_hour(now) + dice.randrange(0, 13 * 24) * HOUR
        expected = whose_turn(counselors, ledger, start=start, now=now)
        held = assignment.hold_slot(
            request=make_request(created_at=now),
            pick=assignment.SlotChoice(start, "phone"),
            now=now,
        )
        ledger.append((held.counselor_id, start, now))
        if held.counselor_id != expected:
            differ.append((start, expected, held.counselor_id))

    assert differ == []
    assert len({pk for pk, _start, _now in ledger}) == 5


def next_half_hour(now):
    return now.replace(minute=0, second=0, microsecond=0) + 2 * HOUR


def whose_turn(counselors, ledger, *, start, now):
    """The pure rule over a list of what was booked, without the database."""
    taken = {pk for pk, at, _booked in ledger if at == start}
    line = workload.rank_loads(
        [load_of(each, ledger, now=now) for each in counselors if each.pk not in taken]
    )
    return line[0].counselor_id


def load_of(counselor, ledger, *, now):
    mine = [
        (at, booked)
        for pk, at, booked in ledger
        if pk == counselor.pk and now - 14 * DAY <= at <= now + 14 * DAY
    ]
    away = [max(each.starts_at, now - 14 * DAY) for each in counselor.closures.all()]
    minutes_away = sum((NOW - 2 * DAY - at) // timedelta(minutes=1) for at in away)
    return workload.CounselorLoad(
        counselor_id=counselor.pk,
        public_name=counselor.public_name,
        count=len(mine),
        share=counselor.share,
        minutes_present=28 * 24 * 60 - max(minutes_away, 0),
        minutes_total=28 * 24 * 60,
        last_booked_at=max((booked for _at, booked in mine), default=None),
    )


@pytest.mark.django_db
def test_load_in_sql_leaves_out_what_ended_otherwise():
    counselor = make_counselor()
    for number, status in enumerate(Consultation.Status):
        make_consultation(starts_at=NOW + number * HOUR, counselor=counselor, status=status)

    (load,) = workload.compute_loads([counselor.pk], since=NOW - DAY, until=NOW + DAY)

    assert load.count == 4
