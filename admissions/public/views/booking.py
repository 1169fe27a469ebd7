"""Book a time: choose it, and say who you are."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_safe

from admissions import failpoints, formatting, time_zones
from admissions.booking import consultations
from admissions.counters import Refusal, count_refusal
from admissions.exceptions import SlotTaken
from admissions.intake.models import ConsultationRequest
from admissions.public import (
    callback_promise,
    guide_answers,
    interpreters,
    language_switch,
    rate_limiting,
    session,
)
from admissions.public.decorators import private
from admissions.public.forms import DetailsForm
from admissions.public.locations import bookable_locations, requested_location
from admissions.public.parameters import (
    callback_query,
    encode_query,
    link_query,
    requested_for_whom,
    requested_mode,
    requested_zone,
    wants_interpreter,
)
from admissions.rate_limits.limits import TooManyRequests
from admissions.scheduling import availability, shortages, slot_display
from admissions.scheduling import roster as scheduling_roster
from admissions.scheduling.availability import Slot
from admissions.scheduling.models import Mode
from admissions.scheduling.roster import RosterEntry
from programs.models import Location, Program

from .known_request import (
    find_bookable_request,
    render_already_booked,
    render_already_received,
    render_known_booking,
)


@require_safe
def choose_time(request: HttpRequest) -> HttpResponse:
    return render_choose_time(request, mode=requested_mode(request))


def render_choose_time(request: HttpRequest, *, mode: str, is_lost: bool = False) -> HttpResponse:
    """All open times of one mode; 409 when someone asked for one that is not open."""
    now, zone = timezone.now(), requested_zone(request)
    places = bookable_locations() if mode == Mode.IN_PERSON else []
    place = requested_location(request, mode, places)
    roster = scheduling_roster.load_roster(now)
    is_interpreted = wants_interpreter(request)
    slots = find_open_slots(request, mode, place, now=now, roster=roster)
    context = {
        **mode_and_location_links(request, mode=mode, place=place, places=places),
        "carried": link_query(request, mode=mode, place=place, with_interpreter=is_interpreted),
        "is_interpreted": is_interpreted,
        "in_language": formatting.name_language_in_sentence(get_language()),
        "interpreter_query": ""
        if slots
        else interpreters.find_interpreter_query(
            request, mode=mode, place=place, now=now, roster=roster
        ),
        "mode": mode,
        "for_whom": requested_for_whom(request),
        "zone": zone.key,
        "zone_words": time_zones.format_time_zone(zone),
        "zones": list_zones(zone),
        "callback_query": callback_query(request),
        "is_soon": mode != Mode.PHONE or shortages.has_slot_soon(slots, now=now),
        "soonest": slot_display.soonest_chips(slots, zone=zone),
        "slots": slots,
        "minutes": slots[0].minutes if slots else None,
        "call_promise": callback_promise.describe_callback_promise(
            now=now, zone=zone, roster=roster
        ),
        "is_lost": is_lost,
    }
    status = 409 if is_lost else 200
    response = render(request, "admissions/choose_time.html", context, status=status)
    response["Cache-Control"] = "no-cache"
    return response


def list_zones(zone: ZoneInfo) -> list[tuple[str, str]]:
    """(name, words) of the clocks to choose from: the familiar ones, and the one shown."""
    names = time_zones.FAMILIAR_ZONE_NAMES | {zone.key: time_zones.format_time_zone(zone)}
    return [(name, str(words)) for name, words in names.items()]


def mode_and_location_links(
    request: HttpRequest,
    *,
    mode: str,
    place: Location | None,
    places: list[Location],
) -> dict:
    """The modes, and the places of visits, each as a link that carries the rest along."""
    return {
        "modes": [
            (label, link_query(request, mode=value), value == mode) for value, label in Mode.choices
        ],
        "places": [
            (each, link_query(request, mode=mode, place=each), each == place) for each in places
        ],
        "place": place,
    }


def find_open_slots(
    request: HttpRequest,
    mode: str,
    place: Location | None,
    *,
    now: datetime,
    at: datetime | None = None,
    roster: list[RosterEntry] | None = None,
) -> list[Slot]:
    """The open times of this mode, and of this place if people come in person.

    Of who speaks the language of the page; of everyone, where an interpreter is wanted.
    """
    location = place.pk if place else None
    language = None if wants_interpreter(request) else get_language()
    return availability.open_slots(
        mode=mode, now=now, language=language, location=location, at=at, roster=roster
    )


@require_safe
def open_times(request: HttpRequest) -> JsonResponse:
    """The open times of one mode, for a page that looks again whether its own still are."""
    mode = requested_mode(request)
    slots = find_open_slots(request, mode, requested_location(request, mode), now=timezone.now())
    response = JsonResponse({"mode": mode, "times": [slot.stamp for slot in slots]})
    response["Cache-Control"] = "no-cache"
    return response


@private
@require_http_methods(["GET", "HEAD", "POST"])
def details(request: HttpRequest) -> HttpResponse:
    """The form for one time; a lost time brings the form back with three others."""
    mode = requested_mode(request)
    stamp = request.POST.get("at_instead") or (request.POST.get("at") or request.GET.get("at", ""))
    starts_at = availability.parse_stamp(stamp)
    if starts_at is None:
        return render_choose_time(request, mode=mode, is_lost=True)
    if language_switch.is_switching(request):
        return switch_language(request, mode=mode, starts_at=starts_at)
    if request.method == "POST":
        return submit_details(request, mode=mode, starts_at=starts_at)
    return open_details(request, mode=mode, starts_at=starts_at)


def open_details(request: HttpRequest, *, mode: str, starts_at: datetime) -> HttpResponse:
    earlier = session.remembered_consultation(request)
    if earlier and "another" not in request.GET:
        return render_already_booked(request, earlier, mode=mode, starts_at=starts_at)
    session.renew_used_form_key(request, "booking")
    place = requested_location(request, mode)
    slots = find_open_slots(request, mode, place, now=timezone.now(), at=starts_at)
    if not slots:
        return render_choose_time(request, mode=mode, is_lost=True)
    known_request = find_bookable_request(request, mode=mode, starts_at=starts_at, place=place)
    if known_request and "another" not in request.GET:
        is_interpreted = wants_interpreter(request)
        carried = link_query(request, mode=mode, place=place, with_interpreter=is_interpreted)
        return render_known_booking(
            request, known_request, mode=mode, place=place, starts_at=starts_at, carried=carried
        )
    known: dict[str, Any] = {
        "for_whom": requested_for_whom(request),
        "time_zone": requested_zone(request).key,
    }
    answers = guide_answers.load_answers(request.session)
    if answers:
        known["program_interest"] = Program.objects.filter(slug=answers.program_slug).first()
    form = DetailsForm(mode=mode, initial=known, guide=answers)
    return render_details(request, form, mode=mode, starts_at=starts_at)


def switch_language(request: HttpRequest, *, mode: str, starts_at: datetime) -> HttpResponse:
    """The same form in this language, as it was typed; 409 if no speaker of it has that time."""
    form = DetailsForm(mode=mode, guide=guide_answers.load_answers(request.session))
    language_switch.fill_with_typed(form, request)
    place = requested_location(request, mode)
    if not find_open_slots(request, mode, place, now=timezone.now(), at=starts_at):
        return render_slot_taken(request, form, mode=mode, starts_at=starts_at)
    return render_details(request, form, mode=mode, starts_at=starts_at)


def submit_details(request: HttpRequest, *, mode: str, starts_at: datetime) -> HttpResponse:
    answers = guide_answers.load_answers(request.session)
    form = DetailsForm(request.POST, mode=mode, guide=answers)
    key = session.read_form_key(request, "booking")
    if not form.is_valid() or key is None:
        is_stale = key is None and form.is_valid()
        return render_details(request, form, mode=mode, starts_at=starts_at, is_stale=is_stale)
    place, sender = requested_location(request, mode), session.sender_of(request)
    try:
        consultation_request = consultations.request_consultation(
            key=key,
            starts_at=starts_at,
            mode=mode,
            location=place.pk if place else None,
            details=interpreters.add_interpreter(request, form.request_fields()),
            consents=form.consent_answers(),
            origin=rate_limiting.origin_of(request),
            sender=sender,
        )
    except SlotTaken:
        count_refusal(Refusal.SLOT_TAKEN)
        return render_slot_taken(request, form, mode=mode, starts_at=starts_at)
    except TooManyRequests as refused:
        rate_limiting.note_refusal(refused)
        return render_details(
            request, form, mode=mode, starts_at=starts_at, status=429, is_refused=True
        )
    if not session.may_see_answer(request, consultation_request, key=key, sender=sender):
        return render_already_received(request)
    session.remember_request(request, consultation_request)
    is_other = consultation_request.standing_start() not in (None, starts_at)
    if is_other and (standing := consultation_request.standing_consultation()):
        # The same form, sent from another tab with another time: the first one counted.
        return render_already_booked(request, standing, mode=mode, starts_at=starts_at, status=409)
    guide_answers.forget_answers(request.session)
    failpoints.hit_failpoint("before_response")
    return redirect("admissions:booked")


def render_details(
    request: HttpRequest,
    form: DetailsForm,
    *,
    mode: str,
    starts_at: datetime,
    status: int = 200,
    **extra: Any,
) -> HttpResponse:
    zone, place = form_zone(form), requested_location(request, mode)
    context = {
        "form": form,
        "key": session.issue_form_key(request, "booking"),
        "at": availability.format_stamp(starts_at),
        "mode": mode,
        "mode_name": Mode(mode).label,
        "place": place,
        "is_interpreted": wants_interpreter(request),
        "change_query": encode_query(
            {
                "mode": mode,
                "place": str(place.pk) if place else "",
                "for": requested_for_whom(request),
                "zone": form["time_zone"].value() or "",
                "with_interpreter": "1" if wants_interpreter(request) else "",
            }
        ),
        "professional_query": encode_query(
            {
                "for": ConsultationRequest.ForWhom.PROFESSIONAL,
                "zone": form["time_zone"].value() or "",
            }
        ),
        "when": formatting.format_datetime_in_zone(starts_at, zone.key),
        "when_here": formatting.format_center_time_if_different(
            starts_at, starts_at.astimezone(zone)
        ),
        **extra,
    }
    return render(request, "admissions/details.html", context, status=status)


def form_zone(form: DetailsForm) -> ZoneInfo:
    """The zone that the form already knows, or the center's."""
    return time_zones.parse_zone(form["time_zone"].value())


def render_slot_taken(
    request: HttpRequest, form: DetailsForm, *, mode: str, starts_at: datetime
) -> HttpResponse:
    """409 with everything typed, and the three nearest times, one tap each."""
    slots = find_open_slots(request, mode, requested_location(request, mode), now=timezone.now())
    nearest = slot_display.nearest_chips(slots, starts_at, zone=form_zone(form))
    return render_details(
        request,
        form,
        mode=mode,
        starts_at=starts_at,
        status=409,
        is_lost=True,
        nearest=nearest,
    )
