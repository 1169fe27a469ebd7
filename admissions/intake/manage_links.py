"""The links by which a person comes back to their request, and until when they live."""

from datetime import datetime, timedelta

from django.db.models import F, QuerySet
from django.utils import timezone

from admissions.scheduling.models import Consultation
from admissions.tokens import hash_token, make_token

from .models import ConsultationRequest, ManageToken

LINK_LIFETIME = timedelta(days=30)


LINK_LIFETIME_AFTER_CONSULTATION = timedelta(days=7)


# An email found a year later must still be good for stopping the next.
STOP_LINK_LIFETIME = timedelta(days=400)


def issue_tokens(
    request: ConsultationRequest, consultation: Consultation | None = None
) -> tuple[str, str]:
    """Fresh 256-bit tokens, to manage this request and to stop its emails; hashes are kept.

    `consultation` is the one that stands, where it is known.
    """
    # Anew for each email: only hashes are stored, so an older link cannot be written again. Each is
    # bound to the address that this `request` was loaded with, which is where the letter goes.
    manage, stop = make_token(), make_token()
    purposes = ManageToken.Purpose
    ManageToken.objects.bulk_create(
        ManageToken(
            request=request,
            purpose=purpose,
            sha256=hash_token(token),
            expires_at=expires_at,
            email_number=request.email_number,
        )
        for token, purpose, expires_at in (
            (
                manage,
                purposes.MANAGE,
                find_link_expiry(consultation or request.standing_consultation()),
            ),
            (stop, purposes.STOP, timezone.now() + STOP_LINK_LIFETIME),
        )
    )
    return manage, stop


def find_link_expiry(consultation: Consultation | None) -> datetime:
    """Thirty days from now, or a week after the consultation if that is later."""
    expiry = timezone.now() + LINK_LIFETIME
    if consultation is None:
        return expiry
    return max(expiry, consultation.ends_at + LINK_LIFETIME_AFTER_CONSULTATION)


def find_request_by_token(
    token: str, purpose: str = ManageToken.Purpose.MANAGE
) -> ConsultationRequest | None:
    """The request that a live token opens; None for unknown, expired and malformed alike.

    One that was mailed to an address which was corrected since opens nothing.
    """
    live = find_live_tokens(token, purpose)
    found = live.filter(email_number=F("request__email_number")).select_related("request")
    return next((each.request for each in found), None)


def is_of_former_address(token: str, purpose: str) -> bool:
    """Whether the link was mailed to an address that the request has no more."""
    return (
        find_live_tokens(token, purpose).exclude(email_number=F("request__email_number")).exists()
    )


def find_live_tokens(token: str, purpose: str) -> QuerySet[ManageToken]:
    return ManageToken.objects.filter(
        sha256=hash_token(token), purpose=purpose, expires_at__gt=timezone.now()
    )
