"""What a click on a free time leads to: book it, or move a consultation to it."""

import uuid
from dataclasses import replace
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from admissions import local_time, staff_formatting
from admissions.accounts.staff_request import StaffRequest
from admissions.admin.links import CALENDAR_PAGE, REQUEST_PAGE
from admissions.audit import access_log
from admissions.booking import by_staff
from admissions.calls import booking as calls_booking
from admissions.exceptions import ActionNotAllowed, SlotTaken
from admissions.intake import idempotency
from admissions.intake.models import ConsultationRequest
from admissions.scheduling import availability, week_layout
from admissions.scheduling.assignment import SlotChoice
from admissions.scheduling.models import Consultation, Counselor, Mode
from users.models import User

from . import calendar_grid, callers
from .calendar import find_open_request, may_triage
from .phone_form import PhoneBookingForm


def parse_pick(data: QueryDict, *, mode: str) -> SlotChoice | None:
    """The free start that was clicked, or the other one that a button offers instead."""
    stamp, number = data.get("at", ""), data.get("counselor", "")
    if "instead" in data:
        stamp, _dash, number = str(data["instead"]).partition("-")
    starts_at = availability.parse_stamp(stamp)
    if starts_at is None or not is_row_id(number) or mode not in Mode.values:
        return None
    return SlotChoice(starts_at, mode, int(number))


def is_row_id(text: str) -> bool:
    """Whether it can be the id of a row."""
    return text.isascii() and text.isdecimal() and len(text) < 10


def submitted_data(request: HttpRequest) -> QueryDict:
    return request.POST if request.method == "POST" else request.GET


def is_pick_open(pick: SlotChoice, query: week_layout.SlotQuery) -> bool:
    slots = availability.open_slots(
        mode=pick.mode,
        now=timezone.now(),
        language=query.language,
        at=pick.starts_at,
        freeing=query.moving,
    )
    return any(pick.counselor_id in slot.counselors for slot in slots)


def pick_context(pick: SlotChoice, query: week_layout.SlotQuery) -> dict:
    """The chosen time in words, and as the form carries it."""
    return {
        "pick": pick,
        "at": f"{pick.starts_at:{availability.STAMP_FORMAT}}",
        "when": format_full_time(pick.starts_at),
        "counselor": get_object_or_404(Counselor, pk=pick.counselor_id),
        "mode_name": Mode(pick.mode).label,
        "query": query,
        "calendar": calendar_url(pick, **calendar_search(query)),
    }


def format_full_time(at: datetime) -> str:
    """Tue, Nov 24, 9:00 am PST."""
    zone = at.astimezone(local_time.center_zone()).tzname()
    return f"{staff_formatting.format_date_and_time(at)} {zone}"


def calendar_url(pick: SlotChoice, **carried: Any) -> str:
    """The week of the counselor from the day of this time on."""
    day = timezone.localdate(pick.starts_at).isoformat()
    parameters = {"from": day, "counselor": pick.counselor_id, "mode": pick.mode, **carried}
    return f"{reverse(CALENDAR_PAGE)}?{urlencode(parameters)}"


def calendar_search(query: week_layout.SlotQuery) -> dict:
    """What leads back to the calendar with the same search in hand."""
    if query.moving:
        return {"move": query.moving.pk}
    if query.call_id:
        return {"call": query.call_id}
    return {"for": query.request.pk} if query.request else {}


def redirect_with_warning(
    request: HttpRequest, words: str, address: str = ""
) -> HttpResponseRedirect:
    messages.warning(request, words)
    return HttpResponseRedirect(address or reverse(CALENDAR_PAGE))


def redirect_not_open(request: HttpRequest, address: str = "") -> HttpResponseRedirect:
    return redirect_with_warning(
        request, _("That time is no longer open. Choose another."), address
    )


def request_url(consultation_request: ConsultationRequest) -> str:
    return reverse(REQUEST_PAGE, args=[consultation_request.pk])


# Book


def book_view(request: StaffRequest, *, site: admin.AdminSite) -> HttpResponse:
    """One free time: for someone on the phone, or for a request that has none."""
    if not may_triage(request):
        raise PermissionDenied
    data = submitted_data(request)
    pick, given = parse_pick(data, mode=data.get("mode", "")), data.get("for", "")
    if pick is None:
        return redirect_not_open(request)
    call = calls_booking.find_call_to_book(data.get("call"))
    query = week_layout.SlotQuery(
        pick.mode, find_open_request(given), call_id=call.pk if call else None
    )
    if given and query.request is None:
        return redirect_with_warning(request, _("This request is closed."))
    if request.method == "POST":
        return submit_booking(request, site, pick, query)
    if not is_pick_open(pick, query):
        return redirect_not_open(request, calendar_url(pick, **calendar_search(query)))
    noted = callers.read_call(call) if call else None
    form = None if query.request else PhoneBookingForm(mode=pick.mode, initial=noted)
    return render_booking(request, site, pick, query, form)


def booking_key_purpose(request: StaffRequest) -> str:
    """A key counts for the person to whom it was given."""
    return f"book as staff {request.user.pk}"


