"""Live times for pages that are about something else."""

from functools import lru_cache
from html import escape
from zoneinfo import ZoneInfo

from django import template
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from admissions.scheduling import slot_display
from admissions.scheduling.availability import Slot
from admissions.scheduling.slot_display import SlotChip

register = template.Library()


@register.simple_tag
def slot_links(chips: list[SlotChip], carried: str) -> str:
    """One link per time of a day; a page has hundreds, too many for a loop of the template."""
    begin, end = f'<a href="{reverse("admissions:details")}?at=', f'&amp;{escape(carried)}">'
    links = (
        f"{begin}{chip.stamp}{end}{escape(chip.time)}<small>{escape(chip.center_time)}</small></a>"
        for chip in chips
    )
    return mark_safe("\n".join(links))  # noqa: S308  every part is escaped, or digits


@register.simple_tag
def slot_days(slots: list[Slot], zone: str, carried: str) -> str:
    """All open times by day; drawn once for the same times, clock, language and links."""
    return render_slot_days(tuple(slots), zone, carried, get_language())


@lru_cache(maxsize=50)
def render_slot_days(
    slots: tuple[Slot, ...], zone: str, carried: str, _language: str | None
) -> str:
    days = slot_display.chips_by_day(list(slots), zone=ZoneInfo(zone))
    return render_to_string("admissions/_slot_days.html", {"days": days, "carried": carried})
