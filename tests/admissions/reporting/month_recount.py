"""The director's figures over a simulated month, counted plainly from its diary.

`told` reads them off the report, `counted` works them out of the diary; keys are the same.
"""

from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from admissions.intake.contact_hours import GOOD_TIME_HOURS
from admissions.reporting.attendance import LEAD_TIME_DAYS, LeadTime
from admissions.reporting.funnel import FunnelOutcome, FunnelStep
from admissions.reporting.report import Report
from programs.models import LevelOfCare

from .month_people import CAME, CLOSED, MISSED, Person
from .month_world import DAY, HOUR, ZONE

MINUTE = timedelta(minutes=1)


def told(report: Report) -> dict:
    journeys, speed, shows = (
        report.figures.funnel,
        report.figures.response_times,
        report.figures.attendance,
    )
    steps = {
        (step, end): journeys.stopped_at(step, end) for step in FunnelStep for end in FunnelOutcome
    }
    return {
        "journeys": {key: n for key, n in steps.items() if n},
        "totals": (journeys.total, journeys.reached, journeys.booked, journeys.booked_soon),
        "days to held": rounded(journeys.median_days_to_held),
        "by source": asked_held_admitted(journeys.count_by("source")),
        "by program": asked_held_admitted(journeys.count_by("program")),
        "came": shows.attended,
        "missed": shows.missed,
        "rebooked": shows.rebooked,
        "calls": (
            speed.asked,
            speed.attempted,
            speed.contacted,
            speed.waiting,
            speed.never_attempted,
        ),
        "bands": speed.bands,
        "to try": rounded(speed.median_to_attempt),
        "to try, staffed": rounded(speed.median_staffed_to_attempt),
        "to talk": rounded(speed.median_to_contact),
        "asked when": report.coverage.asked,
        "staffed when": {cell: round(n, 4) for cell, n in report.coverage.staffed.items()},
        "asked of nobody": report.coverage.unstaffed,
        "losses": report.losses,
        "admissions": report.admissions,
        "recommended": report.recommendations.counts,
        "referred": (report.referrals.made, report.referrals.confirmed),
        "open": report.backlog.stages,
        "unclaimed": report.backlog.unclaimed,
        "unsafe": report.backlog.awaiting_safety_answer,
        "safety": (report.safety.said, report.safety.answered, rounded(report.safety.minutes)),
        "work": {each.user.pk: (each.open, each.attempts, each.held) for each in report.workload},
    }


def asked_held_admitted(mix: dict) -> dict:
    return {key: (each["asked"], each["held"], each["admitted"]) for key, each in mix.items()}


def rounded(value):
    return None if value is None else round(value, 3)


def middle(values):
    return rounded(median(values)) if values else None


