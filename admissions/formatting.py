"""How staff read a time and a stretch of it, by the center's clock."""

from collections.abc import Callable
from datetime import date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone, translation
from django.utils.formats import date_format, time_format
from django.utils.translation import get_language_info, ngettext
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from users.models import User

from . import local_time, time_zones

# How a sentence names each language of the site.
IN_LANGUAGE = {"en": _lazy("in English"), "es": _lazy("in Spanish")}
# How a time of day is put into words.
TimeFormat = Callable[[time], str]
# Up to so many hours ahead, what comes tomorrow is said in hours too.
HOURS_AHEAD = 12


def user_label(user: User) -> str:
    return user.get_full_name() or user.get_username()


def staff_name(user: User) -> str:
    """A colleague, short: Dana R., or the user name where no name is kept."""
    if not user.first_name:
        return user.get_username()
    return f"{user.first_name} {user.last_name[:1]}." if user.last_name else user.first_name


def name_language_in_sentence(code: str | None) -> str:
    """In English, en español; a language without such words is named by itself."""
    code = code or settings.LANGUAGE_CODE
    return str(IN_LANGUAGE.get(code) or get_language_info(code)["name_local"])


def format_datetime_in_zone(at: datetime | None, zone_name: str) -> str:
    """Day, time and zone as people say them: Tuesday, November 24, 9:00 am (PST)."""
    if at is None:
        return ""
    local = at.astimezone(ZoneInfo(zone_name))
    day = date_format(local, _("l, F j"))
    return f"{day}, {format_time(local)} ({time_zones.format_zone_at(local)})"


def format_center_time(at: datetime | None) -> str:
    """The time of day by the center's clock: 9:00 am."""
    return format_time(timezone.localtime(at)) if at else ""


def format_time(local: datetime | time) -> str:
    """A time of day as people say it: 9:00 am."""
    return format_hour_and_minute(local.hour, local.minute, translation.get_language())


@lru_cache(maxsize=24 * 60)
def format_hour_and_minute(hour: int, minute: int, _language: str | None) -> str:
    """Remembered, because a page of open times says it a hundred times."""
    words = time_format(time(hour, minute), _("g:i a"))
    return words.replace("a.m.", _("am")).replace("p.m.", _("pm"))


def format_hour(hour: int) -> str:
    """12 am, 9 am, 3 pm."""
    return f"{(hour - 1) % 12 + 1} {'am' if hour < 12 else 'pm'}"


def format_unambiguous_time(local: datetime, format_time: TimeFormat = format_time) -> str:
    """A time of day; in the hour that a clock repeats, with its zone: 1:30 am (PST)."""
    words = format_time(local.time())
    is_repeated = time_zones.is_repeated(local)
    return f"{words} ({time_zones.format_zone_at(local)})" if is_repeated else words


def format_center_time_if_different(
    at: datetime, local: datetime, format_time: TimeFormat = format_time
) -> str:
    """The center's own time, where it differs from the reader's: 9:00 am (PST)."""
    here = at.astimezone(local_time.center_zone())
    if here.utcoffset() == local.utcoffset():
        return ""
    return f"{format_time(here.time())} ({time_zones.format_zone_at(here)})"


def format_relative_day(day: date, today: date) -> str:
    """Today, Tomorrow, or the date: Thursday, November 26."""
    ahead = (day - today).days
    return {0: _("Today"), 1: _("Tomorrow")}.get(ahead) or date_format(day, _("l, F j"))


def format_time_until(at: datetime, now: datetime, local: datetime) -> str:
    """In 35 minutes, in about 10 hours; for what is farther off, the weekday says more."""
    minutes = int((at - now).total_seconds() // 60)
    is_today = local.date() == now.astimezone(local.tzinfo).date()
    if not is_today and minutes > 60 * HOURS_AHEAD:
        return date_format(local, "l")
    if minutes < 60:
        return ngettext("in %(n)s minute", "in %(n)s minutes", minutes) % {"n": minutes}
    if 75 <= minutes < 105:
        return _("in about 1½ hours")
    hours = (minutes + 30) // 60
    return ngettext("in about an hour", "in about %(n)s hours", hours) % {"n": hours}
