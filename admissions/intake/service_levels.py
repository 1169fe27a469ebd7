"""How long we may take to answer, counted while somebody is at the phones.

The figures are the center's own targets: a call asked for within 5 minutes, colleagues
told at 10 and the on-call lead at 15; any other request within 15, and broken at 60.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from admissions.scheduling.models import Mode
from admissions.scheduling.roster import DAY, RosterEntry, filter_roster, load_roster, open_windows

CALLBACK_WITHIN = timedelta(minutes=5)
# A page says "call me now" only where the call comes this soon.
CALL_NOW_WITHIN = timedelta(minutes=15)


CALLBACK_AFTER_OPENING = timedelta(minutes=15)
LONGEST_WAIT_FOR_LANGUAGE = timedelta(hours=12)


@dataclass(frozen=True)
class CallPromise:
    """By when we can call back (UTC), and whether someone is on shift now.

    It needs an interpreter where nobody speaks the language that was asked for.
    """

    by: datetime
    is_staffed: bool
    needs_interpreter: bool = False

    def is_now(self, now: datetime) -> bool:
        """Whether a page may call this a call now."""
        return self.by <= now + CALL_NOW_WITHIN


# Whoever did something on the desk can undo it so long; what is told because of it waits.
UNDO_WINDOW = timedelta(seconds=30)
CHECK_IN_AFTER_CANCELING = timedelta(days=1)


# A call may have been promised anew meanwhile: of a later one staff hear in its own time.
CALL_DUE_SOON = timedelta(minutes=15)


CALL_AFTER_NO_SHOW = timedelta(minutes=10)


FOLLOW_UP_AFTER_TALKING = timedelta(days=1)


CLOSE_AFTER_STOP = timedelta(hours=3)

FIRST_ANSWER_WITHIN, FIRST_ANSWER_BREACH_AFTER = timedelta(minutes=15), timedelta(minutes=60)
CALL_ALERT_AFTER, CALL_ESCALATE_AFTER = timedelta(minutes=10), timedelta(minutes=15)
# What is left of it once the answer was due.
BREACH_WHEN_OVERDUE_BY = FIRST_ANSWER_BREACH_AFTER - FIRST_ANSWER_WITHIN


def find_answer_due_at(now: datetime) -> datetime:
    """Fifteen minutes from now, or from the next opening when nobody can answer before."""
    hours, at = list_phone_hours(now), now.timestamp()
    enough = FIRST_ANSWER_WITHIN.total_seconds()
    if any(opens <= at and at + enough <= closes for opens, closes in hours):
        return now + FIRST_ANSWER_WITHIN
    upcoming = [opens for opens, _closes in hours if opens > at]
    return (datetime.fromtimestamp(upcoming[0], UTC) if upcoming else now) + FIRST_ANSWER_WITHIN


def find_next_phone_opening(now: datetime) -> datetime | None:
    """When somebody is at the phones next; None while somebody is, or without any hours."""
    hours, at = list_phone_hours(now), now.timestamp()
    upcoming = [opens for opens, _closes in hours if opens > at]
    if not upcoming or any(opens <= at < closes for opens, closes in hours):
        return None
    return datetime.fromtimestamp(upcoming[0], UTC)


def list_phone_hours(
    now: datetime, roster: list[RosterEntry] | None = None, language: str | None = None
) -> list[tuple[int, int]]:
    """(opens, closes) of everyone who takes calls, from today on for a week, soonest first.

    Only of those who speak `language`, where one is asked.
    """
    counselors = filter_roster(
        load_roster(now) if roster is None else roster, mode=Mode.PHONE, language=language
    )
    # Colleagues with the same hours have the same windows.
    each_once = {
        (each.weekly_hours_json, each.extra_hours_json, each.closures_json, each.zone_name): each
        for each in counselors
    }
    return sorted(
        window
        for each in each_once.values()
        for window in open_windows(each, Mode.PHONE, now, now + 7 * DAY)
    )


def find_call_promise(
    *, now: datetime, roster: list[RosterEntry] | None = None, language: str | None = None
) -> CallPromise | None:
    """The callback time we can honestly promise, or None when nobody has hours soon.

    In `language` where one is asked; by anyone, with `needs_interpreter`, where nobody who
    speaks it takes calls within half a day of them: nobody waits a week for a first word.
    """
    roster = load_roster(now) if roster is None else roster
    promise = find_promise_within(list_phone_hours(now, roster, language), now)
    if not language:
        return promise
    anyone = find_promise_within(list_phone_hours(now, roster), now)
    if anyone and (promise is None or promise.by - anyone.by > LONGEST_WAIT_FOR_LANGUAGE):
        return replace(anyone, needs_interpreter=True)
    return promise


def find_promise_within(staffed: list[tuple[int, int]], now: datetime) -> CallPromise | None:
    """Five minutes from now, or a quarter of an hour after the next of these hours begin."""
    at, enough = now.timestamp(), CALLBACK_WITHIN.total_seconds()
    if any(opens <= at and at + enough <= closes for opens, closes in staffed):
        return CallPromise(by=now + CALLBACK_WITHIN, is_staffed=True)
    upcoming = [opens for opens, _closes in staffed if opens > at]
    if not upcoming:
        return None
    opening = datetime.fromtimestamp(upcoming[0], UTC)
    return CallPromise(by=opening + CALLBACK_AFTER_OPENING, is_staffed=False)
