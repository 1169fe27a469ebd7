"""What the pages of programs may show of admissions without importing it."""

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from admissions import local_time, time_zones
from admissions.scheduling import availability, roster, shortages, slot_display
from admissions.scheduling.models import Mode

from . import callback_promise, parameters


def soonest_times(request: HttpRequest) -> dict:
    """Add `soonest_times`, read from the database only by a template that names it.

    `soonest_times.template` shows it: the pages of programs need not know that name.
    """
    return {"soonest_times": SimpleLazyObject(find_soonest_times)}


def known_query(request: HttpRequest) -> dict:
    """Add `known_query` on pages of a requester's journey: no page repeats a value that is not one
    of ours."""
    found = request.resolver_match
    is_journey = found is not None and "admissions" in found.app_names
    return {"known_query": parameters.page_query(request)} if is_journey else {}


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
        "zone": zone.key,
        "zone_words": time_zones.format_time_zone(zone),
        "minutes": slots[0].minutes if slots else None,
        "carried": f"mode={Mode.PHONE}",
    }
