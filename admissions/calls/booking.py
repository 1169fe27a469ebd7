"""A time that is booked for whoever is on the phone, and the call that it came of."""

import uuid
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from admissions.booking import by_staff
from admissions.intake.models import ConsultationRequest
from admissions.intake.models.search_tokens import filter_by_email, filter_by_phone
from admissions.local_time import DAY
from admissions.scheduling.assignment import SlotChoice
from admissions.scheduling.models import Consultation
from users.models import User

from . import lookup, taking
from .models import Call


@transaction.atomic
def book_caller(
    *,
    key: uuid.UUID,
    by: User,
    pick: SlotChoice,
    details: dict[str, Any],
    consents: dict[str, bool],
    call_id: UUID | None = None,
) -> ConsultationRequest:
    """Book a time for a new caller, and say which call it came of. Raises SlotTaken, saving
    nothing.
    """
    request = by_staff.book_new_caller(
        key=key, by=by, pick=pick, details=details, consents=consents
    )
    if call_id:
        taking.link_call(call_id=call_id, request=request, by=by)
    return request


def find_call_to_book(given: str | None) -> Call | None:
    """A call of today that asks for a time and has no request yet."""
    try:
        pk = UUID(given or "")
    except ValueError:
        return None
    waiting = Call.objects.without_request().filter(emptied_at=None, outcome=Call.Outcome.BOOKED)
    return waiting.filter(pk=pk, at__gt=timezone.now() - DAY).first()


def find_appointment(details: dict[str, Any]) -> Consultation | None:
    """The next appointment that stands under the same number or email, on the same side of the
    wall for loved ones; None without one.
    """
    same = Q(pk__in=[])
    if details.get("phone"):
        same |= filter_by_phone(details["phone"])
    if details.get("email"):
        same |= filter_by_email(details["email"])
    known = ConsultationRequest.objects.filter(same, merged_into=None)
    ours = [each.pk for each in known if lookup.is_same_side(each, details["for_whom"])]
    standing = Consultation.objects.standing().filter(request__in=ours)
    return standing.select_related("request").order_by("starts_at", "pk").first()
