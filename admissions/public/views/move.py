"""Move an appointment to another time, and back again after a slip."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from admissions.booking import consultations
from admissions.exceptions import ActionNotAllowed, SlotTaken
from admissions.intake.models import ConsultationRequest
from admissions.public import session
from admissions.public.decorators import private
from admissions.public.receipts.moves import note_move, undo_purpose
from admissions.scheduling import availability, slot_display, summaries
from admissions.scheduling.availability import Slot
from admissions.scheduling.models import Consultation

from .manage import render_manage


@private
@require_http_methods(["GET", "HEAD", "POST"])
def move_consultation(request: HttpRequest) -> HttpResponse:
    consultation_request = session.managed_request(request)
    purpose = f"move {consultation_request.pk}"
    if request.method != "POST":
        return render_move_consultation(request, consultation_request, purpose)

    key = session.read_form_key(request, purpose)
    starts_at = availability.parse_stamp(request.POST.get("at", ""))
    if key is None or starts_at is None:
        return render_move_consultation(request, consultation_request, purpose, is_stale=True)
    try:
        consultations.move_consultation(key=key, request=consultation_request, starts_at=starts_at)
    except SlotTaken:
        return render_move_consultation(request, consultation_request, purpose, lost=starts_at)
    except ActionNotAllowed as refused:
        return render_manage(request, consultation_request, notice=str(refused), status=409)
    session.renew_form_key(request, purpose)
    note_move(request, consultation_request)
    return redirect("admissions:manage")


def render_move_consultation(
    request: HttpRequest,
    consultation_request: ConsultationRequest,
    purpose: str,
    *,
    lost: datetime | None = None,
    is_stale: bool = False,
) -> HttpResponse:
    """The open times, the consultation's own counted as free; 409 when one was just lost."""
    consultation, now = consultation_request.standing_consultation(), timezone.now()
    zone = ZoneInfo(consultation_request.time_zone)
    if consultation is None or not consultations.get_mode_rules(consultation).may_move(
        consultation.starts_at, now=now
    ):
        return redirect("admissions:manage")
    slots = other_open_slots(consultation, now=now)
    context = {
        "consultation": consultation,
        "words": summaries.summarize_consultation(consultation, consultation_request.time_zone),
        "soonest": slot_display.nearest_chips(slots, lost, zone=zone)
        if lost
        else slot_display.soonest_chips(slots, zone=zone),
        "days": slot_display.chips_by_day(slots, zone=zone),
        "key": session.issue_form_key(request, purpose),
        "is_lost": lost is not None,
        "is_stale": is_stale,
    }
    return render(
        request,
        "admissions/move_consultation.html",
        context,
        status=409 if lost or is_stale else 200,
    )


def other_open_slots(consultation: Consultation, *, now: datetime) -> list[Slot]:
    """Every open time but its own, which counts as free; a visit stays at its place."""
    slots = availability.open_slots(
        mode=consultation.mode,
        now=now,
        language=consultation.request.spoken_language,
        location=consultation.visit_location_id,
        freeing=consultation,
    )
    return [slot for slot in slots if slot.starts_at != consultation.starts_at]


@private
@require_POST
def undo_move(request: HttpRequest) -> HttpResponse:
    """Put the old time back; where it is not free any more, the new one stays, and we say so."""
    consultation_request = session.managed_request(request)
    consultation = consultation_request.standing_consultation()
    purpose = undo_purpose(consultation)
    key = session.read_form_key(request, purpose)
    if key is None or consultation is None:
        notice = _("Nothing has changed yet. Please choose once more.")
        return render_manage(request, consultation_request, notice=notice, status=409)
    try:
        consultations.undo_move(
            key=key, request=consultation_request, consultation_id=consultation.pk
        )
    except SlotTaken:
        notice = _("We are sorry: your old time is not free any more. You keep the new one.")
        return render_manage(request, consultation_request, notice=notice, status=409)
    except ActionNotAllowed as refused:
        return render_manage(request, consultation_request, notice=str(refused), status=409)
    session.set_flash(request, "undone")
    return redirect("admissions:manage")
