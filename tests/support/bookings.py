"""What a requester does with a consultation, each time under a key of its own."""

import uuid
from datetime import UTC, datetime

from admissions.booking import consultations, moves
from admissions.scheduling.models import Mode

from .factories import make_details

# A Tuesday, nine in the morning at the center.
NINE = datetime(2027, 1, 5, 17, tzinfo=UTC)
CONTACT = {"contact": True}


def book(starts_at=NINE, *, key=None, mode=Mode.PHONE, consents=CONTACT, **details):
    return consultations.request_consultation(
        key=key or uuid.uuid4(),
        starts_at=starts_at,
        mode=mode,
        details=make_details(**details),
        consents=consents,
    )


def move(request, starts_at, *, key=None, **way):
    return moves.move_consultation(
        key=key or uuid.uuid4(), request=request, starts_at=starts_at, **way
    )


def cancel(request, *, key=None, reason=""):
    return consultations.cancel_consultation(
        key=key or uuid.uuid4(), request=request, reason=reason
    )
