"""How staff read a time and a stretch of it, by the center's clock."""

from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from . import formatting

NEAR_DAYS = {-1: _lazy("yesterday"), 0: _lazy("today"), 1: _lazy("tomorrow")}


def format_all_day_range(first: date, last: date) -> str:
    """Tue, Nov 24, all day, or Tue, Nov 24 to Fri, Nov 27, all day."""
    begins, ends = (date_format(day, _("D, M j")) for day in (first, last))
    if first == last:
        return _("%(day)s, all day") % {"day": begins}
    return _("%(begins)s to %(ends)s, all day") % {"begins": begins, "ends": ends}


def format_datetime_range(starts_at: datetime, ends_at: datetime) -> str:
    """A stretch of time with its dates: Tue, Nov 24, 9:00 am to 5:00 pm, or whole days."""
    first, last = timezone.localtime(starts_at), timezone.localtime(ends_at)
    if first.time() == last.time() == time(0):
        return format_all_day_range(first.date(), last.date() - timedelta(days=1))
    ends = formatting.format_time(last)
    if first.date() != last.date():
        ends = f"{date_format(last, _('D, M j'))}, {ends}"
    return _("%(starts)s to %(ends)s") % {
        "starts": f"{date_format(first, _('D, M j'))}, {formatting.format_time(first)}",
        "ends": ends,
    }


def format_short_datetime(at: datetime, now: datetime) -> str:
    """2:14 pm today; with the day before it on any other day."""
    if timezone.localdate(at) == timezone.localdate(now):
        return formatting.format_time(timezone.localtime(at))
    return format_relative_day_and_time(at, now)


def format_opening(at: datetime, now: datetime) -> str:
    """Ends "We open": at 2:14 pm, tomorrow at 8:00 am, on Thu at 8:00 am, on Nov 24 at 8:00 am."""
    local = timezone.localtime(at)
    ahead = (local.date() - timezone.localdate(now)).days
    words = {"time": formatting.format_time(local)}
    if ahead == 0:
        return _("at %(time)s") % words
    if ahead == 1:
        return _("tomorrow at %(time)s") % words
    words["day"] = date_format(local, "D" if ahead < 7 else _("M j"))
    return _("on %(day)s at %(time)s") % words


def format_relative_day_and_time(at: datetime, now: datetime) -> str:
    """today 3:00 pm, tomorrow 3:00 pm, Thu 3:00 pm, Nov 24, 3:00 pm."""
    local = timezone.localtime(at)
    ahead = (local.date() - timezone.localdate(now)).days
    time = formatting.format_time(local)
    if ahead in NEAR_DAYS:
        return f"{NEAR_DAYS[ahead]} {time}"
    if 1 < ahead < 7:
        return f"{date_format(local, 'D')} {time}"
    return f"{date_format(local, _('M j'))}, {time}"


def format_date_and_time(at: datetime) -> str:
    """Tue, Nov 24, 9:00 am, wherever the reader's today may be."""
    local = timezone.localtime(at)
    return f"{date_format(local, _('D, M j'))}, {formatting.format_time(local)}"


def format_duration(time: timedelta) -> str:
    """under 1 min, 7 min, 2 h 5 min, 5 h, 3 days; the longer it is, the rounder."""
    minutes = int(time.total_seconds() // 60)
    if minutes < 1:
        return _("under 1 min")
    if minutes < 60:
        return _("%(n)s min") % {"n": minutes}
    if minutes < 24 * 60:
        return format_hours_and_minutes(*divmod(minutes, 60))
    days = minutes // (24 * 60)
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}


def format_hours_and_minutes(hours: int, minutes: int) -> str:
    if not minutes or hours >= 3:
        return _("%(h)s h") % {"h": hours}
    return _("%(h)s h %(m)s min") % {"h": hours, "m": minutes}
