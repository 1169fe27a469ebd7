"""Wait for something sooner, and answer what is offered; staff may do the first for a person."""

import uuid

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from admissions.audit import actors
from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed, SlotTaken
from admissions.intake import requests, waitlist_entries
from admissions.intake.idempotency import find_or_claim_key, link_key_to_request
from admissions.intake.models import ConsultationRequest
from admissions.scheduling.models import Consultation, EarlierOffer, WaitlistEntry
from users.models import User

from . import earlier_offers, moves, tasks

LeaveReason, State, Type = WaitlistEntry.LeaveReason, EarlierOffer.State, AuditEvent.Type
REQUESTER = AuditEvent.Source.REQUESTER
REFUSAL_MESSAGES: dict[str, Promise] = {
    LeaveReason.ENDED: _lazy("There is no appointment to move."),
    LeaveReason.NO_EMAIL: _lazy(
        "We offer earlier times by email, but we don't have permission to write."
    ),
    LeaveReason.TOO_LATE: _lazy("The appointment is too soon to offer an earlier time."),
}


@transaction.atomic
def join_waitlist(*, key: uuid.UUID, request: ConsultationRequest) -> WaitlistEntry:
    """Look out for something sooner than the consultation; joining again changes nothing."""
    request = ConsultationRequest.objects.lock(request.pk)
    if find_or_claim_key(key):
        return request.waitlist_entries.latest("joined_at", "pk")

    link_key_to_request(key, request)
    return start_waiting(request, source=REQUESTER)


@transaction.atomic
def leave_waitlist(*, key: uuid.UUID, request: ConsultationRequest) -> ConsultationRequest:
    """Stop looking, and take back what is on offer; leaving again changes nothing."""
    request = ConsultationRequest.objects.lock(request.pk)
    if find_or_claim_key(key):
        return request

    link_key_to_request(key, request)
    waitlist_entries.stop_waiting(request, LeaveReason.ASKED, source=REQUESTER)
    tasks.wake_offer_sweep()
    return request


@transaction.atomic
def add_to_waitlist(*, request_id: uuid.UUID, by: User) -> WaitlistEntry:
    """Look out for something sooner for a person who asked staff for it."""
    return start_waiting(requests.lock_open_request(request_id), by=by)


@transaction.atomic
def remove_from_waitlist(*, request_id: uuid.UUID, by: User) -> ConsultationRequest:
    """Stop looking for this person, and take back what is on offer."""
    request = requests.lock_open_request(request_id)
    waitlist_entries.stop_waiting(request, LeaveReason.BY_STAFF, by=by)
    tasks.wake_offer_sweep()
    return request


@transaction.atomic
def accept_offer(
    *, key: uuid.UUID, request: ConsultationRequest, number: int
) -> Consultation | None:
    """Move to the offered time, or None when someone was quicker and the old one stands.

    Raises ActionNotAllowed once the offer is over, and then nothing has changed.
    """
    request = ConsultationRequest.objects.lock(request.pk)
    offer = request.earlier_offers.filter(number=number).first()
    if find_or_claim_key(key) or (offer and offer.state == State.ACCEPTED):
        return request.standing_consultation()
    if offer and offer.state == State.GONE:
        return None
    offer = require_open_offer(offer)
    consultation = moves.require_movable_consultation(request)

    try:
        with transaction.atomic():
            moved = moves.apply_move(
                consultation, offer.starts_at, location=consultation.visit_location_id
            )
    except SlotTaken:
        waitlist_entries.end_offer(offer, State.GONE)
        tasks.wake_offer_sweep()
        return None
    waitlist_entries.end_offer(offer, State.ACCEPTED, source=REQUESTER)
    waitlist_entries.stop_waiting(request, LeaveReason.FOUND, source=REQUESTER)
    link_key_to_request(key, request)
    return moved


@transaction.atomic
def decline_offer(*, key: uuid.UUID, request: ConsultationRequest, number: int) -> None:
    """Keep the consultation and go on waiting; the time is offered to the next person."""
    request = ConsultationRequest.objects.lock(request.pk)
    offer = request.earlier_offers.filter(number=number).first()
    if find_or_claim_key(key) or offer is None or not offer.is_open:
        return

    link_key_to_request(key, request)
    waitlist_entries.end_offer(offer, State.DECLINED, source=REQUESTER)
    if consultation := request.standing_consultation():
        earlier_offers.pass_over_open_slots(offer.waitlist_entry, consultation, now=timezone.now())
    tasks.wake_offer_sweep()


def start_waiting(
    request: ConsultationRequest, *, source: str = "", by: User | None = None
) -> WaitlistEntry:
    """Put the person on the list, unless they are on it. Call it with the request locked."""
    if waiting := request.waitlist_entries.open().first():
        return waiting
    consultation = request.standing_consultation()
    because = refusal_to_join(request)
    if because or consultation is None:
        raise ActionNotAllowed(str(REFUSAL_MESSAGES[because]))

    waiting = request.waitlist_entries.create()
    earlier_offers.pass_over_open_slots(waiting, consultation, now=waiting.joined_at)
    request.audit_events.create(
        type=Type.WAITLIST_JOINED, consultation=consultation, **actors.actor_fields(source, by)
    )
    return waiting


def refusal_to_join(request: ConsultationRequest) -> str:
    """Why this person cannot wait for something sooner, or an empty string."""
    return earlier_offers.reason_to_stop_waiting(
        request, request.standing_consultation(), has_offer=False, now=timezone.now()
    )


def require_open_offer(offer: EarlierOffer | None) -> EarlierOffer:
    """The offer while it can be answered, or ActionNotAllowed."""
    if offer is None or not offer.is_open_at(timezone.now()):
        raise ActionNotAllowed(_("This offer has ended. Your appointment stays as it is."))
    return offer
