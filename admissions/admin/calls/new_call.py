"""The page of a call that is under way: who it may be, what is noted, and where it leads."""

import uuid
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from admissions import staff_formatting
from admissions.accounts.staff_request import StaffRequest
from admissions.admin.links import CALENDAR_PAGE, NEW_CALL_PAGE, REQUEST_PAGE
from admissions.admin.triage import requests
from admissions.audit import access_log
from admissions.calls import lookup, rings, taking
from admissions.calls.models import Call
from admissions.exceptions import ActionNotAllowed
from admissions.intake import idempotency, service_levels

from .known_callers import KnownCaller, describe_callers
from .new_call_form import NewCallForm

LIST_PAGE = "admin:admissions_call_changelist"


def new_call_view(request: StaffRequest, *, site: admin.AdminSite) -> HttpResponse:
    """The form; the same one with who the number is known as; or what came of sending it."""
    if not request.user.has_perm("admissions.triage_consultationrequest"):
        raise PermissionDenied
    if request.method == "POST" and "look" not in request.POST:
        return submit_call(request, site)
    if request.method == "POST":
        form = NewCallForm(initial=request.POST.dict())
    else:
        form = NewCallForm(initial=initial_answers(request), promise_by=soonest_promise())
    return render_call(request, site, form)


def soonest_promise() -> Any:
    """When we could call them at the soonest; None where nobody has hours."""
    promise = service_levels.find_call_promise(now=timezone.now())
    return timezone.localtime(promise.by).replace(second=0, microsecond=0) if promise else None


def initial_answers(request: StaffRequest) -> dict[str, Any]:
    """From the call that rings for them, or the one that they correct."""
    if ring := rings.find_ring(request.GET.get("ring"), staff=request.user):
        return {"number": ring.number}
    corrected = find_corrected(request)
    if corrected is None:
        return {}
    names = ("number", "name", "for_whom", "heard_from", "language", "outcome", "sent_to", "note")
    return {name: getattr(corrected, name) for name in names} | {
        "is_in_danger": "yes" if corrected.is_in_danger else "no",
        "request": str(corrected.request_id or ""),
    }


def find_corrected(request: StaffRequest) -> Call | None:
    given = parse_id((request.POST if request.method == "POST" else request.GET).get("corrects"))
    return Call.objects.standing().filter(pk=given, emptied_at=None).first() if given else None


def parse_id(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


def key_purpose(request: StaffRequest) -> str:
    return f"call taken by {request.user.pk}"


def submit_call(request: StaffRequest, site: admin.AdminSite) -> HttpResponse:
    """Keeps the call, or shows the form again with everything typed."""
    key = idempotency.verify_key(request.POST.get("key", ""), key_purpose(request))
    form = NewCallForm(request.POST)
    if key is None or not form.is_valid():
        return render_call(request, site, form, is_stale=key is None)
    ring = rings.find_ring(request.POST.get("ring"), staff=request.user)
    try:
        call = taking.take_call(
            key=key,
            answers=form.answers(),
            by=request.user,
            request_id=form.known_id,
            is_someone_new=form.is_someone_new,
            replaces_promise=form.cleaned_data["replaces_promise"],
            ring_id=ring.pk if ring else None,
            corrects_id=parse_id(request.POST.get("corrects")),
        )
    except taking.CallTakenAlready as refused:
        messages.warning(request, str(refused))
        return HttpResponseRedirect(reverse(LIST_PAGE))
    except ActionNotAllowed as refused:
        form.add_error("number", str(refused))
        return render_call(request, site, form)
    tell_outcome(request, call)
    return HttpResponseRedirect(next_page(request, call))


def tell_outcome(request: StaffRequest, call: Call) -> None:
    messages.success(request, _("The call is kept."))
    if call.is_in_danger and call.request and not call.request.phone:
        words = _(
            "Whoever is on call is alerted. We have no number: note here what helps to find them."
        )
        messages.warning(request, words)
    requests.warn_of_promise(request, call.promised_by)


def next_page(request: StaffRequest, call: Call) -> str:
    """A time to book, the request that there is, or Today."""
    standing = call.request.standing_consultation() if call.request else None
    if call.request and standing and call.outcome == Call.Outcome.BOOKED:
        when = staff_formatting.format_date_and_time(standing.starts_at)
        words = _("They have an appointment on %(when)s. Move it, rather than book a second one.")
        messages.warning(request, words % {"when": when})
    elif call.outcome == Call.Outcome.BOOKED:
        looked = {"for": call.request.pk} if call.request else {"call": call.pk}
        return f"{reverse(CALENDAR_PAGE)}?{urlencode(looked)}"
    return reverse(REQUEST_PAGE, args=[call.request.pk]) if call.request else reverse("admin:index")


def find_callers(form: NewCallForm) -> tuple[list[KnownCaller], list[KnownCaller]]:
    """Open and closed requests under the number, as far as it can be read."""
    typed = form["number"].value() or ""
    try:
        number = form.fields["number"].clean(str(typed))
    except ValidationError:
        return [], []
    # Before it is sent nobody may have said for whom: then both sides are told, as in a search.
    for_whom = str(form["for_whom"].value()) if form.is_bound else ""
    now = timezone.now()
    return (
        describe_callers(lookup.find_open(number, for_whom), now=now),
        describe_callers(lookup.find_closed(number, for_whom), now=now),
    )


def render_call(
    request: StaffRequest, site: admin.AdminSite, form: NewCallForm, *, is_stale: bool = False
) -> HttpResponse:
    open_callers, closed_callers = find_callers(form)
    shown = [each.request.pk for each in [*open_callers, *closed_callers]]
    has_number = bool(form["number"].value())
    access_log.log_view(
        request, code="new call", shown=shown, found=len(shown) if has_number else None
    )
    sent = request.POST if request.method == "POST" else request.GET
    fresh = idempotency.sign_key(uuid.uuid4(), key_purpose(request))
    context = {
        **site.each_context(request),
        "title": _("New call"),
        "form": form,
        "key": fresh if is_stale else request.POST.get("key") or fresh,
        "ring": sent.get("ring", ""),
        "corrected": find_corrected(request),
        "open_callers": open_callers,
        "closed_callers": closed_callers,
        "has_number": has_number,
        "is_stale": is_stale,
        "here": reverse(NEW_CALL_PAGE),
    }
    return TemplateResponse(request, "admin/admissions/call/new.html", context)
