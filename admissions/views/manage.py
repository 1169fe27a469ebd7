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

from admissions import availability, booking, letters, objections, privacy, times, waitlist
from admissions.forms import CancelForm
from admissions.models import MoveNotAllowed, SlotTaken, Waiting

from . import visits
from .private import private

# Where a link in a letter may lead on to; all of these only show.
PLACES = {
    "move": "admissions:move",
    "cancel": "admissions:cancel",
    "book": "admissions:choose_again",
}
TOLD = {
    "booked": _lazy("Your time is booked."),
    "plan": _lazy("Your choices are saved."),
}


@private
@require_safe
def open_manage(http_request, token):
    """Unknown, expired and malformed links look the same: 404. `to` says where it leads on."""
    request = privacy.request_for_token(token)
    if request is None:
        raise Http404
    visits.let_manage(http_request, request)
    return redirect(PLACES.get(http_request.GET.get("to", ""), "admissions:manage"))


@private
@require_safe
def manage(http_request):
    request = visits.managed(http_request)
    return show_manage(http_request, request)


def show_manage(http_request, request, *, notice="", status=200):
    """What stands, or stood last; for someone who never had a time, what we owe them."""
    consultation = request.standing_consultation()
    latest = consultation or request.consultations.order_by("booked_at", "pk").last()
    context = {
        "request": request,
        "consultation": consultation,
        "latest": latest,
        "email": privacy.masked_email(request.email) if privacy.may_write(request) else "",
        "ways": ways(request),
        "key": visits.form_key(http_request, f"stop {request.pk}"),
        "notice": notice,
        "told": TOLD.get(visits.told(http_request), ""),
        "owed": owed(request),
        "sooner": sooner(http_request, request),
    }
    if consultation:
        context |= words_of(http_request, request, consultation)
    return render(http_request, "admissions/manage.html", context, status=status)


def words_of(http_request, request, consultation):
    """What the page says about the time that stands, and what may still be done about it."""
    rules, now = booking.rules_of(consultation), timezone.now()
    return {
        "words": letters.consultation_words(consultation, request.time_zone),
        "may_move": rules.may_move(consultation.starts_at, now=now),
        "may_cancel": rules.may_cancel(consultation.starts_at, now=now),
        "has_started": consultation.starts_at <= now,
        "keep_key": visits.form_key(http_request, keep_purpose(request, consultation)),
    }


def owed(request):
    """What someone without a time may expect of us: a call by when, a try, or nothing."""
    by, now = request.promised_call_by, timezone.now()
    return {
        "call_by": letters.clock(by, request.time_zone),
        "is_late": by is not None and by < now,
        "has_met": request.attempts.in_touch().exists(),
        "may_choose": may_choose(request),
    }


def ways(request) -> list[str]:
    """How we contact them, in words; an empty list means that we wait for their call."""
    found = []
    if request.phone and request.may_call:
        found.append(_("By phone") if has_voicemail(request) else _("By phone, no voicemail"))
    if request.phone and request.may_text:
        found.append(_("By text"))
    if privacy.may_write(request):
        found.append(_("By discreet email") if request.is_discreet else _("By email"))
    return found


def has_voicemail(request) -> bool:
    return request.voicemail != request.Voicemail.NO


def may_choose(request) -> bool:
    try:
        booking.check_choosable(request)
    except MoveNotAllowed:
        return False
    return True


def keep_purpose(request, consultation) -> str:
    return f"keep {request.pk} {consultation.sequence if consultation else ''}"


@private
@require_POST
def keep(http_request):
    """They will come to the time that they saw; one that changed meanwhile is shown first."""
    request = visits.managed(http_request)
    consultation = request.standing_consultation()
    key = visits.read_key(http_request, keep_purpose(request, consultation))
    if key is None or consultation is None:
        notice = _("Nothing has changed yet. Please choose once more.")
        return show_manage(http_request, request, notice=notice, status=409)
    try:
        booking.confirm(key=key, request=request, sequence=consultation.sequence)
    except MoveNotAllowed as refused:
        return show_manage(http_request, request, notice=str(refused), status=409)
    return redirect("admissions:manage")


