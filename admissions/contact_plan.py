"""How we may contact someone: changed by themselves, or by staff as they say it on the phone."""

import uuid

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from . import booking, offers, privacy, triage
from .models import (
    AuditEvent,
    ConsentVersion,
    ConsultationRequest,
    MoveNotAllowed,
    Suppression,
    Waiting,
)
from .submissions import answered_before, keep_consents, remember

Consent = ConsentVersion.Key
REQUESTER = AuditEvent.Source.REQUESTER


@transaction.atomic
def change(
    *, key: uuid.UUID, request: ConsultationRequest, plan: dict, language: str
) -> ConsultationRequest:
    """Contact them from now on as they say here; the words they saw were in this language.

    `plan` holds columns of the contact plan. What is already promised follows the new
    plan too, as each letter asks anew before it goes. Raises MoveNotAllowed.
    """
    request = booking.locked(request)
    if answered_before(key):
        return request

    apply(request, plan, language=language)
    remember(key, request)
    return request


@transaction.atomic
def change_by_phone(*, request_id, by: User, plan: dict) -> ConsultationRequest:
    """The same, as the person says it to staff, who have read out what they agree to."""
    request = triage.open_request(request_id)
    apply(request, plan, by=by)
    return request


def apply(
    request: ConsultationRequest, plan: dict, *, language: str = "", by: User | None = None
) -> None:
    """Keep the new plan with what it grants or withdraws; without a difference, nothing."""
    check_possible(request, plan)
    changed = differences(request, plan)
    if not changed:
        return

    for name, value in plan.items():
        setattr(request, name, value)
    if not request.may_call:
        request.promised_call_by = None
    request.save(update_fields=[*plan, "promised_call_by"])
    consents = {CONSENTS[name]: plan[name] for name in changed if name in CONSENTS}
    keep_consents(request, consents, by=by, language=language)
    if "may_email" in changed:
        follow_email(request, by=by)

    request.audit_events.create(
        type=AuditEvent.Type.PLAN_CHANGED, fields=changed, **offers.who(REQUESTER, by)
    )


CONSENTS = {"may_email": Consent.EMAIL, "may_text": Consent.TEXT}


def differences(request: ConsultationRequest, plan: dict) -> list[str]:
    """The names of what is new. An address that was stopped counts as one we may not write to."""
    now = {name: getattr(request, name) for name in plan}
    if "may_email" in plan and plan["may_email"] and not privacy.may_write(request):
        now["may_email"] = False
    return [name for name, value in plan.items() if value != now[name]]


def follow_email(request: ConsultationRequest, *, by: User | None) -> None:
    """The address follows its owner's word: stopped as by the link in a letter, or free again."""
    if request.may_email:
        privacy.lift_stop(request, by=by)
        return
    privacy.suppress(request, Suppression.Cause.STOPPED)
    offers.stop_waiting(request, Waiting.Left.NO_EMAIL, source=REQUESTER, by=by)


def check_possible(request: ConsultationRequest, plan: dict) -> None:
    """Each way needs its address, and a talk by phone that stands needs the call."""
    needs_phone = plan.get("may_call") or plan.get("may_text")
    if needs_phone and not request.phone:
        raise MoveNotAllowed(_("There is no phone number to call or text."))
    if plan.get("may_email") and not request.email:
        raise MoveNotAllowed(_("There is no email address to write to."))
    if plan.get("may_email") and privacy.comes_back(request):
        raise MoveNotAllowed(_("Email to this address does not arrive."))
    consultation = request.standing_consultation()
    if plan.get("may_call") is False and consultation and consultation.is_by_phone:
        raise MoveNotAllowed(_("The appointment is a call. Cancel it first, or allow calls."))
