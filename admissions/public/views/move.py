"""Move an appointment to another time, and back again after a slip."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from admissions.booking import consultations, moves
from admissions.counters import Refusal, count_refusal
from admissions.exceptions import ActionNotAllowed, SlotTaken
from admissions.intake.models import ConsultationRequest
from admissions.public import session
from admissions.public.decorators import private
from admissions.public.receipts.moves import is_undone_already, note_move, undo_purpose
from admissions.scheduling import availability, summaries

from . import known_times
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
    standing = consultation_request.standing_consultation()
    way = known_times.requested_way(request, consultation_request, latest=standing, is_moving=True)
    is_open = "mode" not in request.POST or way.is_submitted(request)
    if key is None or starts_at is None or not is_open:
        return render_move_consultation(request, consultation_request, purpose, is_stale=True)
    try:
        moves.move_consultation(
            key=key,
            request=consultation_request,
            starts_at=starts_at,
            mode=way.mode,
            location=way.location,
            with_interpreter=way.is_interpreted,
        )
    except SlotTaken:
        count_refusal(Refusal.SLOT_TAKEN)
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
    if consultation is None or not consultations.get_mode_rules(consultation).may_move(
        consultation.starts_at, now=now
    ):
        return redirect("admissions:manage")
    way = known_times.requested_way(
        request, consultation_request, latest=consultation, is_moving=True
    )
    context = {
        **known_times.times_context(
            consultation_request, way, now=now, lost=lost, moving=consultation
        ),
        "here": reverse("admissions:move_consultation"),
        "words": summaries.summarize_consultation(consultation, consultation_request.time_zone),
        "is_other_way": consultation.way_to_talk != (way.mode, way.location),
        "key": session.issue_form_key(request, purpose),
        "is_stale": is_stale,
    }
    return render(
        request,
        "admissions/move_consultation.html",
        context,
        status=409 if lost or is_stale else 200,
    )


@private
@require_POST
def undo_move(request: HttpRequest) -> HttpResponse:
    """Put the old time back; where it is not free any more, the new one stays, and we say so."""
    consultation_request = session.managed_request(request)
    consultation = consultation_request.standing_consultation()
    purpose = undo_purpose(consultation)
    key = session.read_form_key(request, purpose)
    if is_undone_already(request, consultation):
        return redirect("admissions:manage")
    if key is None or consultation is None:
        notice = _("Nothing has changed yet. Please choose once more.")
        return render_manage(request, consultation_request, notice=notice, status=409)
    try:
        moves.undo_move(key=key, request=consultation_request, consultation_id=consultation.pk)
    except SlotTaken:
        count_refusal(Refusal.SLOT_TAKEN)
        notice = _("We are sorry: your old time is no longer free. You keep the new one.")
        return render_manage(request, consultation_request, notice=notice, status=409)
    except ActionNotAllowed as refused:
        return render_manage(request, consultation_request, notice=str(refused), status=409)
    session.set_flash(request, "undone")
    return redirect("admissions:manage")
