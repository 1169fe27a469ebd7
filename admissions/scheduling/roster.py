"""Who holds consultations, and when they have hours. Reads only.

One query brings every active counselor with their hours and closures as JSON
texts. What such a text means on some days is worked out once and remembered:
the same text always means the same times. Moments are whole seconds since 1970
(UTC); days and times of day are local to the counselor's location.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo

from admissions.sql_rows import fetch_rows

from .models import ExtraHours, ModeRules, WeeklyHours

DAY = timedelta(days=1)
Intervals = tuple[tuple[int, int], ...]
# A mode, and (location asked, location where hours without one are) or None.
HoursKind = tuple[str, tuple[int, int] | None]
T = TypeVar("T", int, datetime)
Seconds = TypeVar("Seconds", int, float)

ROSTER_SQL = """
    SELECT counselor.id AS pk, counselor.location_id AS location,
        location.time_zone AS zone_name, counselor.modes,
        counselor.languages, counselor.daily_cap,
        (SELECT json_agg(json_build_array(
                weekday, opens, closes, valid_from, valid_until, modes, location_id)
                ORDER BY id)::text
            FROM admissions_weeklyhours WHERE counselor_id = counselor.id) AS weekly_hours_json,
        (SELECT json_agg(json_build_array("on", until, opens, closes) ORDER BY id)::text
            FROM admissions_extrahours
            WHERE counselor_id = counselor.id AND "on" <= %(end)s
                AND coalesce(until, "on") >= %(begin)s) AS extra_hours_json,
        (SELECT json_agg(json_build_array(
                floor(date_part('epoch', starts_at))::bigint,
                ceil(date_part('epoch', ends_at))::bigint) ORDER BY starts_at, id)::text
            FROM admissions_closure
            WHERE (counselor_id = counselor.id OR counselor_id IS NULL)
                AND ends_at >= %(begin)s AND starts_at <= %(end)s) AS closures_json
    FROM admissions_counselor AS counselor
    JOIN programs_location AS location ON location.id = counselor.location_id
    JOIN users_user AS staff ON staff.id = counselor.user_id
    WHERE counselor.is_taking_consultations AND staff.is_active
    ORDER BY counselor.id
"""


# Every search asks for them, and the model's own query costs ten times as much in Python.
MODE_RULES_SQL = """
    SELECT mode, length, buffer_before, buffer_after, minimum_notice, start_grid, horizon,
        move_until, cancel_until
    FROM admissions_moderules WHERE mode = %(mode)s
