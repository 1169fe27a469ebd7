"""See, move or cancel, by the link in an email. GET shows, POST acts.

The link itself only opens the door: it leaves a mark in the server's session
and sends the browser on to an address without the token, so that no history,
log or referrer keeps it.
"""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from admissions import formatting
from admissions.booking import callbacks, consultations, waitlist
from admissions.exceptions import ActionNotAllowed
from admissions.intake import manage_links, suppressions
from admissions.intake.models import ConsultationRequest
from admissions.messaging import eligibility
from admissions.public import session, unsent_forms
from admissions.public.decorators import private
from admissions.public.forms import CancelForm
from admissions.public.receipts.facts import describe_contact, find_map_link
from admissions.public.receipts.moves import describe_move
from admissions.public.receipts.standing_call import describe_call
from admissions.scheduling import summaries
from admissions.scheduling.models import Consultation, WaitlistEntry

# Where a link in a letter may lead on to; all of these only show.
LINK_TARGETS = {
    "move": "admissions:move_consultation",
    "cancel": "admissions:cancel_consultation",
    "book": "admissions:rebook",
}
FLASH_MESSAGES = {
    "booked": _lazy("Your appointment is booked."),
    "plan": _lazy("Your choices are saved."),
    "corrected": _lazy("Thank you. Your changes are saved."),
    "call": _lazy("Your changes to the call are saved."),
    "no_call": _lazy("We will not call. You can ask us again at any time."),
    "undone": _lazy("You have your old time back."),
}


@private
@require_safe
def open_manage_link(request: HttpRequest, token: str) -> HttpResponse:
    """Unknown, expired and malformed links look the same: 404. `to` says where it leads on."""
    consultation_request = manage_links.find_request_by_token(token)
    if consultation_request is None:
        raise Http404
    # Mail scanners follow every link of an email. This leaves a mark in the session and changes
    # nothing else; the address it leads to carries no token.
    session.allow_managing(request, consultation_request)
    session.note_opened_letter(request, consultation_request)
    unsent = unsent_forms.page_of_unsent(request, consultation_request)
    return redirect(LINK_TARGETS.get(request.GET.get("to", "")) or unsent or "admissions:manage")


@private
@require_safe
def manage(request: HttpRequest) -> HttpResponse:
    consultation_request = session.managed_request(request)
    return render_manage(request, consultation_request)


def render_manage(
    request: HttpRequest,
    consultation_request: ConsultationRequest,
    *,
    notice: str = "",
    status: int = 200,
) -> HttpResponse:
    """What stands, or stood last; for someone who never had a time, what we owe them."""
    consultation = consultation_request.standing_consultation()
    latest = consultation or consultation_request.consultations.order_by("booked_at", "pk").last()
    owns_email = session.owns_email(request, consultation_request)
    context = {
        "consultation_request": consultation_request,
        "consultation": consultation,
        "latest": latest,
        "email": suppressions.mask_email(consultation_request.email)
        if suppressions.may_email_requester(consultation_request, owns_email=owns_email)
        else "",
        "is_stopped": owns_email
        and consultation_request.may_email
        and not suppressions.may_email_requester(consultation_request),
        "ways": describe_contact_channels(consultation_request, owns_email=owns_email),
        "key": session.issue_form_key(request, f"stop {consultation_request.pk}"),
        "notice": notice,
        "told": FLASH_MESSAGES.get(session.pop_flash(request), ""),
        "owed": no_consultation_context(consultation_request),
        "sooner": earlier_time_context(request, consultation_request),
        "contact": describe_contact(consultation_request),
        "moved": describe_move(request, consultation, zone_name=consultation_request.time_zone),
    }
    if consultation:
        context |= consultation_context(request, consultation_request, consultation)
    return render(request, "admissions/manage.html", context, status=status)


def consultation_context(
    request: HttpRequest, consultation_request: ConsultationRequest, consultation: Consultation
) -> dict[str, Any]:
    """What the page says about the time that stands, and what may still be done about it."""
    rules, now = consultations.get_mode_rules(consultation), timezone.now()
    return {
        "words": summaries.summarize_consultation(consultation, consultation_request.time_zone),
        "may_move": rules.may_move(consultation.starts_at, now=now),
        "may_cancel": rules.may_cancel(consultation.starts_at, now=now),
        "has_started": consultation.starts_at <= now,
        "map_link": find_map_link(consultation),
        "call_by": describe_call(consultation_request),
        "keep_key": session.issue_form_key(
            request, confirm_purpose(consultation_request, consultation)
        ),
    }


def no_consultation_context(consultation_request: ConsultationRequest) -> dict[str, Any]:
    """What someone without a time may expect of us: a call by when, a try, or nothing."""
    by, now = consultation_request.promised_call_by, timezone.now()
    return {
        "call_by": formatting.format_datetime_in_zone(by, consultation_request.time_zone),
        "is_late": by is not None and by < now,
        "has_met": consultation_request.attempts.in_touch().exists(),
        "may_choose": may_rebook(consultation_request),
        "is_owed": callbacks.owes_call(consultation_request),
        "is_withdrawn": consultation_request.call_withdrawn_at is not None and by is None,
    }


