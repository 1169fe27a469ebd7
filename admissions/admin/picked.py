"""What a click on a free time leads to: book it, or move a consultation to it."""

import uuid
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import (
    availability,
    desk,
    looks,
    phone_booking,
    submissions,
    triage,
    week,
    week_page,
)
from ..assignment import Pick
from ..models import Consultation, ConsultationRequest, Counselor, Mode, MoveNotAllowed, SlotTaken
from .spoken import SpokenDetailsForm
from .week import CALENDAR, may_act, open_request

REQUEST = "admin:admissions_consultationrequest_change"


def pick_of(data, *, mode: str) -> Pick | None:
    """The free start that was clicked, or the other one that a button offers instead."""
    stamp, number = data.get("at", ""), data.get("counselor", "")
    if "instead" in data:
        stamp, _dash, number = data["instead"].partition("-")
    starts_at = availability.parse_stamp(stamp)
    is_known = starts_at and is_number(number) and mode in Mode.values
    return Pick(starts_at, mode, int(number)) if is_known else None


def is_number(text: str) -> bool:
    """Whether it can be the id of a row."""
    return text.isascii() and text.isdecimal() and len(text) < 10


def sent(request):
    return request.POST if request.method == "POST" else request.GET


def is_free(pick: Pick, asked: week.Asked) -> bool:
    slots = availability.open_slots(
        mode=pick.mode,
        now=timezone.now(),
        language=asked.language,
        at=pick.starts_at,
        freeing=asked.moving,
    )
    return any(pick.counselor_id in slot.counselors for slot in slots)


def pick_words(pick: Pick, asked: week.Asked) -> dict:
    """The chosen time in words, and as the form carries it."""
    return {
        "pick": pick,
        "at": f"{pick.starts_at:{availability.STAMP}}",
        "when": clock(pick.starts_at),
        "counselor": get_object_or_404(Counselor, pk=pick.counselor_id),
        "mode_name": Mode(pick.mode).label,
        "asked": asked,
        "calendar": calendar_of(pick, **for_whom(asked)),
    }


def clock(at: datetime) -> str:
    """Tue, Nov 24, 9:00 am PST."""
    return f"{desk.full_clock(at)} {at.astimezone(week.centre()).tzname()}"


def calendar_of(pick: Pick, **carried) -> str:
    """The week of the counselor from the day of this time on."""
    day = timezone.localdate(pick.starts_at).isoformat()
    query = {"from": day, "counselor": pick.counselor_id, "mode": pick.mode, **carried}
    return f"{reverse(CALENDAR)}?{urlencode(query)}"


def for_whom(asked: week.Asked) -> dict:
    """What leads back to the calendar with the same search in hand."""
    if asked.moving:
        return {"move": asked.moving.pk}
    return {"for": asked.request.pk} if asked.request else {}


def send_back(request, words: str, address: str = ""):
    messages.warning(request, words)
    return HttpResponseRedirect(address or reverse(CALENDAR))


def not_open(request, address: str = ""):
    return send_back(request, _("That time is no longer open. Choose another."), address)


def page_of(asked_for: ConsultationRequest) -> str:
    return reverse(REQUEST, args=[asked_for.pk])


# Book


def book_view(request, *, site):
    """One free time: for someone on the phone, or for a request that has none."""
    if not may_act(request):
        raise PermissionDenied
    data = sent(request)
    pick, given = pick_of(data, mode=data.get("mode", "")), data.get("for", "")
    if pick is None:
        return not_open(request)
    asked = week.Asked(pick.mode, open_request(given))
    if given and asked.request is None:
        return send_back(request, _("This request is closed."))
    if request.method == "POST":
        return submit_booking(request, site, pick, asked)
    if not is_free(pick, asked):
        return not_open(request, calendar_of(pick, **for_whom(asked)))
    form = None if asked.request else SpokenDetailsForm(mode=pick.mode)
    return show_booking(request, site, pick, asked, form)


def purpose(request) -> str:
    """A key counts for the person to whom it was given."""
    return f"book as staff {request.user.pk}"


