"""Why a counselor is, or is not, offered at a time: every rule is asked by name. Reads only.

It goes through the rules one by one, apart from availability and more slowly,
so that a test can hold the two against each other. Clocks are those of the
counselor's location.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import groupby
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from admissions import formatting, staff_formatting

from .availability import grid_starts_on_day
from .explainer_context import ExplainerContext
from .models import ExtraHours, Mode, WeeklyHours
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


def explain_day(asked: ExplainerContext, on: date) -> list[ExplainedRange]:
    """A local day from its first start on the grid to its last, in stretches of one reason."""
    starts = sorted_grid_starts(on, asked.zone, asked.rules.start_grid)
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


@lru_cache(maxsize=50)
def sorted_grid_starts(on: date, zone: ZoneInfo, minutes: int) -> list[int]:
    """Remembered, because the counselors of one place share their grid."""
    return sorted(grid_starts_on_day(on, zone, minutes))


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
    yield from asked.remember(standing_reasons)


def standing_reasons(asked: ExplainerContext) -> list[BlockingRule]:
    """Why this counselor is offered at no time."""
    counselor, mode, found = asked.counselor, asked.rules.mode, {}
    if not counselor.user.is_active:
        found["left"] = _("Their sign-in is switched off: they no longer work here.")
    if not counselor.is_taking_consultations:
        found["not taking"] = _("They take no consultations at present.")
    if mode not in counselor.modes:
        words = _("They do not take consultations of this kind: %(mode)s.")
        found["mode"] = words % {"mode": Mode(mode).label}
    if asked.language and asked.language not in counselor.languages:
        found["language"] = _("They do not speak this language.")
    return [BlockingRule(rule, words, asked.counselor_url) for rule, words in found.items()]


def blocked_by_notice(asked: ExplainerContext, start: datetime) -> Iterator[BlockingRule]:
    rules = asked.rules
    if start < asked.now + timedelta(minutes=rules.minimum_notice):
        yield asked.remember(notice_reason)
    if start > asked.now + timedelta(days=rules.horizon):
        yield asked.remember(horizon_reason)


def notice_reason(asked: ExplainerContext) -> BlockingRule:
    needed = asked.rules.minimum_notice
    words = _("Too soon: %(n)s minutes of notice are needed.") % {"n": needed}
    return BlockingRule("notice", words, asked.rules_url)


def horizon_reason(asked: ExplainerContext) -> BlockingRule:
    words = ngettext(
        "Too far ahead: only %(n)s day is offered.",
        "Too far ahead: only %(n)s days are offered.",
        asked.rules.horizon,
    )
    return BlockingRule("horizon", words % {"n": asked.rules.horizon}, asked.rules_url)


def blocked_by_grid(asked: ExplainerContext, start: datetime) -> Iterator[BlockingRule]:
    local = start.astimezone(asked.zone)
    if (local.hour * 60 + local.minute) % asked.rules.start_grid or local.second:
        words = _("Off the grid: a consultation may start every %(n)s minutes from midnight.")
        yield BlockingRule("grid", words % {"n": asked.rules.start_grid}, asked.rules_url)


def blocked_by_hours(asked: ExplainerContext, start: datetime) -> Iterator[BlockingRule]:
    begin, end = start.timestamp(), (start + asked.length()).timestamp()
    on = start.astimezone(asked.zone).date()
    pairs = asked.remember(opening_pairs, on)
    if any(opens <= begin and end <= closes for opens, closes in pairs):
        return
    ends = next((closes for opens, closes in pairs if opens <= begin < closes), None)
    words = (
        asked.remember(describe_missing_hours, on)
        if ends is None
        else asked.remember(describe_too_long, ends)
    )
    yield BlockingRule("hours", words, asked.counselor_url)


def opening_pairs(asked: ExplainerContext, on: date) -> tuple[tuple[float, float], ...]:
    """(opens, closes) in seconds of the hours that reach into a local day, without seams."""
    return merge_intervals(
        opening_bounds(hours, each_day, asked.zone)
        for each_day in (on - DAY, on, on + DAY)
        for hours in hours_on_day(asked, each_day)
    )


def hours_on_day(
    asked: ExplainerContext, on: date, mode: str | None = None
) -> list[WeeklyHours | ExtraHours]:
    """Weekly and extra hours that count on a local day."""
    mode = mode or asked.rules.mode
    return [hours for hours in asked.every_hours if hours.applies_on(on, mode)]


def describe_too_long(asked: ExplainerContext, ends: float) -> str:
    words = _("Too long: %(n)s minutes do not fit before their hours end at %(clock)s.")
    clock = asked.format_time(datetime.fromtimestamp(ends, UTC))
    return words % {"n": asked.rules.length, "clock": clock}


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
    cap = asked.counselor.daily_cap
    if cap and asked.held_per_day[start.astimezone(asked.zone).date()] >= cap:
        yield asked.remember(cap_reason, cap)


def cap_reason(asked: ExplainerContext, cap: int) -> BlockingRule:
    words = ngettext(
        "Their day is full: at most %(n)s consultation.",
        "Their day is full: at most %(n)s consultations.",
        cap,
    )
    return BlockingRule("cap", words % {"n": cap}, asked.counselor_url)
