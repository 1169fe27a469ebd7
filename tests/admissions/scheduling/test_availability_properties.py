"""Open slots against a slow and obvious account of the same rules, minute by minute."""

from collections import Counter
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from admissions.scheduling.availability import open_slots
from admissions.scheduling.models import Closure, ExternalCalendar, Mode, ModeRules
from tests.support.factories import make_consultation, make_counselor

pytestmark = pytest.mark.django_db

PACIFIC = ZoneInfo("America/Los_Angeles")
DAY = timedelta(days=1)
# An ordinary week, and those in which the clocks go forward and back.
FIRST_DAYS = [date(2027, 1, 2), date(2027, 3, 12), date(2027, 11, 5)]
AROUND = range(-1, 5)

quarters = st.integers(0, 95).map(lambda each: time(each // 4, each % 4 * 15))
# Most of the time in the small hours, when clocks change.
clock_times = st.one_of(st.sampled_from([time(hour) for hour in range(6)]), quarters)
spans = st.lists(clock_times, min_size=2, max_size=2, unique=True).map(sorted)
days = st.sampled_from(AROUND)
validity = st.sampled_from(
    [(None, None)] * 3 + [(first, None) for first in AROUND] + [(None, last) for last in AROUND]
) | st.lists(st.sampled_from([*AROUND]), min_size=2, max_size=2).map(sorted)
weekly = st.fixed_dictionaries(
    {
        "weekday": st.integers(0, 6),
        "span": spans | st.sampled_from([(time(1), time(12)), (time(12), time(20))]),
        "validity": validity,
        "modes": st.sampled_from([[], [Mode.PHONE], [Mode.VIDEO], [Mode.PHONE, Mode.VIDEO]]),
    }
)
people = st.fixed_dictionaries(
    {
        "weekly": st.lists(weekly, min_size=5, max_size=12),
        "extra": st.lists(st.tuples(days, st.sampled_from([None, 0, 1, 2]), spans), max_size=3),
        "held": st.lists(st.integers(0, 3 * 96), min_size=2, max_size=12),
        "busy": st.lists(st.tuples(st.integers(0, 3 * 1440), st.integers(1, 900)), max_size=3),
        "cap": st.sampled_from([None, None, 1, 2]),
    }
)
closures = st.lists(
    st.tuples(st.booleans(), st.integers(0, 4 * 1440), st.integers(1, 600)), max_size=3
)
rules = st.fixed_dictionaries(
    {
        "length": st.sampled_from([5, 30, 45, 60]),
        "buffer_before": st.sampled_from([0, 10, 30]),
        "buffer_after": st.sampled_from([0, 15]),
        "minimum_notice": st.sampled_from([0, 30, 240]),
        "start_grid": st.sampled_from([15, 20, 30, 60]),
        "horizon": st.integers(1, 3),
    }
)
worlds = st.fixed_dictionaries(
    {
        "first_day": st.sampled_from(FIRST_DAYS),
        "minutes": st.integers(0, 2 * 1440),
        "rules": rules,
        "people": st.lists(people, min_size=1, max_size=2),
        "closures": closures,
    }
)


@settings(max_examples=100, deadline=None, database=None, derandomize=True)
@given(worlds)
def test_open_slots_are_those_of_the_slow_account(world):
    with made(**world) as (counselors, now):
        slots = open_slots(mode=Mode.PHONE, now=now)
        expected = slow_account(counselors, ModeRules.objects.get(mode=Mode.PHONE), now)

    assert {minute_of(slot.starts_at): slot.counselors for slot in slots} == expected


@contextmanager
def made(first_day, minutes, rules, people, closures):
    """(counselors, now) of such a world, which is gone afterwards."""
    midnight = datetime.combine(first_day, time(0), tzinfo=PACIFIC).astimezone(UTC)
    with transaction.atomic():
        ModeRules.objects.filter(mode=Mode.PHONE).update(**rules)
        counselors = [make_person(person, first_day, midnight) for person in people]
        for is_own, after, length in closures:
            make_closure(counselors[0] if is_own else None, midnight, after, length)

        yield counselors, midnight + timedelta(minutes=minutes)
        transaction.set_rollback(True)


def make_person(person, first_day, midnight):
    counselor = make_counselor(days=[], daily_cap=person["cap"])
    for each in person["weekly"]:
        opens, closes = each["span"]
        first, last = each["validity"]
        counselor.weekly_hours.create(
            weekday=each["weekday"],
            opens=opens,
            closes=closes,
            valid_from=None if first is None else first_day + first * DAY,
            valid_until=None if last is None else first_day + last * DAY,
            modes=each["modes"],
        )
    for day, more, (opens, closes) in person["extra"]:
        on = first_day + day * DAY
        until = None if more is None else on + more * DAY
        counselor.extra_hours.create(on=on, until=until, opens=opens, closes=closes)
    free_from = -4
    for quarter in sorted(person["held"]):
        if quarter >= free_from + 4:
            free_from = quarter
            start = midnight + timedelta(minutes=15 * quarter)
            make_consultation(starts_at=start, counselor=counselor)
    for after, length in person["busy"]:
        make_busy(counselor, midnight + timedelta(minutes=after), length)
    return counselor


def make_busy(counselor, starts_at, length):
    calendar = ExternalCalendar.objects.create(counselor=counselor, kind="upload", label="Own")
    ends_at = starts_at + timedelta(minutes=length)
    calendar.busy_times.create(counselor=counselor, starts_at=starts_at, ends_at=ends_at)


def make_closure(counselor, midnight, after, length):
    starts_at = midnight + timedelta(minutes=after)
    ends_at = starts_at + timedelta(minutes=length)
    Closure.objects.create(counselor=counselor, starts_at=starts_at, ends_at=ends_at)


# The slow account: sets of minutes since 1970


def slow_account(counselors, rules, now):
    """{minute: ids of who is free}, asking everyone about every minute."""
    first = minute_of(now) + rules.minimum_notice
    last = minute_of(now) + rules.horizon * 1440
    free = {}
    for counselor in counselors:
        staffed, held, taken = staffed_minutes(counselor, now), set(), Counter()
        for each in counselor.consultations.all():
            held |= minutes_between(each.held.lower, each.held.upper)
            taken[each.starts_at.astimezone(PACIFIC).date()] += 1
        for each in counselor.busy_times.all():
            held |= minutes_between(each.starts_at, each.ends_at)
        for minute in range(first, last + 1):
            local = datetime.fromtimestamp(minute * 60, PACIFIC)
            talk = range(minute, minute + rules.length)
            whole = range(talk.start - rules.buffer_before, talk.stop + rules.buffer_after)
            if (
                (local.hour * 60 + local.minute) % rules.start_grid == 0
                and staffed.issuperset(talk)
                and held.isdisjoint(whole)
                and (counselor.daily_cap is None or taken[local.date()] < counselor.daily_cap)
            ):
                free[minute] = (*free.get(minute, ()), counselor.pk)
    return free


def staffed_minutes(counselor, now):
    """Every minute in which this counselor has hours for the phone, and nothing is closed."""
    staffed = set()
    for day in (now.astimezone(PACIFIC).date() + ahead * DAY for ahead in range(-1, 6)):
        for hours in counselor.weekly_hours.all():
            begun = hours.valid_from is None or hours.valid_from <= day
            over = hours.valid_until is not None and hours.valid_until < day
            fits = hours.modes == [] or Mode.PHONE in hours.modes
            if day.weekday() == hours.weekday and begun and not over and fits:
                staffed |= minutes_of(day, hours)
        for hours in counselor.extra_hours.all():
            if hours.on <= day <= (hours.until or hours.on):
                staffed |= minutes_of(day, hours)
    for closure in Closure.objects.all():
        if closure.counselor in (None, counselor):
            staffed -= minutes_between(closure.starts_at, closure.ends_at)
    return staffed


def minutes_of(day, hours):
    opens, closes = (
        datetime.combine(day, local, tzinfo=PACIFIC) for local in (hours.opens, hours.closes)
    )
    return minutes_between(opens, closes)


def minutes_between(start, end):
    return set(range(minute_of(start), minute_of(end)))


def minute_of(moment):
    return int(moment.timestamp()) // 60
