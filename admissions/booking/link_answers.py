"""What a worker does with each ask for a link: letters to the address itself, or nothing."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from admissions.audit.models import AuditEvent
from admissions.intake.models import ConsultationRequest, LinkRequest
from admissions.messaging import outbox
from admissions.messaging.kinds import Kind

# As many new requests as an address may hear of in a day.
MAX_LETTERS = 3
# A button that is pressed twice asks once.
ASKED_AGAIN_AFTER = timedelta(minutes=2)


@transaction.atomic
def answer_link_request(*, pk: int) -> list[UUID]:
    """Enqueue a letter for each of the newest open requests of the address; return those requests.

    Deletes what asked, so a second worker finds nothing. Whether a letter may go to the address
    is asked when it is sent: never after a "stop", a bounce or a complaint.
    """
    asked = LinkRequest.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
    if asked is None:
        return []
    alike = ConsultationRequest.objects.open().with_email(asked.email)
    requests = sorted(ConsultationRequest.objects.lock_all(alike), key=lambda each: each.created_at)
    written = [each for each in requests[-MAX_LETTERS:] if may_write(each)]

    for request in written:
        request.audit_events.create(
            type=AuditEvent.Type.LINK_ASKED, source=AuditEvent.Source.SOMEONE
        )
        outbox.enqueue_link(request)
    asked.delete()
    return [each.pk for each in written]


def may_write(request: ConsultationRequest) -> bool:
    """Whether it is open still, and no such letter has just been promised."""
    since = timezone.now() - ASKED_AGAIN_AFTER
    lately = request.messages.filter(kind=Kind.LINK, enqueued_at__gt=since)
    return not request.is_closed and not lately.exists()