def sooner(http_request, request):
    """What a page says about an earlier time: what is on offer, the wait, or why there is none."""
    now, is_waiting = timezone.now(), request.waitings.open().exists()
    offer = request.earlier_offers.answerable(now=now).first()
    is_open = offer is not None and objections.can_be_taken(offer, now=now)
    objection = waitlist.objection(request)
    return {
        "is_waiting": is_waiting,
        "may_join": not is_waiting and not objection,
        "has_no_email": objection == Waiting.Left.NO_EMAIL,
        "has_lost": offer is not None and not is_open,
        "offer": offer if is_open else None,
        "words": letters.offer_words(offer) if is_open else None,
        "key": visits.form_key(http_request, f"sooner {request.pk}"),
        "answer_key": visits.form_key(http_request, f"answer {request.pk} {offer.number}")
        if is_open
        else "",
    }


@private
@require_http_methods(["GET", "HEAD", "POST"])
def move(http_request):
    request = visits.managed(http_request)
    purpose = f"move {request.pk}"
    if http_request.method != "POST":
        return show_move(http_request, request, purpose)

    key = visits.read_key(http_request, purpose)
    starts_at = availability.parse_stamp(http_request.POST.get("at", ""))
    if key is None or starts_at is None:
        return show_move(http_request, request, purpose, is_stale=True)
    try:
        booking.move(key=key, request=request, starts_at=starts_at)
    except SlotTaken:
        return show_move(http_request, request, purpose, lost=starts_at)
    except MoveNotAllowed as refused:
        return show_manage(http_request, request, notice=str(refused), status=409)
    visits.renew_key(http_request, purpose)
    return redirect("admissions:manage")


def show_move(http_request, request, purpose, *, lost=None, is_stale=False):
    """The open times, the consultation's own counted as free; 409 when one was just lost."""
    consultation, now = request.standing_consultation(), timezone.now()
    zone = ZoneInfo(request.time_zone)
    if consultation is None or not booking.rules_of(consultation).may_move(
        consultation.starts_at, now=now
    ):
        return redirect("admissions:manage")
    slots = other_times(consultation, now=now)
    context = {
        "consultation": consultation,
        "words": letters.consultation_words(consultation, request.time_zone),
        "soonest": times.nearest(slots, lost, zone=zone)
        if lost
        else times.soonest(slots, zone=zone),
        "days": times.days(slots, zone=zone),
        "key": visits.form_key(http_request, purpose),
        "is_lost": lost is not None,
        "is_stale": is_stale,
    }
    return render(
        http_request, "admissions/move.html", context, status=409 if lost or is_stale else 200
    )


def other_times(consultation, *, now):
    """Every open time but its own, which counts as free; a visit stays at its place."""
    slots = availability.open_slots(
        mode=consultation.mode,
        now=now,
        language=consultation.request.language,
        location=consultation.place,
        freeing=consultation,
    )
    return [slot for slot in slots if slot.starts_at != consultation.starts_at]


@private
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(http_request):
    """A time that changed since the page was shown is shown first: nobody cancels it unseen."""
    request = visits.managed(http_request)
    consultation = request.standing_consultation()
    purpose = f"cancel {request.pk} {consultation.sequence if consultation else ''}"
    form = CancelForm(http_request.POST or None)
    key = visits.read_key(http_request, purpose)

    if http_request.method == "POST" and form.is_valid() and key is not None:
        try:
            booking.cancel(key=key, request=request, reason=form.cleaned_data["reason"])
        except MoveNotAllowed as refused:
            return show_manage(http_request, request, notice=str(refused), status=409)
        return redirect("admissions:manage")

    if consultation is None or not booking.rules_of(consultation).may_cancel(
        consultation.starts_at, now=timezone.now()
    ):
        return redirect("admissions:manage")
    context = {
        "form": form,
        "words": letters.consultation_words(consultation, request.time_zone),
        "key": visits.form_key(http_request, purpose),
        "is_stale": http_request.method == "POST" and form.is_valid(),
    }
    return render(http_request, "admissions/cancel.html", context)


@private
@require_POST
def stop_emails(http_request):
    """No more emails about this request; the appointment itself stands."""
    request = visits.managed(http_request)
    key = visits.read_key(http_request, f"stop {request.pk}")
    if key is not None:
        booking.stop_emails(key=key, request=request)
    return redirect("admissions:manage")