def submit_booking(
    request: StaffRequest, site: admin.AdminSite, pick: SlotChoice, query: week_layout.SlotQuery
) -> HttpResponse:
    """Books, or shows the form again with everything typed."""
    key = idempotency.verify_key(request.POST.get("key", ""), booking_key_purpose(request))
    form = None if query.request else PhoneBookingForm(request.POST, mode=pick.mode)
    if key is None or (form and not form.is_valid()):
        return render_booking(request, site, pick, query, form, is_stale=key is None)
    if form and (warned := callers.find_unwarned_appointment(request, key, form)):
        when = format_full_time(warned.starts_at)
        known: dict[str, Any] = {"appointment": warned, "appointment_when": when}
        return render_booking(request, site, pick, query, form, **known)
    try:
        booked = create_booking(key, pick, query, form, by=request.user)
    except SlotTaken:
        return render_pick_taken(request, site, pick, query, form)
    except ActionNotAllowed as refused:
        address = request_url(query.request) if query.request else ""
        return redirect_with_warning(request, str(refused), address)
    messages.success(request, _("The consultation is booked."))
    if query.request and query.request.owner_id is None and booked.owner_id == request.user.pk:
        messages.success(request, _("The request is yours now."))
    return HttpResponseRedirect(request_url(booked))


def create_booking(
    key: UUID,
    pick: SlotChoice,
    query: week_layout.SlotQuery,
    form: PhoneBookingForm | None,
    *,
    by: User,
) -> ConsultationRequest:
    if query.request:
        return by_staff.book_for_request(key=key, request_id=query.request.pk, by=by, pick=pick)
    new_caller = cast(PhoneBookingForm, form)
    details, consents = new_caller.request_fields(), new_caller.consent_answers()
    return calls_booking.book_caller(
        key=key, by=by, pick=pick, details=details, consents=consents, call_id=query.call_id
    )


def render_pick_taken(
    request: StaffRequest,
    site: admin.AdminSite,
    pick: SlotChoice,
    query: week_layout.SlotQuery,
    form: PhoneBookingForm | None,
) -> HttpResponse:
    """409 with everything typed, and the three nearest times, one click each."""
    if form:
        query = replace(query, spoken_language=form.cleaned_data["language"])
    nearest = calendar_grid.nearest_alternatives(pick, query, now=timezone.now())
    return render_booking(request, site, pick, query, form, status=409, nearest=nearest)


def render_booking(
    request: StaffRequest,
    site: admin.AdminSite,
    pick: SlotChoice,
    query: week_layout.SlotQuery,
    form: PhoneBookingForm | None,
    *,
    status: int = 200,
    **extra: Any,
) -> HttpResponse:
    access_log.log_view(request, code="book", shown=[query.request.pk] if query.request else ())
    fresh = idempotency.sign_key(uuid.uuid4(), booking_key_purpose(request))
    kept = "" if extra.get("is_stale") else request.POST.get("key")
    context = {
        **site.each_context(request),
        **pick_context(pick, query),
        "title": _("Book a time"),
        "form": form,
        "key": kept or fresh,
        "is_lost": status == 409,
        **extra,
    }
    template = "admin/admissions/consultation/book.html"
    return TemplateResponse(request, template, context, status=status)


# Move


def move_view(request: StaffRequest, *, site: admin.AdminSite) -> HttpResponse:
    """The old and the new time side by side, and the move itself."""
    if not may_triage(request):
        raise PermissionDenied
    data = submitted_data(request)
    number = data.get("consultation", "")
    consultation = get_object_or_404(
        Consultation.objects.select_related("request", "counselor"),
        pk=number if is_row_id(number) else None,
    )
    pick = parse_pick(data, mode=consultation.mode)
    if pick is None:
        return redirect_not_open(request)
    if not consultation.is_standing:
        return resolve_changed_consultation(request, consultation, pick)
    query = week_layout.SlotQuery(consultation.mode, consultation.request, consultation)
    if request.method == "POST":
        return submit_move(request, site, pick, query)
    if not is_pick_open(pick, query):
        return redirect_not_open(request, calendar_url(pick, **calendar_search(query)))
    return render_move(request, site, pick, query)


def resolve_changed_consultation(
    request: StaffRequest, consultation: Consultation, pick: SlotChoice
) -> HttpResponse:
    """A second click finds the move done; after any other change, staff look again."""
    now = consultation.request.standing_consultation()
    if now and (now.starts_at, now.counselor_id) == (pick.starts_at, pick.counselor_id):
        return redirect_moved(request, pick)
    return redirect_with_warning(
        request, _("This consultation has changed meanwhile."), request_url(consultation.request)
    )


def submit_move(
    request: StaffRequest, site: admin.AdminSite, pick: SlotChoice, query: week_layout.SlotQuery
) -> HttpResponse:
    moving = cast(Consultation, query.moving)
    try:
        by_staff.reschedule_consultation(
            request_id=moving.request_id,
            starts_at=pick.starts_at,
            by=request.user,
            counselor_id=pick.counselor_id,
        )
    except SlotTaken:
        nearest = calendar_grid.nearest_alternatives(pick, query, now=timezone.now())
        return render_move(request, site, pick, query, status=409, nearest=nearest)
    except ActionNotAllowed as refused:
        return redirect_with_warning(request, str(refused), request_url(moving.request))
    return redirect_moved(request, pick)


def redirect_moved(request: HttpRequest, pick: SlotChoice) -> HttpResponseRedirect:
    messages.success(request, _("The consultation is moved."))
    return HttpResponseRedirect(calendar_url(pick))


def render_move(
    request: StaffRequest,
    site: admin.AdminSite,
    pick: SlotChoice,
    query: week_layout.SlotQuery,
    *,
    status: int = 200,
    **extra: Any,
) -> HttpResponse:
    moving = cast(Consultation, query.moving)
    access_log.log_view(request, code="move", shown=[moving.request_id])
    context = {
        **site.each_context(request),
        **pick_context(pick, query),
        "title": _("Move a consultation"),
        "old": moving,
        "old_when": format_full_time(moving.starts_at),
        "is_lost": status == 409,
        **extra,
    }
    template = "admin/admissions/consultation/move.html"
    return TemplateResponse(request, template, context, status=status)
