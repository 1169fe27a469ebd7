"""For who has asked or booked in this browser: no number is asked twice.

A time joins the request that a call was asked for, and a call the one that has a time.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_POST

from admissions import formatting
from admissions.booking import callbacks, consultations
from admissions.exceptions import ActionNotAllowed
from admissions.intake.models import ConsultationRequest
from admissions.phone_numbers import draw_masked
from admissions.public import callback_promise, session
from admissions.public.decorators import private
from admissions.public.locations import requested_location
from admissions.public.parameters import link_query, requested_zone, wants_interpreter
from admissions.public.rate_limiting import CALL_CHANGED_TOO_OFTEN
from admissions.public.receipts.standing_call import describe_call
from admissions.rate_limits.limits import TooManyRequests
from admissions.scheduling import availability
from admissions.scheduling.availability import format_stamp
from admissions.scheduling.models import Consultation, Mode
from programs.models import Location

from .confirmation import call_now_purpose
from .rebook import rebook_purpose


def find_bookable_request(
    request: HttpRequest, *, mode: str, starts_at: datetime, place: Location | None
) -> ConsultationRequest | None:
    """The request of this browser that a time may join; None where a new one is made.

    A talk by phone needs a number, and the time a counselor in the language of the request, or an
    interpreter of it: the page may be in another.
    """
    earlier = session.remembered_request(request)
    if earlier is None or (mode == Mode.PHONE and not earlier.phone):
        return None
    try:
        consultations.check_may_rebook(earlier)
    except ActionNotAllowed:
        return None
    is_interpreted = wants_interpreter(request)
    if is_interpreted and earlier.language != get_language():
        return None
    slots = availability.open_slots(
        mode=mode,
        now=timezone.now(),
        language=None if is_interpreted else earlier.spoken_language,
        location=place.pk if place else None,
        at=starts_at,
    )
    return earlier if slots else None


def render_known_booking(
    request: HttpRequest,
    earlier: ConsultationRequest,
    *,
    mode: str,
    place: Location | None,
    starts_at: datetime,
    carried: str,
) -> HttpResponse:
    """The time, and one button: all else we know. The call that we owe stands, or is taken back."""
    session.allow_managing(request, earlier)
    context = {
        "at": format_stamp(starts_at),
        "when": formatting.format_datetime_in_zone(starts_at, earlier.time_zone),
        "mode": mode,
        "mode_name": Mode(mode).label,
        "place": place,
        "phone": draw_masked(earlier.phone) if mode == Mode.PHONE else "",
        "is_interpreted": wants_interpreter(request),
        "owes_call": callbacks.owes_call(earlier),
        "call_by": describe_call(earlier),
        "carried": carried,
        "key": session.issue_form_key(request, rebook_purpose(earlier)),
    }
    return render(request, "admissions/known_booking.html", context)


def find_callable_request(earlier: ConsultationRequest | None) -> ConsultationRequest | None:
    """The request of this browser that a call may join; None where a new one is made."""
    return earlier if earlier and earlier.phone and not earlier.is_closed else None


@private
@require_POST
def call_now(request: HttpRequest) -> HttpResponse:
    """One tap, for someone whose number we have and who cannot wait for their time, or has none.

    The page may be older than the hour: what it shows next is the time that we promised, or that
    we can promise none.
    """
    earlier = session.remembered_request(request)
    if earlier is None:
        return redirect("admissions:booked")
    purpose = call_now_purpose(earlier)
    key = session.read_form_key(request, purpose)
    if key is not None:
        try:
            callbacks.request_call_now(key=key, request=earlier)
        except ActionNotAllowed as refused:
            if find_callable_request(earlier) is None:
                return redirect("admissions:request_callback")
            return render_known_call(request, earlier, notice=str(refused), status=409)
        except TooManyRequests:
            return render_known_call(
                request, earlier, notice=str(CALL_CHANGED_TOO_OFTEN), status=429
            )
        session.renew_form_key(request, purpose)
    return redirect("admissions:booked")


def render_known_call(
    request: HttpRequest, earlier: ConsultationRequest, *, notice: str = "", status: int = 200
) -> HttpResponse:
    """One button asks for the call, to the number that we have, and says by when unless now.

    A `notice` says why there is none, with the numbers to call in place of the button.
    """
    session.allow_managing(request, earlier)
    consultation = earlier.standing_consultation()
    context = {
        "phone": draw_masked(earlier.phone),
        "call_by": describe_call(earlier),
        "when": formatting.format_datetime_in_zone(consultation.starts_at, earlier.time_zone)
        if consultation
        else "",
        "call_promise": callback_promise.describe_urgent_promise(
            now=timezone.now(), zone=ZoneInfo(earlier.time_zone)
        ),
        "key": session.issue_form_key(request, call_now_purpose(earlier)),
        "notice": notice,
    }
    return render(request, "admissions/known_call.html", context, status=status)


def render_already_received(request: HttpRequest) -> HttpResponse:
    """What a form made is shown only in the browser that sent it first."""
    return render(request, "admissions/already_received.html", status=409)


def render_already_booked(
    request: HttpRequest,
    consultation: Consultation,
    *,
    mode: str,
    starts_at: datetime,
    status: int = 200,
) -> HttpResponse:
    """This browser has an appointment: Back and refresh lead to it, not to a second one."""
    session.allow_managing(request, consultation.request)
    context = {
        "when": formatting.format_datetime_in_zone(
            consultation.starts_at, consultation.request.time_zone
        ),
        "at": format_stamp(starts_at),
        "carried": link_query(request, mode=mode, place=requested_location(request, mode)),
        "asked_for": formatting.format_datetime_in_zone(starts_at, requested_zone(request).key),
    }
    return render(request, "admissions/already_booked.html", context, status=status)
