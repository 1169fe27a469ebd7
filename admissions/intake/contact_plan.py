"""How we may contact someone: changed by themselves, or by staff as they say it on the phone."""

import uuid
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from admissions.audit import actors
from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed
from admissions.scheduling.models import WaitlistEntry
from users.models import User

from . import requests, suppressions, waitlist_entries
from .consents import record_consents
from .idempotency import find_or_claim_key, link_key_to_request
from .models import ConsentVersion, ConsultationRequest, Suppression

Type = AuditEvent.Type

Consent = ConsentVersion.Key
REQUESTER = AuditEvent.Source.REQUESTER


@transaction.atomic
def change_contact_plan(
    *,
    key: uuid.UUID,
    request: ConsultationRequest,
    plan: dict[str, Any],
    language: str,
    owns_email: bool,
) -> ConsultationRequest:
    """Contact them from now on as they say here; the words they saw were in this language.

    `owns_email` is whether they came by the link of a letter: only then a "stop" of that address is
    lifted, since anyone may type it into a form.

    `plan` holds columns of the contact plan. What is already promised follows the new
    plan too, as each letter asks anew before it goes. Raises ActionNotAllowed.
    """
    request = ConsultationRequest.objects.lock(request.pk)
    if find_or_claim_key(key):
        return request

    apply_plan(request, plan, language=language, owns_email=owns_email)
    link_key_to_request(key, request)
    return request


@transaction.atomic
def change_contact_plan_by_phone(
    *, request_id: uuid.UUID, by: User, plan: dict[str, Any]
) -> ConsultationRequest:
    """The same, as the person says it to staff, who have read out what they agree to."""
    request = requests.lock_open_request(request_id)
    apply_plan(request, plan, by=by, owns_email=True)
    return request


def apply_plan(
    request: ConsultationRequest,
    plan: dict[str, Any],
    *,
    owns_email: bool,
    language: str = "",
    by: User | None = None,
) -> None:
    """Keep the new plan with what it grants or withdraws; without a difference, nothing."""
    check_plan_possible(request, plan)
    changed = list_changed_fields(request, plan, owns_email=owns_email)
    if not changed:
        return

    for name, value in plan.items():
        setattr(request, name, value)
    if not request.may_call:
        request.promised_call_by = None
    request.save(update_fields=[*plan, "promised_call_by"])
    consents: dict[str, bool] = {
        CONSENT_BY_FIELD[name]: plan[name] for name in changed if name in CONSENT_BY_FIELD
    }
    record_consents(request, consents, by=by, language=language)
    if "may_email" in changed:
        update_email_suppression(request, by=by, owns_email=owns_email)

    request.audit_events.create(
        type=AuditEvent.Type.PLAN_CHANGED, fields=changed, **actors.actor_fields(REQUESTER, by)
    )


CONSENT_BY_FIELD = {"may_email": Consent.EMAIL, "may_text": Consent.TEXT}


def list_changed_fields(
    request: ConsultationRequest, plan: dict[str, Any], *, owns_email: bool
) -> list[str]:
    """The names of what is new. To its owner, an address that was stopped is one to permit anew."""
    now = {name: getattr(request, name) for name in plan}
    if plan.get("may_email") and owns_email and not suppressions.may_email_requester(request):
        now["may_email"] = False
    return [name for name, value in plan.items() if value != now[name]]


def update_email_suppression(
    request: ConsultationRequest, *, by: User | None, owns_email: bool
) -> None:
    """The address follows its owner's word: stopped as by the link in a letter, or free again.

    Of anyone else's word only this request takes note.
    """
    if request.may_email:
        if owns_email:
            suppressions.lift_requester_stop(request, by=by)
        return
    if owns_email:
        suppressions.suppress_email(request, Suppression.Cause.STOPPED)
    waitlist_entries.stop_waiting(
        request, WaitlistEntry.LeaveReason.NO_EMAIL, source=REQUESTER, by=by
    )


def check_plan_possible(request: ConsultationRequest, plan: dict[str, Any]) -> None:
    """Each way needs its address, and a talk by phone that stands needs the call."""
    needs_phone = plan.get("may_call") or plan.get("may_text")
    if needs_phone and not request.phone:
        raise ActionNotAllowed(_("There is no phone number to call or text."))
    if plan.get("may_email") and not request.email:
        raise ActionNotAllowed(_("There is no email address to write to."))
    if plan.get("may_email") and suppressions.is_email_undeliverable(request):
        raise ActionNotAllowed(_("Email to this address does not arrive."))
    consultation = request.standing_consultation()
    if plan.get("may_call") is False and consultation and consultation.is_by_phone:
        raise ActionNotAllowed(_("The appointment is a call. Cancel it first, or allow calls."))


@transaction.atomic
def stop_emails(
    *, key: uuid.UUID, request: ConsultationRequest, owns_email: bool
) -> ConsultationRequest:
    """Withdraw the permission to write; whatever is still promised will not go.

    The word of who has opened a letter to the address counts for every request with it.
    """
    request = ConsultationRequest.objects.lock(request.pk)
    # Also where this request's own permission was withdrawn before, by a form that proved nothing.
    if owns_email and not suppressions.is_stopped(request):
        suppressions.suppress_email(request, Suppression.Cause.STOPPED)
    if not request.may_email or find_or_claim_key(key):
        return request

    request.may_email = False
    request.save(update_fields=["may_email"])
    record_consents(request, {ConsentVersion.Key.EMAIL: False})
    waitlist_entries.stop_waiting(request, WaitlistEntry.LeaveReason.NO_EMAIL, source=REQUESTER)
    link_key_to_request(key, request)

    request.audit_events.create(type=Type.EMAILS_STOPPED, source=REQUESTER)
    return request
