"""Book a time: choose it, say who you are, and see that it is yours."""

from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from admissions import availability, booking, calendars, guiding, letters, shortages, times
from admissions.fields import time_zones
from admissions.forms import DetailsForm
from admissions.models import ConsultationRequest, Mode, MoveNotAllowed, SlotTaken
from programs.models import Program

from . import visits
from .manage import sooner
from .places import asked_place, open_places
from .private import private


def centre_zone() -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)


def asked_mode(http_request) -> str:
    """The mode in the address, or phone when it names none of ours."""
    mode = http_request.GET.get("mode") or http_request.POST.get("mode")
    return mode if mode in Mode.values else Mode.PHONE


def asked_whom(http_request) -> str:
    """For whom the address says this is, or empty when it says nothing that we know."""
    whom = http_request.GET.get("for", "")
    return whom if whom in ConsultationRequest.ForWhom.values else ""


def known_zone(name: str | None) -> ZoneInfo:
    return ZoneInfo(name) if name in time_zones() else centre_zone()


def asked_zone(http_request) -> ZoneInfo:
    """The reader's zone as the address names it, or the centre's."""
    return known_zone(http_request.GET.get("zone"))


def carried(http_request, *, mode, zone, place=None) -> str:
    """What every link of the page takes along: mode, place, zone if not ours, and for whom."""
    asked = {"mode": mode, "for": asked_whom(http_request)}
    if place is not None:
        asked["place"] = place.pk
    if zone != centre_zone():
        asked["zone"] = zone.key
    return urlencode({name: value for name, value in asked.items() if value})


@require_safe
def choose_time(http_request):
    return show_times(http_request, mode=asked_mode(http_request))


def show_times(http_request, *, mode, is_lost=False):
    """All open times of one mode; 409 when someone asked for one that is not open."""
    now, zone = timezone.now(), asked_zone(http_request)
    places = open_places() if mode == Mode.IN_PERSON else []
    place = asked_place(http_request, mode, places)
    roster = availability.on_roster(now)
    slots = slots_of(mode, place, now=now, roster=roster)
    context = {
        **choices(http_request, mode=mode, zone=zone, place=place, places=places),
        "carried": carried(http_request, mode=mode, zone=zone, place=place),
        "mode": mode,
        "for_whom": asked_whom(http_request),
        "zone": zone.key,
        "zone_words": times.zone_words(zone),
        "zones": times.FAMILIAR.items(),
        "is_soon": mode != Mode.PHONE or shortages.is_soon(slots, now=now),
        "soonest": times.soonest(slots, zone=zone),
        "slots": slots,
        "minutes": slots[0].minutes if slots else None,
        "call_promise": times.call_promise(now=now, zone=zone, roster=roster),
        "is_lost": is_lost,
    }
    status = 409 if is_lost else 200
    response = render(http_request, "admissions/choose_time.html", context, status=status)
    response["Cache-Control"] = "no-cache"
    return response


def choices(http_request, *, mode, zone, place, places) -> dict:
    """The modes, and the places of visits, each as a link that carries the rest along."""
    return {
        "modes": [
            (label, carried(http_request, mode=value, zone=zone), value == mode)
            for value, label in Mode.choices
        ],
        "places": [
            (each, carried(http_request, mode=mode, zone=zone, place=each), each == place)
            for each in places
        ],
        "place": place,
    }


def slots_of(mode, place, *, now, **asked):
    """The open times of this mode, and of this place if people come in person."""
    location = place.pk if place else None
    return availability.open_slots(
        mode=mode, now=now, language=get_language(), location=location, **asked
    )


@require_safe
def open_times(http_request):
    """The open times of one mode, for a page that looks again whether its own still are."""
    mode = asked_mode(http_request)
    slots = slots_of(mode, asked_place(http_request, mode), now=timezone.now())
    response = JsonResponse({"mode": mode, "times": [slot.stamp for slot in slots]})
    response["Cache-Control"] = "no-cache"
    return response


@private
@require_http_methods(["GET", "POST"])
def details(http_request):
    """The form for one time; a lost time brings the form back with three others."""
    mode = asked_mode(http_request)
    stamp = http_request.POST.get("at_instead") or (
        http_request.POST.get("at") or http_request.GET.get("at", "")
    )
    starts_at = availability.parse_stamp(stamp)
    if starts_at is None:
        return show_times(http_request, mode=mode, is_lost=True)
    if http_request.method == "POST":
        return submit_details(http_request, mode=mode, starts_at=starts_at)
    return offer_details(http_request, mode=mode, starts_at=starts_at)


def offer_details(http_request, *, mode, starts_at):
    earlier = visits.standing(http_request)
    if earlier and "another" not in http_request.GET:
        return show_already_booked(http_request, earlier, mode=mode, starts_at=starts_at)
    visits.renew_used_key(http_request, "booking")
    place = asked_place(http_request, mode)
    slots = slots_of(mode, place, now=timezone.now(), at=starts_at)
    if not slots:
        return show_times(http_request, mode=mode, is_lost=True)
    zone = asked_zone(http_request)
    known = {"for_whom": asked_whom(http_request)}
    if zone != centre_zone():
        known["time_zone"] = zone.key
    answers = guiding.taken(http_request.session)
    if answers:
        known["program_interest"] = Program.objects.filter(slug=answers.interest).first()
    form = DetailsForm(mode=mode, initial=known, guide=answers)
    return show_details(http_request, form, mode=mode, starts_at=starts_at)


