"""What became of a letter after it was accepted: it came back, or was not wanted.

A provider says so to an address of ours, or staff who found it in the mailbox.
Either way the address is written to no more and the person is phoned.
"""

import hashlib
import json
import uuid

from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from django.db import transaction
from django.utils.encoding import punycode

from admissions.intake import suppressions
from admissions.intake.models import Suppression

from . import delivery
from .models import Message, ProviderEvent

Cause, Reason, State = Suppression.Cause, Message.Reason, Message.State
# The rest (accepted, delivered, opened) changes nothing here and is not kept.
HANDLED_EVENT_TYPES = {
    EventType.BOUNCED,
    EventType.COMPLAINED,
    EventType.DEFERRED,
    EventType.FAILED,
    EventType.REJECTED,
    EventType.UNSUBSCRIBED,
}
# SparkPost's classes of a bounce that say that the address itself is no good.
HARD_BOUNCE_CLASSES = {"10", "30"}
BAD_ADDRESS_REASONS = {RejectReason.INVALID, RejectReason.BOUNCED}


class MessageStillSending(Exception):
    """The letter is still in a worker's hands; the provider is asked to say it again later."""


@transaction.atomic
def record_provider_event(event: AnymailTrackingEvent, *, provider: str) -> None:
    """Keep what a provider says of one message, and act on it; a second time nothing happens."""
    message = find_message(event) if event.event_type in HANDLED_EVENT_TYPES else None
    if message is None or not store_event(event, message, provider):
        return
    if not is_for_current_address(event, message):
        return

    reason, cause = interpret_event(event)
    if reason:
        handle_bounce(message, reason, cause)
    elif cause and not message.is_for_staff:
        suppressions.suppress_email(message.its_request, cause)


def handle_bounce(message: Message, reason: str, cause: str) -> None:
    """Record it, have the person phoned, and where `cause` says why, write there no more."""
    is_news = delivery.record_bounce(message, reason)
    if not is_news and Message.objects.filter(pk=message.pk, state=State.SENDING).exists():
        raise MessageStillSending
    if cause and not message.is_for_staff:
        suppressions.suppress_email(message.its_request, cause)


def find_message(event: AnymailTrackingEvent) -> Message | None:
    """The message that the report is about: by our mark on it, or by the provider's name for it."""
    try:
        mark = uuid.UUID(str((event.metadata or {}).get("message")))
    except ValueError:
        name = event.message_id
        named = Message.objects.filter(provider_message_id=name) if name else Message.objects.none()
    else:
        named = Message.objects.filter(message_uuid=mark)
    return named.select_related("request").order_by("pk").first()


def store_event(event: AnymailTrackingEvent, message: Message, provider: str) -> bool:
    """Whether the report is new; whoever repeats it at the same moment waits and is told no."""
    said = event.event_id or json.dumps(event.esp_event, sort_keys=True, default=str)
    sha256 = hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()
    _event, is_new = ProviderEvent.objects.get_or_create(
        provider=provider,
        sha256=sha256,
        defaults={"type": event.event_type[:20], "message": message},
    )
    return is_new


def is_for_current_address(event: AnymailTrackingEvent, message: Message) -> bool:
    """Whether it means the address that we have now: theirs may have been corrected since."""
    if message.is_for_staff:
        return True
    if message.is_finished and message.email_number != message.its_request.email_number:
        return False
    if not event.recipient:
        return True
    return normalize_email_address(event.recipient) == normalize_email_address(
        message.its_request.email
    )


def normalize_email_address(address: str) -> str:
    name, _at, host = address.strip().rpartition("@")
    return f"{name}@{punycode(host)}".casefold()


def interpret_event(event: AnymailTrackingEvent) -> tuple[str, str]:
    """Why the message was lost, and why not to write again; either may be empty."""
    if event.event_type == EventType.COMPLAINED:
        return Reason.COMPLAINED, Cause.COMPLAINED
    if event.event_type == EventType.UNSUBSCRIBED:
        return "", Cause.STOPPED
    if event.event_type == EventType.BOUNCED and not is_soft_bounce(event.esp_event):
        return Reason.NO_SUCH_ADDRESS, Cause.BOUNCED
    if event.event_type == EventType.REJECTED and event.reject_reason in BAD_ADDRESS_REASONS:
        return Reason.NO_SUCH_ADDRESS, Cause.BOUNCED
    if event.event_type in (EventType.REJECTED, EventType.FAILED):
        return Reason.REFUSED, ""
    return "", ""


def is_soft_bounce(said: dict) -> bool:
    """A full mailbox or the like, in each provider's words; anymail calls them all bounces."""
    if "msys" in said:
        (sparkpost,) = said["msys"].values()
        return str(sparkpost.get("bounce_class")) not in HARD_BOUNCE_CLASSES
    if said.get("event") == "bounce":
        return not said.get("hard_bounce")
    return said.get("Type") == "SoftBounce"
