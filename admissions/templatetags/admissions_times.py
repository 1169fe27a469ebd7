"""Live times for pages that are about something else."""

from functools import lru_cache
from html import escape
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from admissions import availability, shortages, times
from admissions.models import Mode

register = template.Library()


@register.inclusion_tag("admissions/_soonest_times.html")
def soonest_times():
    """The three soonest phone times, straight from the database."""
    now, zone = timezone.now(), ZoneInfo(settings.TIME_ZONE)
    roster = availability.on_roster(now)
    slots = availability.open_slots(
        mode=Mode.PHONE, now=now, language=get_language(), roster=roster
    )
    is_soon = shortages.is_soon(slots, now=now)
    return {
        "is_soon": is_soon,
        "call_promise": None if is_soon else times.call_promise(now=now, zone=zone, roster=roster),
        "soonest": times.soonest(slots, zone=zone),
        "minutes": slots[0].minutes if slots else None,
        "carried": f"mode={Mode.PHONE}",
    }


@register.simple_tag
def time_links(chips, carried: str) -> str:
    """One link per time of a day; a page has hundreds, too many for a loop of the template."""
    begin, end = f'<a href="{reverse("admissions:details")}?at=', f'&amp;{escape(carried)}">'
    links = (
        f"{begin}{chip.stamp}{end}{escape(chip.time)}<small>{escape(chip.here)}</small></a>"
        for chip in chips
    )
    return mark_safe("\n".join(links))  # noqa: S308  every part is escaped, or digits


@register.simple_tag
def all_days(slots, zone: str, carried: str) -> str:
    """All open times by day; drawn once for the same times, clock, language and links."""
    return drawn_days(tuple(slots), zone, carried, get_language())


@lru_cache(maxsize=50)
def drawn_days(slots, zone: str, carried: str, _language: str | None) -> str:
    days = times.days(slots, zone=ZoneInfo(zone))
    return render_to_string("admissions/_days.html", {"days": days, "carried": carried})