class Count:
    """Some days of the month, and some of its people."""

    def __init__(self, month, *, begin, end, language=""):
        self.begin, self.end, self.language = begin, end, language
        self.everyone = [each for each in month.people if language in ("", each.language)]
        self.asked = [each for each in self.everyone if self.has(each.asked_at) and each.is_counted]
        speak = [each for each in month.staff if language in ("", *each.counselor.languages)]
        self.shifts = [list(self.hours(each)) for each in speak]

    def has(self, at) -> bool:
        return self.begin <= at < self.end

    def hours(self, staff):
        """Begin and end of each of their days at work, within the days counted."""
        on = self.begin.astimezone(ZONE).date()
        while on <= self.end.astimezone(ZONE).date():
            if on.weekday() in staff.days and on not in staff.away:
                opens = datetime.combine(on, staff.opens, tzinfo=ZONE)
                closes = datetime.combine(on, staff.closes, tzinfo=ZONE)
                yield opens, min(closes, self.end)
            on += DAY

    def counted(self) -> dict:
        return (
            self.of_journeys() | self.of_talks() | self.of_calls() | self.of_hours() | self.rest()
        )

    # Journeys

    def of_journeys(self) -> dict:
        asked = self.asked
        first = [(each, each.talks[0].starts_at) for each in asked if each.talks]
        held = [(each, first_held(each)) for each in asked if each.was_held]
        return {
            "journeys": dict(Counter((step_of(each), outcome_of(each)) for each in asked)),
            "totals": (
                len(asked),
                sum(each.was_reached for each in asked),
                len(first),
                sum(at <= each.asked_at + 48 * HOUR for each, at in first),
            ),
            "days to held": middle([(at - each.asked_at) / DAY for each, at in held]),
            "by source": self.mix("source"),
            "by program": self.mix("program"),
        }

    def mix(self, name) -> dict:
        found = {}
        for each in self.asked:
            old = found.get(getattr(each, name), (0, 0, 0))
            new = (1, step_of(each) >= FunnelStep.HELD, step_of(each) == FunnelStep.ADMITTED)
            found[getattr(each, name)] = tuple(map(sum, zip(old, new, strict=True)))
        return found

    # Talks

    def of_talks(self) -> dict:
        due = [
            (each, talk)
            for each in self.everyone
            for talk in each.talks
            if self.has(talk.starts_at)
        ]
        return {
            "came": dict(Counter((lead(talk), talk.mode) for _p, talk in due if talk.fate == CAME)),
            "missed": dict(
                Counter((lead(talk), talk.mode) for _p, talk in due if talk.fate == MISSED)
            ),
            "rebooked": sum(
                any(other.booked_at > talk.starts_at for other in each.talks)
                for each, talk in due
                if talk.fate == MISSED
            ),
        }

    # Calls that were asked for

    def of_calls(self) -> dict:
        asked = [each for each in self.asked if each.source == "callback"]
        tried = [(each, each.tries[0].at) for each in asked if each.tries]
        lives = [(each, next((t.at for t in each.tries if t.is_live), None)) for each in asked]
        talked = [(each, at) for each, at in lives if at]
        waiting = [each for each in asked if not each.tries and each.stands != CLOSED]
        waits = [self.staffed(begun(each), max(at, begun(each))) for each, at in tried]
        edges = [wait / MINUTE for wait in waits]
        never = len(asked) - len(tried) - len(waiting)
        return {
            "calls": (len(asked), len(tried), len(talked), len(waiting), never),
            "bands": [*bands(edges), len(waiting), never],
            "to try": middle([(at - each.asked_at) / MINUTE for each, at in tried]),
            "to try, staffed": middle(edges),
            "to talk": middle([(at - each.asked_at) / MINUTE for each, at in talked]),
        }

    def staffed(self, begin, end) -> timedelta:
        """How much of this time somebody had hours."""
        total, until = timedelta(), begin
        for opens, closes in sorted(shift for shifts in self.shifts for shift in shifts):
            start, stop = max(opens, until), min(closes, end)
            if start < stop:
                total, until = total + (stop - start), stop
        return total

    # Hours

    def of_hours(self) -> dict:
        staffed = Counter()
        for opens, closes in (shift for shifts in self.shifts for shift in shifts):
            for cell, hours in by_hour(opens, closes):
                staffed[cell] += hours
        return {
            "asked when": dict(Counter(cell_of(each.asked_at) for each in self.asked)),
            "staffed when": {cell: round(n, 4) for cell, n in staffed.items()},
            "asked of nobody": sum(not self.is_staffed(each.asked_at) for each in self.asked),
        }

    def is_staffed(self, at) -> bool:
        return any(opens <= at < closes for shifts in self.shifts for opens, closes in shifts)

    # What came of it, and the desk as it stands

    def rest(self) -> dict:
        open_now = [each for each in self.everyone if each.stands != CLOSED]
        said = [each for each in self.asked if each.is_in_danger]
        calmed = [each for each in said if each.is_calmed]
        referrals = [r for each in self.everyone for r in each.referrals if self.has(r.at)]
        ended = [(each, outcome_of(each)) for each in self.asked]
        return {
            "losses": dict(Counter(p.ended[1] for p, how in ended if how == FunnelOutcome.LOST)),
            "admissions": dict(
                Counter(p.ended[0] for p, how in ended if how == FunnelOutcome.ADMITTED)
            ),
            "recommended": self.recommended(),
            "referred": (len(referrals), sum(each.is_confirmed for each in referrals)),
            "open": dict(Counter(each.stands for each in open_now)),
            "unclaimed": sum(each.owner is None for each in open_now),
            "unsafe": sum(each.is_in_danger and not each.is_calmed for each in open_now),
            "safety": (
                len(said),
                len(calmed),
                middle([(each.is_calmed - each.asked_at) / MINUTE for each in calmed]),
            ),
            "work": self.work(open_now),
        }

    def recommended(self) -> dict:
        ids = dict(LevelOfCare.objects.filter(scheme="ASAM4").values_list("code", "pk"))
        last = [each.advice[-1] for each in self.everyone if each.advice]
        return dict(
            Counter(
                (ids[each.level], ids.get(each.agreed), each.why)
                for each in last
                if self.has(each.at)
            )
        )

    def work(self, open_now) -> dict:
        found = {}
        opened = [each.owner for each in open_now if each.owner]
        tries = [t.by for each in self.everyone for t in each.tries if self.has(t.at)]
        held = [
            talk.counselor
            for each in self.everyone
            for talk in each.talks
            if talk.fate == CAME and self.has(talk.starts_at)
        ]
        for who in {*opened, *tries, *held}:
            found[who] = tuple(each.count(who) for each in (opened, tries, held))
        return found


