"""Open times for someone whom we know: each is a button, and their way to talk can be another."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest

from admissions import formatting, time_zones
from admissions.intake.models import ConsultationRequest
from admissions.phone_numbers import mask_phone
from admissions.public import interpreters
from admissions.public.locations import bookable_locations, requested_location
from admissions.public.parameters import encode_query
from admissions.scheduling import availability, slot_display
from admissions.scheduling.availability import Slot
from admissions.scheduling.models import Consultation, Mode
from programs.models import Location


@dataclass(frozen=True)
class WayToTalk:
    """A mode that is open to this person, where they come, and whether an interpreter joins."""

    mode: str
    place: Location | None
    is_interpreted: bool = False

    @property
    def location(self) -> int | None:
        return self.place.pk if self.place else None

    @property
    def interpreter_query(self) -> str:
        """What the link to the same times with an interpreter asks."""
        asked = {"mode": self.mode, "place": str(self.location or ""), "with_interpreter": "1"}
        return encode_query(asked)

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
    is_interpreted = interpreters.wants_own_interpreter(request, consultation_request)
    if latest and is_visit and place in (None, "", str(latest.location_id)):
        return WayToTalk(mode, latest.location, is_interpreted)
    return WayToTalk(mode, requested_location(request, mode), is_interpreted)


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
    Where nobody who speaks their language has any, but others do, an interpreter is offered.
    """
    zone = ZoneInfo(consultation_request.time_zone)
    language = None if way.is_interpreted else consultation_request.spoken_language
    own, slots = find_times(way, language, now=now, moving=moving)
    may_interpret = not slots and interpreters.may_have_interpreter(consultation_request)
    return {
        "is_interpreted": way.is_interpreted,
        "in_language": formatting.name_language_in_sentence(consultation_request.language),
        "interpreter_query": way.interpreter_query
        if may_interpret and language and find_times(way, None, now=now, moving=moving)[1]
        else "",
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


def find_times(
    way: WayToTalk, language: str | None, *, now: datetime, moving: Consultation | None
) -> tuple[list[Slot], list[Slot]]:
    """The time that they have already, where it is open this way, and all that they may choose."""
    slots = availability.open_slots(
        mode=way.mode, now=now, language=language, location=way.location, freeing=moving
    )
    own = [slot for slot in slots if moving and slot.starts_at == moving.starts_at]
    if moving and moving.way_to_talk == (way.mode, way.location):
        slots = [slot for slot in slots if slot not in own]
    return own, slots
