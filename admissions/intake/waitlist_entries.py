"""Takes people off the waitlist, and ends the offers they still have."""

from django.utils import timezone

from admissions.audit.actors import actor_fields
from admissions.audit.models import AuditEvent
from admissions.scheduling.models import EarlierOffer
from users.models import User

from .models import ConsultationRequest

State = EarlierOffer.State
Type = AuditEvent.Type
SYSTEM = AuditEvent.Source.SYSTEM


def end_offer(
    offer: EarlierOffer, state: str, *, source: str = SYSTEM, by: User | None = None
) -> None:
    """End the offer and keep who did it."""
    offer.end_as(state)
    offer.request.audit_events.create(
        type=Type.EARLIER_ENDED,
        code=state,
        consultation=offer.consultation,
        **actor_fields(source, by),
    )


def stop_waiting(
    request: ConsultationRequest, because: str, *, source: str = SYSTEM, by: User | None = None
) -> None:
    """End the wait and what is on offer, if there is any. Call it with the request locked."""
    waiting = request.waitlist_entries.open().first()
    if waiting is None:
        return
    for offer in request.earlier_offers.open():
        end_offer(offer, State.WITHDRAWN, source=source, by=by)
    waiting.left_at, waiting.left_because = timezone.now(), because
    waiting.save(update_fields=["left_at", "left_because"])
    request.audit_events.create(type=Type.WAITLIST_LEFT, code=because, **actor_fields(source, by))
