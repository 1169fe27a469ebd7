"""Times as a page shows them: grouped by day, in words, by the right clock."""

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from admissions import formatting, time_zones
from admissions.intake import service_levels
from admissions.intake.service_levels import CallPromise
from admissions.scheduling.roster import RosterEntry, load_roster


@dataclass(frozen=True)
class PromiseWords:
    """By when we aim to call in the language of the page, and sooner in another if so.

    `is_now` tells whether it is so soon that a page may say "now".
    `sooner_by` and `in_sooner_language` are empty where nobody calls sooner in another language.
    """

    by: str
    is_now: bool
    needs_interpreter: bool
    in_language: str
    sooner_by: str = ""
    in_sooner_language: str = ""

    @property
    def by_at_end(self) -> str:
        """`by` before a full stop: "a. m." in Spanish brings its own."""
        return self.by.removesuffix(".")


def describe_callback_promise(
    *,
    now: datetime,
    zone: ZoneInfo,
    roster: list[RosterEntry] | None = None,
    is_zone_named: bool = False,
) -> PromiseWords | None:
    """When we can honestly promise a call, in words; None when nobody has hours soon.

    Name the zone where the reader has chosen none and nothing else on the page says it.
    """
    roster, own = load_roster(now) if roster is None else roster, get_language()
    promise = service_levels.find_call_promise(now=now, roster=roster, language=own)
    if promise is None:
        return None

    def say(at: datetime) -> str:
        return describe_time(at, now=now, zone=zone, is_zone_named=is_zone_named)

    words = PromiseWords(
        by=say(promise.by),
        is_now=promise.is_now(now),
        needs_interpreter=promise.needs_interpreter,
        in_language=formatting.name_language_in_sentence(own),
    )
    sooner = find_sooner_in_another_language(promise, now=now, roster=roster, own=own)
    if sooner is None:
        return words
    code, at = sooner
    return replace(
        words, sooner_by=say(at), in_sooner_language=formatting.name_language_in_sentence(code)
    )


def describe_urgent_promise(
    *, now: datetime, zone: ZoneInfo, roster: list[RosterEntry] | None = None
) -> PromiseWords | None:
    """The soonest call to someone who may be in danger, in whatever language it is."""
    promise = service_levels.find_call_promise(now=now, roster=roster)
    if promise is None:
        return None
    return PromiseWords(
        by=describe_time(promise.by, now=now, zone=zone, is_zone_named=True),
        is_now=promise.is_now(now),
        needs_interpreter=False,
        in_language="",
    )


def find_sooner_in_another_language(
    promise: CallPromise, *, now: datetime, roster: list[RosterEntry], own: str | None
) -> tuple[str, datetime] | None:
    """(language, by when) of the soonest call in another language that comes before this one."""
    found = [
        (other.by, code)
        for code, _name in settings.LANGUAGES
        if code != own
        for other in [service_levels.find_call_promise(now=now, roster=roster, language=code)]
        if other and not other.needs_interpreter and other.by < promise.by
    ]
    return next(((code, at) for at, code in sorted(found)), None)


def describe_time(at: datetime, *, now: datetime, zone: ZoneInfo, is_zone_named: bool) -> str:
    """Today by 9:15 am, tomorrow by 9:15 am (PST), on Thursday, November 26 by 9:15 am."""
    local = at.astimezone(zone)
    ahead = (local.date() - now.astimezone(zone).date()).days
    # Spanish says "la 1:00" and "las 2:00": the hour is what is counted.
    by = {
        0: ngettext("today by %(time)s", "today by %(time)s", local.hour % 12),
        1: ngettext("tomorrow by %(time)s", "tomorrow by %(time)s", local.hour % 12),
    }.get(ahead, ngettext("on %(day)s by %(time)s", "on %(day)s by %(time)s", local.hour % 12))
    clock = formatting.format_time(local)
    if is_zone_named:
        clock = f"{clock} ({time_zones.format_zone_at(local)})"
    words = {"time": clock, "day": date_format(local, _("l, F j"))}
    return by % words
