"""Open times for someone whom we know: each is a button, and their way to talk can be another."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest

from admissions import time_zones
from admissions.intake.models import ConsultationRequest
from admissions.phone_numbers import mask_phone
from admissions.public.locations import bookable_locations, requested_location
from admissions.scheduling import availability, slot_display
from admissions.scheduling.models import Consultation, Mode
from programs.models import Location


@dataclass(frozen=True)
class WayToTalk:
    """A mode that is open to this person, and where they come for a visit."""

    mode: str
    place: Location | None

    @property
    def location(self) -> int | None:
        return self.place.pk if self.place else None

    def is_submitted(self, request: HttpRequest) -> bool:
        """Whether the form's own mode and place are still open, so that nobody books another."""
        sent = request.POST.get("mode"), request.POST.get("place", "")
        return sent == (self.mode, str(self.location or ""))


def available_modes(consultation_request: ConsultationRequest) -> list[tuple]:
    """(mode, label) of the ways to talk that are open to this person; a call needs a number."""
    return [
        choice for choice in Mode.choices if choice[0] != Mode.PHONE or consultation_request.phone
    ]


def requested_way(
    request: HttpRequest,
    consultation_request: ConsultationRequest,
    *,
    latest: Consultation | None,
    is_moving: bool = False,
) -> WayToTalk:
    """What the address or form names, else that of their latest time, else the first that is open.

    A visit that is moving stays at its place, whoever else may come there, unless another is asked.
    """
    asked = request.POST.get("mode") or request.GET.get("mode")
    open_to_them = [value for value, _label in available_modes(consultation_request)]
    wanted = [asked, latest.mode if latest else "", *open_to_them]
    mode = next(mode for mode in wanted if mode in open_to_them)
    place = request.POST.get("place") or request.GET.get("place")
    is_visit = is_moving and latest is not None and mode == latest.mode == Mode.IN_PERSON
    if latest and is_visit and place in (None, "", str(latest.location_id)):
        return WayToTalk(mode, latest.location)
    return WayToTalk(mode, requested_location(request, mode))


def times_context(
    consultation_request: ConsultationRequest,
    way: WayToTalk,
    *,
    now: datetime,
    lost: datetime | None = None,
    moving: Consultation | None = None,
) -> dict[str, Any]:
    """The open times of one way to talk by the person's clock; those nearest to a lost one first.

    The time of a consultation that is moving counts as free, and is offered where the way differs.
    """
    zone = ZoneInfo(consultation_request.time_zone)
    slots = availability.open_slots(
        mode=way.mode,
        now=now,
        language=consultation_request.spoken_language,
        location=way.location,
        freeing=moving,
    )
    own = [slot for slot in slots if moving and slot.starts_at == moving.starts_at]
    if moving and moving.way_to_talk == (way.mode, way.location):
        slots = [slot for slot in slots if slot not in own]
    return {
        "modes": available_modes(consultation_request),
        "mode": way.mode,
        "places": bookable_locations() if way.mode == Mode.IN_PERSON else [],
        "place": way.place,
        "phone_ends": mask_phone(consultation_request.phone) if way.mode == Mode.PHONE else "",
        "soonest": slot_display.nearest_chips(slots, lost, zone=zone)
        if lost
        else slot_display.soonest_chips(slots, zone=zone),
        "own": slot_display.soonest_chips(own, zone=zone),
        "days": slot_display.chips_by_day(slots, zone=zone),
        "minutes": slots[0].minutes if slots else None,
        "zone_words": time_zones.format_time_zone(zone),
        "is_lost": lost is not None,
    }
