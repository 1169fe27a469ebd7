"""See, move or cancel, by the link in an email. GET shows, POST acts.

The link itself only opens the door: it leaves a mark in the server's session
and sends the browser on to an address without the token, so that no history,
log or referrer keeps it.
"""

from zoneinfo import ZoneInfo

from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from admissions import formatting
from admissions.booking import consultations, waitlist
from admissions.exceptions import ActionNotAllowed, SlotTaken
from admissions.intake import contact_plan, manage_links, suppressions
from admissions.messaging import eligibility
from admissions.public import session
from admissions.public.decorators import private
from admissions.public.forms import CancelForm
from admissions.scheduling import availability, slot_display, summaries
from admissions.scheduling.models import WaitlistEntry

# Where a link in a letter may lead on to; all of these only show.
LINK_TARGETS = {
    "move": "admissions:move_consultation",
    "cancel": "admissions:cancel_consultation",
    "book": "admissions:rebook",
}
FLASH_MESSAGES = {
    "booked": _lazy("Your time is booked."),
    "plan": _lazy("Your choices are saved."),
}


@private
@require_safe
def open_manage_link(http_request, token):
    """Unknown, expired and malformed links look the same: 404. `to` says where it leads on."""
    request = manage_links.find_request_by_token(token)
    if request is None:
        raise Http404
    # Mail scanners follow every link of an email. This leaves a mark in the session and changes
    # nothing else; the address it leads to carries no token.
    session.allow_managing(http_request, request)
    return redirect(LINK_TARGETS.get(http_request.GET.get("to", ""), "admissions:manage"))


@private
@require_safe
def manage(http_request):
    request = session.managed_request_or_404(http_request)
    return render_manage(http_request, request)


def render_manage(http_request, request, *, notice="", status=200):
    """What stands, or stood last; for someone who never had a time, what we owe them."""
    consultation = request.standing_consultation()
    latest = consultation or request.consultations.order_by("booked_at", "pk").last()
    context = {
        "request": request,
        "consultation": consultation,
        "latest": latest,
        "email": suppressions.mask_email(request.email)
        if suppressions.may_email_requester(request)
        else "",
        "ways": describe_contact_channels(request),
        "key": session.issue_form_key(http_request, f"stop {request.pk}"),
        "notice": notice,
        "told": FLASH_MESSAGES.get(session.pop_flash(http_request), ""),
        "owed": no_consultation_context(request),
        "sooner": earlier_time_context(http_request, request),
    }
    if consultation:
        context |= consultation_context(http_request, request, consultation)
    return render(http_request, "admissions/manage.html", context, status=status)


def consultation_context(http_request, request, consultation):
    """What the page says about the time that stands, and what may still be done about it."""
    rules, now = consultations.get_mode_rules(consultation), timezone.now()
    return {
        "words": summaries.summarize_consultation(consultation, request.time_zone),
        "may_move": rules.may_move(consultation.starts_at, now=now),
        "may_cancel": rules.may_cancel(consultation.starts_at, now=now),
        "has_started": consultation.starts_at <= now,
        "keep_key": session.issue_form_key(http_request, confirm_purpose(request, consultation)),
    }


def no_consultation_context(request):
    """What someone without a time may expect of us: a call by when, a try, or nothing."""
    by, now = request.promised_call_by, timezone.now()
    return {
        "call_by": formatting.format_datetime_in_zone(by, request.time_zone),
        "is_late": by is not None and by < now,
        "has_met": request.attempts.in_touch().exists(),
        "may_choose": may_rebook(request),
    }


def describe_contact_channels(request) -> list[str]:
    """How we contact them, in words; an empty list means that we wait for their call."""
    found = []
    if request.phone and request.may_call:
        found.append(_("By phone") if may_leave_voicemail(request) else _("By phone, no voicemail"))
    if request.phone and request.may_text:
        found.append(_("By text"))
    if suppressions.may_email_requester(request):
        found.append(_("By discreet email") if request.is_discreet else _("By email"))
    return found


def may_leave_voicemail(request) -> bool:
    return request.voicemail != request.Voicemail.NO


def may_rebook(request) -> bool:
    try:
        consultations.check_may_rebook(request)
    except ActionNotAllowed:
        return False
    return True


def confirm_purpose(request, consultation) -> str:
    return f"keep {request.pk} {consultation.sequence if consultation else ''}"


@private
@require_POST
def confirm_attendance(http_request):
    """They will come to the time that they saw; one that changed meanwhile is shown first."""
    request = session.managed_request_or_404(http_request)
    consultation = request.standing_consultation()
    key = session.read_form_key(http_request, confirm_purpose(request, consultation))
    if key is None or consultation is None:
        notice = _("Nothing has changed yet. Please choose once more.")
        return render_manage(http_request, request, notice=notice, status=409)
    try:
        consultations.confirm_consultation(key=key, request=request, sequence=consultation.sequence)
    except ActionNotAllowed as refused:
        return render_manage(http_request, request, notice=str(refused), status=409)
    return redirect("admissions:manage")