def step_of(person: Person) -> FunnelStep:
    if person.ended and person.ended[0].startswith("admitted"):
        return FunnelStep.ADMITTED
    if person.advice:
        return FunnelStep.RECOMMENDED
    if person.was_held:
        return FunnelStep.HELD
    if person.talks:
        return FunnelStep.BOOKED
    return FunnelStep.IN_TOUCH if person.was_reached else FunnelStep.ASKED


def outcome_of(person: Person) -> FunnelOutcome:
    if person.ended is None:
        return FunnelOutcome.OPEN
    if person.ended[0].startswith("admitted"):
        return FunnelOutcome.ADMITTED
    return FunnelOutcome.REFERRED if person.ended[0] == "referred_out" else FunnelOutcome.LOST


def first_held(person: Person):
    return min(talk.starts_at for talk in person.talks if talk.fate == CAME)


def lead(talk) -> int:
    ahead = talk.starts_at - talk.booked_at
    return next(
        (int(each) for each, days in LEAD_TIME_DAYS.items() if ahead <= days * DAY), LeadTime.LONGER
    )


def begun(person: Person) -> datetime:
    """When we might first call: now, or when the part of the day that they asked for begins."""
    local = person.asked_at.astimezone(ZONE)
    if person.good_time not in GOOD_TIME_HOURS:
        return person.asked_at
    opens, closes = GOOD_TIME_HOURS[person.good_time]
    if opens <= local.time() < closes:
        return person.asked_at
    on = local.date() + (DAY if local.time() >= closes else timedelta())
    return datetime.combine(on, opens, tzinfo=ZONE)


def bands(minutes: list[float]) -> list[int]:
    """Up to 5, 10, 15 and 60 minutes, and over."""
    edges = [0, 5, 10, 15, 60, float("inf")]
    return [sum(low < max(each, 1e-9) <= high for each in minutes) for low, high in pairwise(edges)]


def cell_of(at) -> tuple[int, int]:
    local = at.astimezone(ZONE)
    return local.weekday(), local.hour


def by_hour(opens, closes):
    """Each full hour of a shift, and what is left of the last."""
    while opens < closes:
        stop = min(opens + HOUR, closes)
        yield cell_of(opens), (stop - opens) / HOUR
        opens = stop
