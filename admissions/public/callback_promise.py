"""Times as a page shows them: grouped by day, in words, by the right clock."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from admissions import formatting
from admissions.intake import service_levels
from admissions.scheduling.roster import RosterEntry


def describe_callback_promise(
    *, now: datetime, zone: ZoneInfo, roster: list[RosterEntry] | None = None
) -> dict | None:
    """When we can honestly promise a call, in words; None when nobody has hours soon."""
    promise = service_levels.find_call_promise(now=now, roster=roster)
    if promise is None:
        return None
    local = promise.by.astimezone(zone)
    ahead = (local.date() - now.astimezone(zone).date()).days
    # Spanish says "la 1:00" and "las 2:00": the hour is what is counted.
    by = {
        0: ngettext("today by %(time)s", "today by %(time)s", local.hour % 12),
        1: ngettext("tomorrow by %(time)s", "tomorrow by %(time)s", local.hour % 12),
    }.get(ahead, ngettext("on %(day)s by %(time)s", "on %(day)s by %(time)s", local.hour % 12))
    words = {"time": formatting.format_time(local), "day": date_format(local, _("l, F j"))}
    return {"by": by % words, "is_staffed": promise.is_staffed}