def describe_contact_channels(
    consultation_request: ConsultationRequest, *, owns_email: bool
) -> list[str]:
    """How we contact them, in words; an empty list means that we wait for their call."""
    found = []
    if consultation_request.phone and consultation_request.may_call:
        found.append(
            _("By phone")
            if may_leave_voicemail(consultation_request)
            else _("By phone, no voicemail")
        )
    if consultation_request.phone and consultation_request.may_text:
        found.append(_("By text"))
    if suppressions.may_email_requester(consultation_request, owns_email=owns_email):
        found.append(_("By discreet email") if consultation_request.is_discreet else _("By email"))
    return found


def may_leave_voicemail(consultation_request: ConsultationRequest) -> bool:
    return consultation_request.voicemail != consultation_request.Voicemail.NO


def may_rebook(consultation_request: ConsultationRequest) -> bool:
    try:
        consultations.check_may_rebook(consultation_request)
    except ActionNotAllowed:
        return False
    return True


def confirm_purpose(
    consultation_request: ConsultationRequest, consultation: Consultation | None
) -> str:
    """One for each time that they may see: a canceled one and the next may share a sequence."""
    return f"keep {consultation_request.pk} {describe_seen_time(consultation)}"


def describe_seen_time(consultation: Consultation | None) -> str:
    return f"{consultation.pk} {consultation.sequence}" if consultation else ""


@private
@require_POST
def confirm_attendance(request: HttpRequest) -> HttpResponse:
    """They will come to the time that they saw; one that changed meanwhile is shown first."""
    consultation_request = session.managed_request(request)
    consultation = consultation_request.standing_consultation()
    key = session.read_form_key(request, confirm_purpose(consultation_request, consultation))
    if key is None or consultation is None:
        notice = _("Nothing has changed yet. Please choose once more.")
        return render_manage(request, consultation_request, notice=notice, status=409)
    try:
        consultations.confirm_consultation(
            key=key, request=consultation_request, sequence=consultation.sequence
        )
    except ActionNotAllowed as refused:
        return render_manage(request, consultation_request, notice=str(refused), status=409)
    return redirect("admissions:manage")


def earlier_time_context(
    request: HttpRequest, consultation_request: ConsultationRequest
) -> dict[str, Any]:
    """What a page says about an earlier time: what is on offer, the wait, or why there is none."""
    now, is_waiting = timezone.now(), consultation_request.waitlist_entries.open().exists()
    offer = consultation_request.earlier_offers.answerable(now=now).first()
    open_offer = offer if offer and eligibility.is_offer_available(offer, now=now) else None
    objection = waitlist.refusal_to_join(consultation_request)
    return {
        "is_waiting": is_waiting,
        "may_join": not is_waiting and not objection,
        "has_no_email": objection == WaitlistEntry.LeaveReason.NO_EMAIL,
        "has_lost": offer is not None and open_offer is None,
        "offer": open_offer,
        "words": summaries.summarize_offer(open_offer) if open_offer else None,
        "key": session.issue_form_key(request, f"sooner {consultation_request.pk}"),
        "answer_key": session.issue_form_key(
            request, f"answer {consultation_request.pk} {open_offer.number}"
        )
        if open_offer
        else "",
    }


@private
@require_http_methods(["GET", "HEAD", "POST"])
def cancel_consultation(request: HttpRequest) -> HttpResponse:
    """A time that changed since the page was shown is shown first: nobody cancels it unseen."""
    unsent_forms.keep_unsent(request, "cancel", CancelForm)
    consultation_request = session.managed_request(request)
    consultation = consultation_request.standing_consultation()
    purpose = f"cancel {consultation_request.pk} {describe_seen_time(consultation)}"
    unsent = unsent_forms.take_unsent(request, "cancel", consultation_request)
    form = CancelForm(request.POST or unsent)
    key = session.read_form_key(request, purpose)

    if request.method == "POST" and form.is_valid() and key is not None:
        try:
            consultations.cancel_consultation(
                key=key, request=consultation_request, reason=form.cleaned_data["reason"]
            )
        except ActionNotAllowed as refused:
            return render_manage(request, consultation_request, notice=str(refused), status=409)
        return redirect("admissions:manage")

    if consultation is None or not consultations.get_mode_rules(consultation).may_cancel(
        consultation.starts_at, now=timezone.now()
    ):
        return redirect("admissions:manage")
    context = {
        "form": form,
        "words": summaries.summarize_consultation(consultation, consultation_request.time_zone),
        "key": session.issue_form_key(request, purpose),
        "is_stale": form.is_bound and form.is_valid(),
    }
    return render(request, "admissions/cancel_consultation.html", context)
