"""How staff read a time and a stretch of it, by the centre's clock."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from . import letters


def clock(at: datetime, now: datetime) -> str:
    """2:14 pm today; with the day before it on any other day."""
    if timezone.localdate(at) == timezone.localdate(now):
        return letters.time_words(timezone.localtime(at))
    return day_and_clock(at, now)


def day_and_clock(at: datetime, now: datetime) -> str:
    """today 3:00 pm, tomorrow 3:00 pm, Thu 3:00 pm, Nov 24, 3:00 pm."""
    local = timezone.localtime(at)
    ahead = (local.date() - timezone.localdate(now)).days
    near = {-1: _("yesterday"), 0: _("today"), 1: _("tomorrow")}
    time = letters.time_words(local)
    if ahead in near:
        return f"{near[ahead]} {time}"
    if 1 < ahead < 7:
        return f"{date_format(local, 'D')} {time}"
    return f"{date_format(local, _('M j'))}, {time}"


def full_clock(at: datetime) -> str:
    """Tue, Nov 24, 9:00 am, wherever the reader's today may be."""
    local = timezone.localtime(at)
    return f"{date_format(local, _('D, M j'))}, {letters.time_words(local)}"


def lasting(time: timedelta) -> str:
    """under 1 min, 7 min, 2 h 5 min, 5 h, 3 days; the longer it is, the rounder."""
    minutes = int(time.total_seconds() // 60)
    if minutes < 1:
        return _("under 1 min")
    if minutes < 60:
        return _("%(n)s min") % {"n": minutes}
    if minutes < 24 * 60:
        return hours_words(*divmod(minutes, 60))
    days = minutes // (24 * 60)
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}


def hours_words(hours: int, minutes: int) -> str:
    if not minutes or hours >= 3:
        return _("%(h)s h") % {"h": hours}
    return _("%(h)s h %(m)s min") % {"h": hours, "m": minutes}
