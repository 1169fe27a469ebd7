"""Why a counselor is, or is not, offered at a time: every rule is asked by name. Reads only.

It goes through the rules one by one, apart from availability and more slowly,
so that a test can hold the two against each other. Clocks are those of the
counselor's location.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from admissions import formatting, staff_formatting

from .availability import grid_starts_on_day
from .models import (
    BusyTime,
    Closure,
    Consultation,
    Counselor,
    ExtraHours,
    Mode,
    ModeRules,
    WeeklyHours,
)
from .roster import DAY, merge_intervals, opening_bounds


@dataclass(frozen=True)
class BlockingRule:
    """One rule that hides a time: its name, what it says, and where it is kept."""

    rule: str
    text: str
    url: str = ""


@dataclass(frozen=True)
class ExplainedRange:
    """Starts of one day that follow each other and are hidden, or offered, for the same reasons."""

    first: str
    last: str
    reasons: tuple[BlockingRule, ...]


@dataclass(frozen=True)
class ExplainerContext:
    """One counselor with all that decides about them near a day, for one mode and language."""

    counselor: Counselor
    rules: ModeRules
    language: str
    now: datetime
    closures: list[Closure]
    standing: list[Consultation]
    busy: list[BusyTime]

    @property
    def zone(self) -> ZoneInfo:
        return self.counselor.zone

    def format_time(self, at: datetime) -> str:
        return formatting.format_unambiguous_time(at.astimezone(self.zone))

    def format_range(self, starts_at: datetime, ends_at: datetime) -> str:
        words = {"starts": self.format_time(starts_at), "ends": self.format_time(ends_at)}
        return _("%(starts)s to %(ends)s") % words

    def length(self) -> timedelta:
        return timedelta(minutes=self.rules.length)


def load_contexts(
    counselors: Iterable[Counselor], *, mode: str, language: str, on: date, now: datetime
) -> list[ExplainerContext]:
    """What decides about each of these counselors on a local day, in a fixed number of queries."""
    rules = ModeRules.objects.get(mode=mode)
    noon = datetime.combine(on, time(12), tzinfo=UTC)
    near = {"starts_at__lte": noon + 3 * DAY, "ends_at__gte": noon - 3 * DAY}
    closures = list(Closure.objects.filter(**near))
    standing = Consultation.objects.standing().filter(**near, counselor__in=counselors)
    held = list(standing.select_related("request").order_by("starts_at"))
    busy = list(BusyTime.objects.filter(**near, counselor__in=counselors).order_by("starts_at"))
    return [
        ExplainerContext(
            each,
            rules,
            language,
            now,
            [closure for closure in closures if closure.counselor_id in (None, each.pk)],
            [consultation for consultation in held if consultation.counselor_id == each.pk],
            [time_ for time_ in busy if time_.counselor_id == each.pk],
        )
        for each in counselors
    ]


def counselors_to_explain() -> QuerySet[Counselor]:
    """All counselors with everything about them that the rules look at."""
    return (
        Counselor.objects.select_related("location", "user")
        .prefetch_related("weekly_hours", "extra_hours")
        .order_by("public_name", "pk")
    )


def explain_day(asked: ExplainerContext, on: date) -> list[ExplainedRange]:
    """A local day from its first start on the grid to its last, in stretches of one reason."""
    starts = sorted(grid_starts_on_day(on, asked.zone, asked.rules.start_grid))
    found = [(start, tuple(find_blocking_rules(asked, from_timestamp(start)))) for start in starts]
    return [
        ExplainedRange(
            asked.format_time(from_timestamp(group[0][0])),
            asked.format_time(from_timestamp(group[-1][0])),
            reasons,
        )
        for reasons, group in (
            (reasons, list(group)) for reasons, group in groupby(found, key=lambda each: each[1])
        )
    ]


def explain_time(asked: ExplainerContext, on: date, local: time) -> list[ExplainedRange]:
    """One time of a local day: one answer, or one for each time that the clock shows it."""
    return [
        ExplainedRange(
            asked.format_time(start),
            asked.format_time(start),
            tuple(find_blocking_rules(asked, start)),
        )
        for start in instants_at(asked, on, local)
    ]


def from_timestamp(start: int) -> datetime:
    return datetime.fromtimestamp(start, UTC)


def instants_at(asked: ExplainerContext, on: date, local: time) -> list[datetime]:
    """The instants at which the clock shows this: none if it skips the time, two if it repeats."""
    there = datetime.combine(on, local, tzinfo=asked.zone)
    found = {there.replace(fold=fold).astimezone(UTC) for fold in (0, 1)}
    naive = there.replace(tzinfo=None)
    return sorted(at for at in found if at.astimezone(asked.zone).replace(tzinfo=None) == naive)


def find_blocking_rules(asked: ExplainerContext, start: datetime) -> list[BlockingRule]:
    """Every rule that hides this start; none when it is offered."""
    rules = [
        blocked_by_counselor,
        blocked_by_notice,
        blocked_by_grid,
        blocked_by_hours,
        blocked_by_closures,
        blocked_by_held_time,
        blocked_by_busy_time,
        blocked_by_daily_cap,
    ]
    return [reason for rule in rules for reason in rule(asked, start)]


def blocked_by_counselor(asked: ExplainerContext, start: datetime) -> Iterator[BlockingRule]:
    counselor, mode = asked.counselor, asked.rules.mode
    address = reverse("admin:admissions_counselor_change", args=[counselor.pk])
    if not counselor.user.is_active:
        yield BlockingRule(
            "left", _("Their sign-in is switched off: they no longer work here."), address
        )
    if not counselor.is_taking_consultations:
        yield BlockingRule("not taking", _("They take no consultations at present."), address)
    if mode not in counselor.modes:
        words = _("They do not take consultations of this kind: %(mode)s.")
        yield BlockingRule("mode", words % {"mode": Mode(mode).label}, address)
    if asked.language and asked.language not in counselor.languages:
        yield BlockingRule("language", _("They do not speak this language."), address)


def blocked_by_notice(asked: ExplainerContext, start: datetime) -> Iterator[BlockingRule]:
    rules = asked.rules
    address = reverse("admin:admissions_moderules_change", args=[rules.mode])
    if start < asked.now + timedelta(minutes=rules.minimum_notice):
        words = _("Too soon: %(n)s minutes of notice are needed.") % {"n": rules.minimum_notice}
        yield BlockingRule("notice", words, address)
    if start > asked.now + timedelta(days=rules.horizon):
        words = ngettext(
            "Too far ahead: only %(n)s day is offered.",
            "Too far ahead: only %(n)s days are offered.",
            rules.horizon,
        )
        yield BlockingRule("horizon", words % {"n": rules.horizon}, address)


def blocked_by_grid(asked: ExplainerContext, start: datetime) -> Iterator[BlockingRule]:
    local = start.astimezone(asked.zone)
    if (local.hour * 60 + local.minute) % asked.rules.start_grid or local.second:
        address = reverse("admin:admissions_moderules_change", args=[asked.rules.mode])
        words = _("Off the grid: a consultation may start every %(n)s minutes from midnight.")
        yield BlockingRule("grid", words % {"n": asked.rules.start_grid}, address)


def blocked_by_hours(asked: ExplainerContext, start: datetime) -> Iterator[BlockingRule]:
    begin, end = start.timestamp(), (start + asked.length()).timestamp()
    on = start.astimezone(asked.zone).date()
    pairs = merge_intervals(
        opening_bounds(hours, each_day, asked.zone)
        for each_day in (on - DAY, on, on + DAY)
        for hours in hours_on_day(asked, each_day)
    )
    if any(opens <= begin and end <= closes for opens, closes in pairs):
        return
    ends = next((closes for opens, closes in pairs if opens <= begin < closes), None)
    address = reverse("admin:admissions_counselor_change", args=[asked.counselor.pk])
    words = (
        describe_missing_hours(asked, on)
        if ends is None
        else describe_too_long(asked, from_timestamp(ends))
    )
    yield BlockingRule("hours", words, address)


def hours_on_day(
    asked: ExplainerContext, on: date, mode: str | None = None
) -> list[WeeklyHours | ExtraHours]:
    """Weekly and extra hours that count on a local day."""
    counselor, mode = asked.counselor, mode or asked.rules.mode
    every: list[WeeklyHours | ExtraHours]
    every = [*counselor.weekly_hours.all(), *counselor.extra_hours.all()]
    return [hours for hours in every if hours.applies_on(on, mode)]


def describe_too_long(asked: ExplainerContext, ends: datetime) -> str:
    words = _("Too long: %(n)s minutes do not fit before their hours end at %(clock)s.")
    return words % {"n": asked.rules.length, "clock": asked.format_time(ends)}


def describe_missing_hours(asked: ExplainerContext, on: date) -> str:
    """Why no hours cover a time of this day."""
    if counted := hours_on_day(asked, on):
        spans = [
            f"{formatting.format_time(h.opens)}–{formatting.format_time(h.closes)}" for h in counted
        ]
        return _("Outside their hours, %(hours)s.") % {"hours": ", ".join(spans)}
    others = [mode for mode in Mode if hours_on_day(asked, on, mode)]
    if others:
        labels = ", ".join(str(mode.label) for mode in others)
        return _("Their hours on this day are only for: %(modes)s.") % {"modes": labels}
    of_weekday = [h for h in asked.counselor.weekly_hours.all() if h.weekday == on.weekday()]
    if of_weekday:
        words = _("Their hours on %(day)s do not count on this date: see first and last day.")
        return words % {"day": of_weekday[0].day_name}
    return _("They have no hours on %(day)s.") % {"day": date_format(on, "l")}


def blocked_by_closures(asked: ExplainerContext, start: datetime) -> Iterator[BlockingRule]:
    for closure in asked.closures:
        if closure.starts_at < start + asked.length() and closure.ends_at > start:
            words = _("The whole center is closed") if closure.counselor_id is None else _("Closed")
            span = staff_formatting.format_datetime_range(closure.starts_at, closure.ends_at)
            why = f" ({closure.reason})" if closure.reason else ""
            address = reverse("admin:admissions_closure_change", args=[closure.pk])
            yield BlockingRule("closure", f"{words}, {span}{why}.", address)


def blocked_by_held_time(asked: ExplainerContext, start: datetime) -> Iterator[BlockingRule]:
    begin, end = asked.rules.held_bounds(start)
    for each in asked.standing:
        if each.held.lower < end and each.held.upper > begin:
            talks_meet = each.starts_at < start + asked.length() and each.ends_at > start
            words = _("Held by %(reference)s, %(span)s.")
            if not talks_meet:
                words = _("Too close to %(reference)s, %(span)s, and the time kept free beside it.")
            words %= {
                "reference": each.request.reference,
                "span": asked.format_range(each.starts_at, each.ends_at),
            }
            page = "admin:admissions_consultationrequest_change"
            yield BlockingRule("held", words, reverse(page, args=[each.request_id]))


def blocked_by_busy_time(asked: ExplainerContext, start: datetime) -> Iterator[BlockingRule]:
    """A calendar of their own says that they are busy; nobody knows with what."""
    begin, end = asked.rules.held_bounds(start)
    for each in asked.busy:
        if each.starts_at < end and each.ends_at > begin:
            words = _("Busy in a calendar of their own, %(span)s.")
            span = staff_formatting.format_datetime_range(each.starts_at, each.ends_at)
            yield BlockingRule("busy", words % {"span": span})


def blocked_by_daily_cap(asked: ExplainerContext, start: datetime) -> Iterator[BlockingRule]:
    cap, on = asked.counselor.daily_cap, start.astimezone(asked.zone).date()
    taken = [each for each in asked.standing if each.starts_at.astimezone(asked.zone).date() == on]
    if cap and len(taken) >= cap:
        words = ngettext(
            "Their day is full: at most %(n)s consultation.",
            "Their day is full: at most %(n)s consultations.",
            cap,
        )
        address = reverse("admin:admissions_counselor_change", args=[asked.counselor.pk])
        yield BlockingRule("cap", words % {"n": cap}, address)
