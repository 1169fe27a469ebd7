"""Who answers the admissions line at a moment, and what they can do: one reading for everyone."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from django.conf import settings

from admissions.scheduling.models import AfterHours
from admissions.scheduling.roster import RosterEntry, load_roster

from . import service_levels


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
    """Who answers at this moment: the roster's counselors, or else whom after hours name."""
    roster = load_roster(now) if roster is None else roster
    rule, at = AfterHours.objects.load(), now.timestamp()
    always_in = frozenset(rule.languages) if rule.is_answered else None
    hours = {
        code: service_levels.list_phone_hours(now, roster, code)
        for code, _name in settings.LANGUAGES
    }
    everyone = service_levels.list_phone_hours(now, roster)
    if any(opens <= at < closes for opens, closes in everyone):
        return LineAnswer(
            by=Answerer.COUNSELORS, languages=languages_at(at, hours), always_in=always_in
        )

    upcoming = next((opens for opens, _closes in everyone if opens > at), None)
    return LineAnswer(
        by=Answerer(rule.answered_by),
        languages=frozenset(rule.languages),
        task=rule.task,
        opens_at=datetime.fromtimestamp(upcoming, UTC) if upcoming else None,
        opening_languages=languages_at(upcoming, hours) if upcoming else frozenset(),
        always_in=always_in,
    )


def languages_at(at: float, hours: dict[str, list[tuple[int, int]]]) -> frozenset[str]:
    """The languages of the site that somebody at the phones speaks at this second."""
    return frozenset(
        code
        for code, found in hours.items()
        if any(opens <= at < closes for opens, closes in found)
    )