def submit_booking(request, site, pick, asked):
    """Books, or shows the form again with everything typed."""
    key = submissions.read_key(request.POST.get("key", ""), purpose(request))
    form = None if asked.request else SpokenDetailsForm(request.POST, mode=pick.mode)
    if key is None or (form and not form.is_valid()):
        return show_booking(request, site, pick, asked, form, is_stale=key is None)
    try:
        booked = book(key, pick, asked, form, by=request.user)
    except SlotTaken:
        return show_lost(request, site, pick, asked, form)
    except MoveNotAllowed as refused:
        return send_back(request, str(refused), page_of(asked.request))
    messages.success(request, _("The consultation is booked."))
    return HttpResponseRedirect(page_of(booked))


def book(key, pick, asked, form, *, by) -> ConsultationRequest:
    if asked.request:
        return phone_booking.book_time(key=key, request_id=asked.request.pk, by=by, pick=pick)
    details, consents = form.details(), form.consents()
    return phone_booking.book_by_phone(
        key=key, by=by, pick=pick, details=details, consents=consents
    )


def show_lost(request, site, pick, asked, form):
    """409 with everything typed, and the three nearest times, one click each."""
    if form:
        asked = replace(asked, spoken=form.cleaned_data["language"])
    nearest = week_page.nearest(pick, asked, now=timezone.now())
    return show_booking(request, site, pick, asked, form, status=409, nearest=nearest)


def show_booking(request, site, pick, asked, form, *, status=200, **extra):
    looks.record(request, code="book", shown=[asked.request.pk] if asked.request else ())
    fresh = submissions.signed_key(uuid.uuid4(), purpose(request))
    kept = "" if extra.get("is_stale") else request.POST.get("key")
    context = {
        **site.each_context(request),
        **pick_words(pick, asked),
        "title": _("Book a time"),
        "form": form,
        "key": kept or fresh,
        "is_lost": status == 409,
        **extra,
    }
    template = "admin/admissions/consultation/book.html"
    return TemplateResponse(request, template, context, status=status)


# Move


def move_view(request, *, site):
    """The old and the new time side by side, and the move itself."""
    if not may_act(request):
        raise PermissionDenied
    data = sent(request)
    number = data.get("consultation", "")
    consultation = get_object_or_404(
        Consultation.objects.select_related("request", "counselor"),
        pk=number if is_number(number) else None,
    )
    pick = pick_of(data, mode=consultation.mode)
    if pick is None:
        return not_open(request)
    if not consultation.is_standing:
        return settled(request, consultation, pick)
    asked = week.Asked(consultation.mode, consultation.request, consultation)
    if request.method == "POST":
        return submit_move(request, site, pick, asked)
    if not is_free(pick, asked):
        return not_open(request, calendar_of(pick, **for_whom(asked)))
    return show_move(request, site, pick, asked)


def settled(request, consultation, pick):
    """A second click finds the move done; after any other change, staff look again."""
    now = consultation.request.standing_consultation()
    if now and (now.starts_at, now.counselor_id) == (pick.starts_at, pick.counselor_id):
        return moved(request, pick)
    return send_back(
        request, _("This consultation has changed meanwhile."), page_of(consultation.request)
    )


def submit_move(request, site, pick, asked):
    try:
        triage.reschedule(
            request_id=asked.request.pk,
            starts_at=pick.starts_at,
            by=request.user,
            counselor_id=pick.counselor_id,
        )
    except SlotTaken:
        nearest = week_page.nearest(pick, asked, now=timezone.now())
        return show_move(request, site, pick, asked, status=409, nearest=nearest)
    except MoveNotAllowed as refused:
        return send_back(request, str(refused), page_of(asked.request))
    return moved(request, pick)


def moved(request, pick):
    messages.success(request, _("The consultation is moved."))
    return HttpResponseRedirect(calendar_of(pick))


def show_move(request, site, pick, asked, *, status=200, **extra):
    looks.record(request, code="move", shown=[asked.request.pk])
    context = {
        **site.each_context(request),
        **pick_words(pick, asked),
        "title": _("Move a consultation"),
        "old": asked.moving,
        "old_when": clock(asked.moving.starts_at),
        "is_lost": status == 409,
        **extra,
    }
    template = "admin/admissions/consultation/move.html"
    return TemplateResponse(request, template, context, status=status)
