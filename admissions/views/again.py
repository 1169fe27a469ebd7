"""Choose a time for a request that has none: it joins what we know already."""

from zoneinfo import ZoneInfo

from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from admissions import availability, booking, times
from admissions.models import Mode, MoveNotAllowed, SlotTaken

from . import visits
from .manage import show_manage
from .places import asked_place, open_places
from .private import private


@private
@require_http_methods(["GET", "HEAD", "POST"])
def choose_again(http_request):
    """One tap books; where nothing can be booked, the page of the request says why."""
    request = visits.managed(http_request)
    purpose = f"choose {request.pk}"
    if http_request.method == "POST":
        return take(http_request, request, purpose)
    try:
        booking.check_choosable(request)
    except MoveNotAllowed:
        return redirect("admissions:manage")
    return show_choice(http_request, request, purpose)


def take(http_request, request, purpose):
    key = visits.read_key(http_request, purpose)
    starts_at = availability.parse_stamp(http_request.POST.get("at", ""))
    mode = asked_mode(http_request, request)
    place = asked_place(http_request, mode)
    if key is None or starts_at is None or not is_what_was_sent(http_request, mode, place):
        return show_choice(http_request, request, purpose, is_stale=True)
    asked = {"starts_at": starts_at, "mode": mode, "location": place.pk if place else None}
    try:
        booking.choose_again(key=key, request=request, **asked)
    except SlotTaken:
        return show_choice(http_request, request, purpose, lost=starts_at)
    except MoveNotAllowed as refused:
        return show_manage(http_request, request, notice=str(refused), status=409)
    visits.renew_key(http_request, purpose)
    visits.tell(http_request, "booked")
    return redirect("admissions:manage")


def is_what_was_sent(http_request, mode, place) -> bool:
    """Whether the form's own mode and place are still open, so that nobody books another."""
    sent = http_request.POST.get("mode"), http_request.POST.get("place", "")
    return sent == (mode, str(place.pk) if place else "")


def modes_for(request) -> list[tuple]:
    """The ways to talk that are open to this person; a call needs a number."""
    return [choice for choice in Mode.choices if choice[0] != Mode.PHONE or request.phone]


def asked_mode(http_request, request) -> str:
    """The mode in the address or form, else that of their last appointment, else the first."""
    latest = request.consultations.order_by("booked_at", "pk").last()
    asked = http_request.POST.get("mode") or http_request.GET.get("mode")
    open_to_them = [value for value, _label in modes_for(request)]
    wanted = [asked, latest.mode if latest else "", *open_to_them]
    return next(mode for mode in wanted if mode in open_to_them)


def show_choice(http_request, request, purpose, *, lost=None, is_stale=False):
    """All open times of one mode; 409 when one was just lost, or the form was not ours."""
    mode, zone = asked_mode(http_request, request), ZoneInfo(request.time_zone)
    places = open_places() if mode == Mode.IN_PERSON else []
    place = asked_place(http_request, mode, places)
    slots = availability.open_slots(
        mode=mode,
        now=timezone.now(),
        language=request.language,
        location=place.pk if place else None,
    )
    near = times.nearest(slots, lost, zone=zone) if lost else times.soonest(slots, zone=zone)
    context = {
        "modes": modes_for(request),
        "mode": mode,
        "places": places,
        "place": place,
        "phone_ends": str(request.phone)[-2:] if mode == Mode.PHONE else "",
        "soonest": near,
        "days": times.days(slots, zone=zone),
        "minutes": slots[0].minutes if slots else None,
        "zone_words": times.zone_words(zone),
        "key": visits.form_key(http_request, purpose),
        "is_lost": lost is not None,
        "is_stale": is_stale,
    }
    status = 409 if lost or is_stale else 200
    return render(http_request, "admissions/choose_again.html", context, status=status)