"""


@dataclass(frozen=True)
class RosterEntry:
    """An active counselor; weekly and extra hours and closures as JSON texts, or None.

    With a `place`, only the hours count in which they are at that location.
    """

    pk: int
    location: int
    zone_name: str
    modes: list[str]
    languages: list[str]
    daily_cap: int | None
    weekly_hours_json: str | None
    extra_hours_json: str | None
    closures_json: str | None
    only_at_location: int | None = None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone_name)

    def fits(self, *, mode: str, language: str | None) -> bool:
        """Whether they take this mode, and speak this language where one is asked."""
        return mode in self.modes and (not language or language in self.languages)


def load_mode_rules(mode: str) -> ModeRules:
    """How this mode is offered; to be read, not saved."""
    (rules,) = fetch_rows(ModeRules, MODE_RULES_SQL, {"mode": mode})
    return rules


def load_roster(now: datetime) -> list[RosterEntry]:
    """Every active counselor, with hours and closures from now to the farthest horizon."""
    return load_roster_between(now, now + ModeRules.MAX_HORIZON_DAYS * DAY)


def load_roster_between(first: datetime, last: datetime) -> list[RosterEntry]:
    """Every counselor who is active now, with the hours and closures kept for this stretch."""
    near = {"begin": first - 2 * DAY, "end": last + 2 * DAY}
    return fetch_rows(RosterEntry, ROSTER_SQL, near)


def filter_roster(
    roster: Iterable[RosterEntry],
    *,
    mode: str,
    language: str | None = None,
    location: int | None = None,
) -> list[RosterEntry]:
    """Who takes this mode and speaks this language; at this location, where one is asked."""
    found = [each for each in roster if each.fits(mode=mode, language=language)]
    return [replace(each, only_at_location=location) for each in found] if location else found


def open_windows(
    counselor: RosterEntry, mode: str, first: datetime, last: datetime
) -> Iterator[tuple[int, int]]:
    """(opens, closes) of a mode on the local days of [first, last], closures cut out."""
    days = [at.astimezone(counselor.zone).date() for at in (first, last)]
    closed = parse_closures(counselor.closures_json)
    for opens, closes in hours_on_days(counselor, mode, *days):
        yield from subtract_intervals(closed, opens, closes)


def hours_on_days(counselor: RosterEntry, mode: str, first_day: date, last_day: date) -> Intervals:
    """(opens, closes) of a mode on these local days, without seams, closures not yet cut out."""
    texts = counselor.weekly_hours_json or "[]", counselor.extra_hours_json or "[]"
    at = counselor.only_at_location and (counselor.only_at_location, counselor.location)
    return cached_hours(texts, counselor.zone_name, (mode, at), first_day, last_day)


@lru_cache(maxsize=10_000)
def cached_hours(
    texts: tuple[str, str], zone_name: str, kind: HoursKind, first_day: date, last_day: date
) -> Intervals:
    """`kind` is the mode, and (place asked, place where hours without one are) or None."""
    zone, (weekly, extra), (mode, at) = ZoneInfo(zone_name), texts, kind
    hours: list[WeeklyHours | ExtraHours]
    hours = [*parse_weekly_hours(weekly), *parse_extra_hours(extra)]
    if at:
        asked, own = at
        hours = [each for each in hours if (getattr(each, "location_id", None) or own) == asked]
    return merge_intervals(
        opening_bounds(each, day, zone)
        for day in days_between(first_day, last_day)
        for each in hours
        if each.applies_on(day, mode)
    )


@lru_cache(maxsize=1_000)
def parse_weekly_hours(text: str) -> list[WeeklyHours]:
    """The rows that a text stands for, not saved."""
    return [
        WeeklyHours(
            weekday=weekday,
            opens=time.fromisoformat(opens),
            closes=time.fromisoformat(closes),
            valid_from=valid_from and date.fromisoformat(valid_from),
            valid_until=valid_until and date.fromisoformat(valid_until),
            modes=modes,
            location_id=location,
        )
        for weekday, opens, closes, valid_from, valid_until, modes, location in json.loads(text)
    ]


@lru_cache(maxsize=1_000)
def parse_extra_hours(text: str) -> list[ExtraHours]:
    """The rows that a text stands for, not saved."""
    return [
        ExtraHours(
            on=date.fromisoformat(on),
            until=until and date.fromisoformat(until),
            opens=time.fromisoformat(opens),
            closes=time.fromisoformat(closes),
        )
        for on, until, opens, closes in json.loads(text)
    ]


@lru_cache(maxsize=1_000)
def parse_closures(text: str | None) -> Intervals:
    """(start, end) of the closures that a text stands for, by start."""
    return tuple((start, end) for start, end in json.loads(text or "[]"))


def days_between(first_day: date, last_day: date) -> list[date]:
    return [first_day + n * DAY for n in range((last_day - first_day).days + 1)]


def local_to_timestamp(day: date, local: time, zone: ZoneInfo) -> int:
    """A local wall time as an instant; one that DST skips keeps the earlier offset.

    Source: RFC 5545, 3.3.5. Of a time that comes twice it is the first.
    """
    return int(datetime.combine(day, local, tzinfo=zone).timestamp())


def opening_bounds(hours: WeeklyHours | ExtraHours, day: date, zone: ZoneInfo) -> tuple[int, int]:
    """(opens, closes) of these hours on a local day."""
    closes = local_to_timestamp(hours.closing_day(day), hours.closes, zone)
    return local_to_timestamp(day, hours.opens, zone), closes


def merge_intervals(
    pairs: Iterable[tuple[Seconds, Seconds]],
) -> tuple[tuple[Seconds, Seconds], ...]:
    """The same time without seams: pairs that touch or overlap become one, empty ones go."""
    whole: list[tuple[Seconds, Seconds]] = []
    for start, end in sorted(pair for pair in pairs if pair[0] < pair[1]):
        if whole and start <= whole[-1][1]:
            opens, closes = whole[-1]
            whole[-1] = opens, max(closes, end)
        else:
            whole.append((start, end))
    return tuple(whole)


def subtract_intervals(closed: Iterable[tuple[T, T]], opens: T, closes: T) -> Iterator[tuple[T, T]]:
    """What is left of [opens, closes] once every closed pair, by start, is cut out.

    In seconds or in moments, as long as all are of one kind.
    """
    for start, end in closed:
        if end <= opens or start >= closes:
            continue
        if start > opens:
            yield opens, start
        opens = max(opens, end)
    if opens < closes:
        yield opens, closes
