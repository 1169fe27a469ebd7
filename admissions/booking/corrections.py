"""A requester corrects the number or the email that they mistyped."""

import uuid
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed, ChangedMeanwhile
from admissions.intake.consents import record_consents
from admissions.intake.idempotency import find_or_claim_key, link_key_to_request
from admissions.intake.models import ConsentVersion, ConsultationRequest
from admissions.intake.models.search_tokens import normalize_email
from admissions.intake.requests import set_due_unless_pressing
from admissions.messaging import outbox, tasks
from admissions.phone_numbers import format_phone
from admissions.rate_limits import limits
from admissions.rate_limits.limits import Origin

Type, REQUESTER = AuditEvent.Type, AuditEvent.Source.REQUESTER


@transaction.atomic
def correct_contact(
    *,
    key: uuid.UUID,
    request: ConsultationRequest,
    contact: dict[str, Any],
    language: str,
    origin: Origin,
    email_number: int | None = None,
) -> ConsultationRequest:
    """Take the number or the email in place of the one we had; what is the same changes nothing.

    `contact` holds a phone, an email, or both, checked; who gives an email has agreed to be written
    to, in words of this `language`. Raises ActionNotAllowed or TooManyRequests, changing nothing.

    A new email ends all that the former one opens: its links are bound to its number. What is
    promised goes to the new one, and the confirmation goes again. No stop is lifted by it: whoever
    types an address has not shown that it is theirs.

    `email_number` is that of the address whose letter opened the page, None where the browser made
    the request. Raises ChangedMeanwhile, changing nothing, where another correction was quicker.
    """
    request = ConsultationRequest.objects.lock(request.pk)
    is_sent_again = find_or_claim_key(key) is not None
    check_letter(request, contact, email_number, is_sent_again=is_sent_again)
    if is_sent_again:
        return request
    if request.is_closed:
        raise ActionNotAllowed(_("Your request is closed. You can make a new one at any time."))
    corrected = find_corrected(request, contact)
    link_key_to_request(key, request)
    if not corrected:
        return request
    now = timezone.now()
    limits.count_correction(origin=origin, request=str(request.pk), corrected=corrected, now=now)

    take_over(request, corrected, language=language)
    if "email" in corrected:
        outbox.enqueue_to_corrected_address(request)
        tasks.wake_delivery(request)
    return request


def check_letter(
    request: ConsultationRequest,
    contact: dict[str, Any],
    email_number: int | None,
    *,
    is_sent_again: bool,
) -> None:
    """Raise ChangedMeanwhile where the letter that opened the page went to a former address.

    Not where a double click sent again what gave the email we have now.
    """
    if email_number in (None, request.email_number):
        return
    is_own = is_sent_again and contact.get("email") and not find_corrected(request, contact)
    if not is_own:
        raise ChangedMeanwhile


def find_corrected(request: ConsultationRequest, contact: dict[str, Any]) -> dict[str, Any]:
    """What was typed and differs from what we have."""
    return {
        name: value for name, value in contact.items() if value and is_new(request, name, value)
    }


def is_new(request: ConsultationRequest, name: str, value: Any) -> bool:
    """Whether it is another number or address, and not the same one spelled otherwise."""
    if name == "email":
        return normalize_email(value) != normalize_email(request.email)
    return not request.phone or format_phone(value) != format_phone(request.phone)


def take_over(request: ConsultationRequest, corrected: dict[str, Any], *, language: str) -> None:
    """Store and record it; who had no number with us may be called at the one they add."""
    if "phone" in corrected:
        request.may_call = request.may_call or not request.phone
    for name, value in corrected.items():
        setattr(request, name, value)
    if "email" in corrected:
        note_new_address(request)
        record_consents(request, {ConsentVersion.Key.EMAIL: True}, language=language)
    request.save()
    fields = sorted(corrected)
    request.audit_events.create(type=Type.CONTACT_CORRECTED, source=REQUESTER, fields=fields)


def note_new_address(request: ConsultationRequest) -> None:
    """The caller saves. That an email was lost is no news of the new address."""
    request.email_number += 1
    request.may_email = True
    if request.email_failed_at is None:
        return
    request.email_failed_at = None
    if consultation := request.standing_consultation():
        set_due_unless_pressing(request, consultation.starts_at)