def earlier_time_context(http_request, request):
    """What a page says about an earlier time: what is on offer, the wait, or why there is none."""
    now, is_waiting = timezone.now(), request.waitlist_entries.open().exists()
    offer = request.earlier_offers.answerable(now=now).first()
    is_open = offer is not None and eligibility.is_offer_available(offer, now=now)
    objection = waitlist.refusal_to_join(request)
    return {
        "is_waiting": is_waiting,
        "may_join": not is_waiting and not objection,
        "has_no_email": objection == WaitlistEntry.LeaveReason.NO_EMAIL,
        "has_lost": offer is not None and not is_open,
        "offer": offer if is_open else None,
        "words": summaries.summarize_offer(offer) if is_open else None,
        "key": session.issue_form_key(http_request, f"sooner {request.pk}"),
        "answer_key": session.issue_form_key(http_request, f"answer {request.pk} {offer.number}")
        if is_open
        else "",
    }


@private
@require_http_methods(["GET", "HEAD", "POST"])
def move_consultation(http_request):
    request = session.managed_request_or_404(http_request)
    purpose = f"move {request.pk}"
    if http_request.method != "POST":
        return render_move_consultation(http_request, request, purpose)

    key = session.read_form_key(http_request, purpose)
    starts_at = availability.parse_stamp(http_request.POST.get("at", ""))
    if key is None or starts_at is None:
        return render_move_consultation(http_request, request, purpose, is_stale=True)
    try:
        consultations.move_consultation(key=key, request=request, starts_at=starts_at)
    except SlotTaken:
        return render_move_consultation(http_request, request, purpose, lost=starts_at)
    except ActionNotAllowed as refused:
        return render_manage(http_request, request, notice=str(refused), status=409)
    session.renew_form_key(http_request, purpose)
    return redirect("admissions:manage")


def render_move_consultation(http_request, request, purpose, *, lost=None, is_stale=False):
    """The open times, the consultation's own counted as free; 409 when one was just lost."""
    consultation, now = request.standing_consultation(), timezone.now()
    zone = ZoneInfo(request.time_zone)
    if consultation is None or not consultations.get_mode_rules(consultation).may_move(
        consultation.starts_at, now=now
    ):
        return redirect("admissions:manage")
    slots = other_open_slots(consultation, now=now)
    context = {
        "consultation": consultation,
        "words": summaries.summarize_consultation(consultation, request.time_zone),
        "soonest": slot_display.nearest_chips(slots, lost, zone=zone)
        if lost
        else slot_display.soonest_chips(slots, zone=zone),
        "days": slot_display.chips_by_day(slots, zone=zone),
        "key": session.issue_form_key(http_request, purpose),
        "is_lost": lost is not None,
        "is_stale": is_stale,
    }
    return render(
        http_request,
        "admissions/move_consultation.html",
        context,
        status=409 if lost or is_stale else 200,
    )


def other_open_slots(consultation, *, now):
    """Every open time but its own, which counts as free; a visit stays at its place."""
    slots = availability.open_slots(
        mode=consultation.mode,
        now=now,
        language=consultation.request.language,
        location=consultation.visit_location_id,
        freeing=consultation,
    )
    return [slot for slot in slots if slot.starts_at != consultation.starts_at]


@private
@require_http_methods(["GET", "HEAD", "POST"])
def cancel_consultation(http_request):
    """A time that changed since the page was shown is shown first: nobody cancels it unseen."""
    request = session.managed_request_or_404(http_request)
    consultation = request.standing_consultation()
    purpose = f"cancel {request.pk} {consultation.sequence if consultation else ''}"
    form = CancelForm(http_request.POST or None)
    key = session.read_form_key(http_request, purpose)

    if http_request.method == "POST" and form.is_valid() and key is not None:
        try:
            consultations.cancel_consultation(
                key=key, request=request, reason=form.cleaned_data["reason"]
            )
        except ActionNotAllowed as refused:
            return render_manage(http_request, request, notice=str(refused), status=409)
        return redirect("admissions:manage")

    if consultation is None or not consultations.get_mode_rules(consultation).may_cancel(
        consultation.starts_at, now=timezone.now()
    ):
        return redirect("admissions:manage")
    context = {
        "form": form,
        "words": summaries.summarize_consultation(consultation, request.time_zone),
        "key": session.issue_form_key(http_request, purpose),
        "is_stale": http_request.method == "POST" and form.is_valid(),
    }
    return render(http_request, "admissions/cancel_consultation.html", context)


@private
@require_POST
def stop_emails(http_request):
    """No more emails about this request; the appointment itself stands."""
    request = session.managed_request_or_404(http_request)
    key = session.read_form_key(http_request, f"stop {request.pk}")
    if key is not None:
        contact_plan.stop_emails(key=key, request=request)
    return redirect("admissions:manage")
