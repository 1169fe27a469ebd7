"""Consultations as a calendar shows them: day by day, in words."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from . import letters, times
from .models import Consultation


@dataclass(frozen=True)
class Held:
    consultation: Consultation
    time: str


@dataclass(frozen=True)
class Day:
    name: str
    held: list[Held]


def days(consultations, *, now: datetime) -> list[Day]:
    """One day after the other, in the order given, by the centre's clock."""
    by_day = groupby(consultations, key=lambda each: timezone.localdate(each.starts_at))
    return [
        Day(day_name(day, timezone.localdate(now)), [held(each) for each in rows])
        for day, rows in by_day
    ]


def day_name(day, today) -> str:
    """Today and tomorrow by name too: Today, Tuesday, November 24."""
    date = date_format(day, _("l, F j"))
    near = times.day_words(day, today)
    return date if near == date else f"{near}, {date}"


def held(consultation: Consultation) -> Held:
    starts, ends = (
        letters.time_words(timezone.localtime(at))
        for at in (consultation.starts_at, consultation.ends_at)
    )
    return Held(consultation, _("%(starts)s to %(ends)s") % {"starts": starts, "ends": ends})


def whole_days(first: date, last: date) -> str:
    """Tue, Nov 24, all day, or Tue, Nov 24 to Fri, Nov 27, all day."""
    begins, ends = (date_format(day, _("D, M j")) for day in (first, last))
    if first == last:
        return _("%(day)s, all day") % {"day": begins}
    return _("%(begins)s to %(ends)s, all day") % {"begins": begins, "ends": ends}


def span(starts_at: datetime, ends_at: datetime) -> str:
    """A stretch of time with its dates: Tue, Nov 24, 9:00 am to 5:00 pm, or whole days."""
    first, last = timezone.localtime(starts_at), timezone.localtime(ends_at)
    if first.time() == last.time() == time(0):
        return whole_days(first.date(), last.date() - timedelta(days=1))
    ends = letters.time_words(last)
    if first.date() != last.date():
        ends = f"{date_format(last, _('D, M j'))}, {ends}"
    return _("%(starts)s to %(ends)s") % {
        "starts": f"{date_format(first, _('D, M j'))}, {letters.time_words(first)}",
        "ends": ends,
    }
