"""Choose a time for a request that has none: it joins what we know already."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from admissions import time_zones
from admissions.booking import consultations
from admissions.exceptions import ActionNotAllowed, SlotTaken
from admissions.intake.models import ConsultationRequest
from admissions.phone_numbers import mask_phone
from admissions.public import session
from admissions.public.decorators import private
from admissions.public.locations import bookable_locations, requested_location
from admissions.public.receipts.standing_call import describe_call
from admissions.scheduling import availability, slot_display
from admissions.scheduling.models import Mode
from programs.models import Location

from .manage import render_manage


@private
@require_http_methods(["GET", "HEAD", "POST"])
def rebook(request: HttpRequest) -> HttpResponse:
    """One tap books; where nothing can be booked, the page of the request says why."""
    consultation_request = session.managed_request(request)
    purpose = rebook_purpose(consultation_request)
    if request.method == "POST":
        return submit_rebooking(request, consultation_request, purpose)
    try:
        consultations.check_may_rebook(consultation_request)
    except ActionNotAllowed:
        return redirect("admissions:manage")
    return render_rebook(request, consultation_request, purpose)


def rebook_purpose(consultation_request: ConsultationRequest) -> str:
    return f"choose {consultation_request.pk}"


def submit_rebooking(
    request: HttpRequest, consultation_request: ConsultationRequest, purpose: str
) -> HttpResponse:
    key = session.read_form_key(request, purpose)
    starts_at = availability.parse_stamp(request.POST.get("at", ""))
    mode = rebooking_mode(request, consultation_request)
    place = requested_location(request, mode)
    if key is None or starts_at is None or not is_submitted_choice(request, mode, place):
        return render_rebook(request, consultation_request, purpose, is_stale=True)
    try:
        consultations.rebook_consultation(
            key=key,
            request=consultation_request,
            starts_at=starts_at,
            mode=mode,
            location=place.pk if place else None,
            instead_of_call=request.POST.get("call") == "take_back",
        )
    except SlotTaken:
        return render_rebook(request, consultation_request, purpose, lost=starts_at)
    except ActionNotAllowed as refused:
        return render_manage(request, consultation_request, notice=str(refused), status=409)
    session.renew_form_key(request, purpose)
    session.set_flash(request, "booked")
    return redirect("admissions:manage")


def is_submitted_choice(request: HttpRequest, mode: str, place: Location | None) -> bool:
    """Whether the form's own mode and place are still open, so that nobody books another."""
    sent = request.POST.get("mode"), request.POST.get("place", "")
    return sent == (mode, str(place.pk) if place else "")


def available_modes(consultation_request: ConsultationRequest) -> list[tuple]:
    """The ways to talk that are open to this person; a call needs a number."""
    return [
        choice for choice in Mode.choices if choice[0] != Mode.PHONE or consultation_request.phone
    ]


def rebooking_mode(request: HttpRequest, consultation_request: ConsultationRequest) -> str:
    """The mode in the address or form, else that of their last appointment, else the first."""
    latest = consultation_request.consultations.order_by("booked_at", "pk").last()
    asked = request.POST.get("mode") or request.GET.get("mode")
    open_to_them = [value for value, _label in available_modes(consultation_request)]
    wanted = [asked, latest.mode if latest else "", *open_to_them]
    return next(mode for mode in wanted if mode in open_to_them)


def render_rebook(
    request: HttpRequest,
    consultation_request: ConsultationRequest,
    purpose: str,
    *,
    lost: datetime | None = None,
    is_stale: bool = False,
) -> HttpResponse:
    """All open times of one mode; 409 when one was just lost, or the form was not ours."""
    mode = rebooking_mode(request, consultation_request)
    zone = ZoneInfo(consultation_request.time_zone)
    places = bookable_locations() if mode == Mode.IN_PERSON else []
    place = requested_location(request, mode, places)
    slots = availability.open_slots(
        mode=mode,
        now=timezone.now(),
        language=consultation_request.spoken_language,
        location=place.pk if place else None,
    )
    context = {
        "modes": available_modes(consultation_request),
        "mode": mode,
        "places": places,
        "place": place,
        "phone_ends": mask_phone(consultation_request.phone) if mode == Mode.PHONE else "",
        "call_by": describe_call(consultation_request),
        "soonest": slot_display.nearest_chips(slots, lost, zone=zone)
        if lost
        else slot_display.soonest_chips(slots, zone=zone),
        "days": slot_display.chips_by_day(slots, zone=zone),
        "minutes": slots[0].minutes if slots else None,
        "zone_words": time_zones.format_time_zone(zone),
        "key": session.issue_form_key(request, purpose),
        "is_lost": lost is not None,
        "is_stale": is_stale,
    }
    status = 409 if lost or is_stale else 200
    return render(request, "admissions/rebook.html", context, status=status)
