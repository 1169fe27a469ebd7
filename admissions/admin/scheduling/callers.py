"""What is known of a new caller before a time is booked: what was noted, and what they have."""

from typing import Any
from uuid import UUID

from admissions.accounts.staff_request import StaffRequest
from admissions.calls import booking as calls_booking
from admissions.calls.models import Call
from admissions.intake import idempotency
from admissions.scheduling.models import Consultation

from .phone_form import PhoneBookingForm


def read_call(call: Call) -> dict[str, Any]:
    """What was noted of the call, as the form begins with it."""
    return {
        "phone": call.number,
        "preferred_name": call.name,
        "for_whom": call.for_whom,
        "language": call.language,
        "note": call.note,
        "is_in_danger": "yes" if call.is_in_danger else "no",
        "may_call": True,
    }


def find_unwarned_appointment(
    request: StaffRequest, key: UUID, form: PhoneBookingForm
) -> Consultation | None:
    """The appointment that the caller has, unless staff were told of that one; a second click of
    the form that made it is told of its own booking.
    """
    found = calls_booking.find_appointment(form.request_fields())
    is_told = found is not None and request.POST.get("anyway") == str(found.pk)
    is_own = found is not None and idempotency.is_made_by(key, found.request)
    return None if is_told or is_own else found