def submit_details(http_request, *, mode, starts_at):
    answers = guiding.taken(http_request.session)
    form = DetailsForm(http_request.POST, mode=mode, guide=answers)
    key = visits.read_key(http_request, "booking")
    if not form.is_valid() or key is None:
        is_stale = key is None and form.is_valid()
        return show_details(http_request, form, mode=mode, starts_at=starts_at, is_stale=is_stale)
    place = asked_place(http_request, mode)
    try:
        request = booking.request_consultation(
            key=key,
            starts_at=starts_at,
            mode=mode,
            location=place.pk if place else None,
            details=form.details(),
            consents=form.consents(),
        )
    except SlotTaken:
        return show_lost_time(http_request, form, mode=mode, starts_at=starts_at)
    visits.remember(http_request, request)
    guiding.forget(http_request.session)
    return redirect("admissions:booked")


def show_details(http_request, form, *, mode, starts_at, status=200, **extra):
    zone = zone_of(form)
    context = {
        "form": form,
        "key": visits.form_key(http_request, "booking"),
        "at": availability.stamp_of(starts_at),
        "mode": mode,
        "mode_name": Mode(mode).label,
        "place": asked_place(http_request, mode),
        "for_whom": asked_whom(http_request),
        "when": letters.clock(starts_at, zone.key),
        "when_here": times.here_words(starts_at, starts_at.astimezone(zone)),
        **extra,
    }
    return render(http_request, "admissions/details.html", context, status=status)


def zone_of(form) -> ZoneInfo:
    """The zone that the form already knows, or the centre's."""
    return known_zone(form["time_zone"].value())


def show_lost_time(http_request, form, *, mode, starts_at):
    """409 with everything typed, and the three nearest times, one tap each."""
    slots = slots_of(mode, asked_place(http_request, mode), now=timezone.now())
    nearest = times.nearest(slots, starts_at, zone=zone_of(form))
    return show_details(
        http_request,
        form,
        mode=mode,
        starts_at=starts_at,
        status=409,
        is_lost=True,
        nearest=nearest,
    )


def show_already_booked(http_request, consultation, *, mode, starts_at):
    """This browser has an appointment: Back and refresh lead to it, not to a second one."""
    context = {
        "when": letters.clock(consultation.starts_at, consultation.request.time_zone),
        "mode": mode,
        "place": asked_place(http_request, mode),
        "at": availability.stamp_of(starts_at),
        "asked_for": letters.clock(starts_at, settings.TIME_ZONE),
    }
    return render(http_request, "admissions/already_booked.html", context)


@private
@require_safe
def booked(http_request):
    """What was booked, and what happens next; nothing that was typed."""
    consultation = booked_consultation(http_request)
    request = consultation.request
    confirmation = consultation.messages.filter(kind__in=letters.INVITES).first()
    context = {
        "consultation": consultation,
        "request": request,
        "words": letters.consultation_words(consultation, request.time_zone),
        "gets_email": bool(request.email and request.may_email),
        "is_email_sent": confirmation is not None and confirmation.is_sent,
        "is_email_lost": confirmation is not None and confirmation.is_lost,
        "call_by": letters.clock(request.promised_call_by, request.time_zone),
        "key": visits.form_key(http_request, "call_now"),
        "sooner": sooner(http_request, request),
    }
    visits.let_manage(http_request, request)
    return render(http_request, "admissions/booked.html", context)


@private
@require_POST
def call_now(http_request):
    """One tap after booking, for someone who cannot wait for their time."""
    request = booked_consultation(http_request).request
    key = visits.read_key(http_request, "call_now")
    if key is not None:
        try:
            booking.ask_for_call_now(key=key, request=request)
        except MoveNotAllowed:
            return redirect("admissions:request_callback")
    return redirect("admissions:booked")


@private
@require_safe
def calendar_file(http_request):
    """The appointment as a file, neutral and without anyone's address."""
    consultation = booked_consultation(http_request)
    return HttpResponse(
        calendars.download(consultation),
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="appointment.ics"'},
    )


def booked_consultation(http_request):
    consultation = visits.standing(http_request)
    if consultation is None:
        raise Http404
    return consultation


@require_safe
def before_the_call(http_request):
    return render(http_request, "admissions/before_the_call.html")


@require_POST
def finish(http_request):
    """Forget this visit on this device."""
    http_request.session.flush()
    response = redirect("admissions:finished")
    response.delete_cookie(settings.CSRF_COOKIE_NAME, samesite=settings.CSRF_COOKIE_SAMESITE)
    # Whatever this or an older page of ours has left here; browsers heed it over TLS.
    response["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response


@private
@require_safe
def finished(http_request):
    return render(http_request, "admissions/finished.html")
