"""What the pages of programs may show of admissions without importing it."""

from typing import cast
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from admissions import local_time, time_zones
from admissions.intake.phone_line import LineAnswer, find_line_answer
from admissions.intake.phone_line_words import LineWords, describe_line
from admissions.scheduling import availability, roster, shortages, slot_display
from admissions.scheduling.models import Mode

from . import callback_promise, parameters
from .receipts.standing_call import describe_standing_call


def soonest_times(request: HttpRequest) -> dict:
    """Add `soonest_times`, read only by a template that names it, as it was a moment ago.

    `soonest_times.template` shows it: the pages of programs need not know that name.
    """
    return {"soonest_times": SimpleLazyObject(read_soonest_times)}


def read_soonest_times() -> dict:
    """The times in the frame of every page, found once for all pages that begin together."""
    key, seconds = f"soonest-times-{get_language()}", settings.FRAME_CACHE_SECONDS
    return cast(dict, caches["pages"].get_or_set(key, find_soonest_times, seconds))


def known_query(request: HttpRequest) -> dict:
    """Add `known_query` on pages of a requester's journey: no page repeats a value that is not one
    of ours.

    And `standing_call`, read only by a template that names it.
    """
    found = request.resolver_match
    if found is None or "admissions" not in found.app_names:
        return {}
    return {
        "known_query": parameters.page_query(request),
        "standing_call": SimpleLazyObject(lambda: describe_standing_call(request)),
    }


def phone_line(request: HttpRequest) -> dict:
    """Add `phone_line`: who answers the line now, in words; asked only by a template that names it.

    By the clock that the address names, or the center's.
    """
    zone = parameters.requested_zone(request)
    return {"phone_line": SimpleLazyObject(lambda: read_phone_line(zone))}


def read_phone_line(zone: ZoneInfo) -> LineWords:
    """The answer is of a second ago at most, as are the other facts in the frame of a page."""
    now = timezone.now()
    answer: LineAnswer | None = caches["pages"].get_or_set(
        "phone_line", lambda: find_line_answer(now=now), settings.FRAME_CACHE_SECONDS
    )
    return describe_line(answer or find_line_answer(now=now), now=now, zone=zone)


def find_soonest_times() -> dict:
    """The three soonest phone times in the language of the page, by the center's clock."""
    now, zone = timezone.now(), local_time.center_zone()
    counselors = roster.load_roster(now)
    slots = availability.open_slots(
        mode=Mode.PHONE, now=now, language=get_language(), roster=counselors
    )
    is_soon = shortages.has_slot_soon(slots, now=now)
    return {
        "template": "admissions/_soonest_times.html",
        "is_soon": is_soon,
        "call_promise": None
        if is_soon
        else callback_promise.describe_callback_promise(
            now=now, zone=zone, roster=counselors, is_zone_named=True
        ),
        "chips": slot_display.soonest_chips(slots, zone=zone),
        "zone_short": time_zones.format_zone_at(slots[0].starts_at.astimezone(zone))
        if slots
        else "",
        "zone": zone.key,
        "zone_words": time_zones.format_time_zone(zone),
        "minutes": slots[0].minutes if slots else None,
        "carried": f"mode={Mode.PHONE}",
    }
