"""How someone finds their request again: by its email, or by its reference and phone."""

from django.db import transaction
from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber

from admissions.audit.models import AuditEvent
from admissions.intake.models import ConsultationRequest, LinkRequest
from admissions.intake.models.references import spell_reference
from admissions.intake.models.search_tokens import (
    filter_by_phone,
    normalize_email,
    phone_digits,
)
from admissions.rate_limits import limits
from admissions.rate_limits.limits import Origin

from . import tasks

Type, Source = AuditEvent.Type, AuditEvent.Source


@transaction.atomic
def ask_for_link(*, email: str, origin: Origin) -> None:
    """Store that a link is asked for, counted; raises TooManyRequests, storing nothing.

    Nothing is looked up: a worker does that, so whoever asks learns from no answer, and from no
    time it takes, whether we know the address.
    """
    email = normalize_email(email)
    limits.count_lookup(origin=origin, sought={"email": email}, now=timezone.now())

    asked = LinkRequest.objects.create(email=email)

    tasks.wake_link_request(asked)


@transaction.atomic
def find_by_reference(
    *, reference: str, phone: PhoneNumber, origin: Origin
) -> ConsultationRequest | None:
    """Return the open request that has both, counted, or None; raises TooManyRequests.

    One query for all: which of the two was wrong, or that the request is closed, is not told.
    """
    reference = spell_reference(reference)
    sought = {"reference": reference, "phone": phone_digits(phone)}
    limits.count_lookup(origin=origin, sought=sought, now=timezone.now())
    alike = ConsultationRequest.objects.open().filter(filter_by_phone(phone), reference=reference)
    # A token says which to look at, the number itself decides.
    found = next((each for each in alike if phone_digits(each.phone) == sought["phone"]), None)

    if found:
        found.audit_events.create(type=Type.APPOINTMENT_FOUND, source=Source.SOMEONE)
    return found
