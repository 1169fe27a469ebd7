"""Who answers the admissions line at a moment, and what they can do: one reading for everyone."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from django.conf import settings

from admissions.scheduling import on_call
from admissions.scheduling.models import AfterHours, OnCallShift
from admissions.scheduling.roster import (
    RosterEntry,
    load_roster,
    merge_intervals,
    subtract_intervals,
)

from . import service_levels

WEEK = timedelta(days=7)


class Answerer(StrEnum):
    """Counselors at the phones; or, after hours, whom the director's row names."""

    COUNSELORS = "counselors"
    ON_CALL = AfterHours.AnsweredBy.ON_CALL.value
    SERVICE = AfterHours.AnsweredBy.SERVICE.value
    NOBODY = AfterHours.AnsweredBy.NOBODY.value


@dataclass(frozen=True)
class LineAnswer:
    """Who answers, in which languages, and what they can do (`task`, empty of counselors).

    `opens_at` (UTC) is when counselors answer next, in `opening_languages`; None while they do, or
    without any hours within a week. `always_in` are the languages after hours, None where nobody
    answers then.
    """

    by: Answerer
    languages: frozenset[str]
    task: str = ""
    opens_at: datetime | None = None
    opening_languages: frozenset[str] = frozenset()
    always_in: frozenset[str] | None = None

    @property
    def is_answered(self) -> bool:
        return self.by is not Answerer.NOBODY

    @property
    def is_counselor(self) -> bool:
        """Whether whoever calls now talks with a counselor, at the phones or on call."""
        return self.by in (Answerer.COUNSELORS, Answerer.ON_CALL)


def find_line_answer(*, now: datetime, roster: list[RosterEntry] | None = None) -> LineAnswer:
    """Who answers at this moment: the roster's counselors, or else whom after hours name.

    Someone on call is named only while the on-call rota has somebody who can be reached.
    """
    roster = load_roster(now) if roster is None else roster
    rule, at = AfterHours.objects.load(), now.timestamp()
    shifts = load_week_of_rota(rule, now)
    hours = {
        code: service_levels.list_phone_hours(now, roster, code)
        for code, _name in settings.LANGUAGES
    }
    everyone = service_levels.list_phone_hours(now, roster)
    always_in = languages_at_every_hour(rule, shifts, now, everyone)
    if any(opens <= at < closes for opens, closes in everyone):
        return LineAnswer(
            by=Answerer.COUNSELORS, languages=languages_at(at, hours), always_in=always_in
        )

    opens_at, opening_languages = find_next_opening(rule, shifts, now, hours, everyone)
    by, languages = find_after_hours(rule, shifts, now)
    return LineAnswer(
        by=by,
        languages=languages,
        task=rule.task if by is not Answerer.NOBODY else "",
        opens_at=opens_at,
        opening_languages=opening_languages,
        always_in=always_in,
    )


def find_always_in(now: datetime) -> frozenset[str] | None:
    """In which languages the line is answered at every hour to come; None where it is not."""
    rule = AfterHours.objects.load()
    if not rule.follows_rota:
        return frozenset(rule.languages) if rule.is_answered else None
    return find_line_answer(now=now).always_in


def load_week_of_rota(rule: AfterHours, now: datetime) -> list[OnCallShift]:
    """The shifts of the coming week in which somebody can be reached, where any page asks that."""
    if not rule.follows_rota:
        return []
    current = on_call.find_shift(at=now)
    later = on_call.load_shifts(now, now + WEEK)
    # Of the shift that runs, only who is there at this moment counts.
    known = [current if current and each.pk == current.pk else each for each in later]
    return [each for each in known if each.people]


def find_after_hours(
    rule: AfterHours, shifts: list[OnCallShift], now: datetime
) -> tuple[Answerer, frozenset[str]]:
    """Who answers while no counselor has phone hours, and in which languages."""
    if not rule.follows_rota:
        return Answerer(rule.answered_by), frozenset(rule.languages)
    shift = next((each for each in shifts if each.starts_at <= now < each.ends_at), None)
    if shift is not None:
        return Answerer.ON_CALL, languages_of_shift(rule, shift)
    is_answered = rule.otherwise != AfterHours.AnsweredBy.NOBODY
    return Answerer(rule.otherwise), frozenset(rule.languages if is_answered else ())


def languages_of_shift(rule: AfterHours, shift: OnCallShift) -> frozenset[str]:
    """What whoever is on call speaks, by their profile as a counselor, or by the director's row."""
    return frozenset(rule.languages if shift.languages is None else shift.languages)


def languages_at_every_hour(
    rule: AfterHours,
    shifts: list[OnCallShift],
    now: datetime,
    everyone: list[tuple[int, int]],
) -> frozenset[str] | None:
    """None where some hour of the coming week has nobody to answer."""
    if not rule.is_answered:
        return None
    found = frozenset(rule.languages).intersection(
        *(languages_of_shift(rule, each) for each in shifts)
    )
    if not rule.follows_rota or rule.otherwise != AfterHours.AnsweredBy.NOBODY:
        return found
    rota = [(int(each.starts_at.timestamp()), int(each.ends_at.timestamp())) for each in shifts]
    held = merge_intervals([*rota, *everyone])
    gaps = subtract_intervals(held, int(now.timestamp()), int((now + WEEK).timestamp()))
    return None if next(gaps, None) else found


def find_next_opening(
    rule: AfterHours,
    shifts: list[OnCallShift],
    now: datetime,
    hours: dict[str, list[tuple[int, int]]],
    everyone: list[tuple[int, int]],
) -> tuple[datetime | None, frozenset[str]]:
    """When counselors answer next or somebody's shift begins, and in which languages."""
    upcoming = next((opens for opens, _closes in everyone if opens > now.timestamp()), None)
    shift = next((each for each in shifts if each.starts_at > now), None)
    if shift and (upcoming is None or shift.starts_at.timestamp() < upcoming):
        return shift.starts_at, languages_of_shift(rule, shift)
    if upcoming is None:
        return None, frozenset()
    return datetime.fromtimestamp(upcoming, UTC), languages_at(upcoming, hours)


def languages_at(at: float, hours: dict[str, list[tuple[int, int]]]) -> frozenset[str]:
    """The languages of the site that somebody at the phones speaks at this second."""
    return frozenset(
        code
        for code, found in hours.items()
        if any(opens <= at < closes for opens, closes in found)
    )
