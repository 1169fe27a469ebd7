"""Wait for something sooner, and answer what is offered; staff may do the first for a person."""

import uuid

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from . import booking, offers, tasks, triage
from .models import (
    AuditEvent,
    Consultation,
    ConsultationRequest,
    EarlierOffer,
    MoveNotAllowed,
    SlotTaken,
    Waiting,
)
from .submissions import answered_before, remember

Left, State, Type = Waiting.Left, EarlierOffer.State, AuditEvent.Type
REQUESTER = AuditEvent.Source.REQUESTER
REFUSALS = {
    Left.ENDED: _lazy("No consultation stands that could be moved."),
    Left.NO_EMAIL: _lazy("Earlier times are offered by email, and we may not write."),
    Left.TOO_LATE: _lazy("It starts too soon for anything earlier."),
}


@transaction.atomic
def join(*, key: uuid.UUID, request: ConsultationRequest) -> Waiting:
    """Look out for something sooner than the consultation; joining again changes nothing."""
    request = booking.locked(request)
    if answered_before(key):
        return request.waitings.latest("joined_at", "pk")

    remember(key, request)
    return begin(request, source=REQUESTER)


@transaction.atomic
def leave(*, key: uuid.UUID, request: ConsultationRequest) -> ConsultationRequest:
    """Stop looking, and take back what is on offer; leaving again changes nothing."""
    request = booking.locked(request)
    if answered_before(key):
        return request

    remember(key, request)
    offers.stop_waiting(request, Left.ASKED, source=REQUESTER)
    tasks.wake_offers()
    return request


@transaction.atomic
def put_on(*, request_id, by: User) -> Waiting:
    """Look out for something sooner for a person who asked staff for it."""
    return begin(triage.open_request(request_id), by=by)


@transaction.atomic
def take_off(*, request_id, by: User) -> ConsultationRequest:
    """Stop looking for this person, and take back what is on offer."""
    request = triage.open_request(request_id)
    offers.stop_waiting(request, Left.BY_STAFF, by=by)
    tasks.wake_offers()
    return request


@transaction.atomic
def accept(*, key: uuid.UUID, request: ConsultationRequest, number: int) -> Consultation | None:
    """Move to the offered time, or None when someone was quicker and the old one stands.

    Raises MoveNotAllowed once the offer is over, and then nothing has changed.
    """
    request = booking.locked(request)
    offer = request.earlier_offers.filter(number=number).first()
    if answered_before(key) or (offer and offer.state == State.ACCEPTED):
        return request.standing_consultation()
    if offer and offer.state == State.GONE:
        return None
    check_open(offer)
    consultation = booking.movable(request)

    try:
        with transaction.atomic():
            moved = booking.take_time(consultation, offer.starts_at, location=consultation.place)
    except SlotTaken:
        offers.end(offer, State.GONE)
        tasks.wake_offers()
        return None
    offers.end(offer, State.ACCEPTED, source=REQUESTER)
    offers.stop_waiting(request, Left.FOUND, source=REQUESTER)
    remember(key, request)
    return moved


@transaction.atomic
def decline(*, key: uuid.UUID, request: ConsultationRequest, number: int) -> None:
    """Keep the consultation and go on waiting; the time is offered to the next person."""
    request = booking.locked(request)
    offer = request.earlier_offers.filter(number=number).first()
    if answered_before(key) or offer is None or not offer.is_open:
        return

    remember(key, request)
    offers.end(offer, State.DECLINED, source=REQUESTER)
    if consultation := request.standing_consultation():
        offers.pass_over(offer.waiting, consultation, now=timezone.now())
    tasks.wake_offers()


def begin(request: ConsultationRequest, *, source: str = "", by: User | None = None) -> Waiting:
    """Put the person on the list, unless they are on it. Call it with the request locked."""
    if waiting := request.waitings.open().first():
        return waiting
    if because := objection(request):
        raise MoveNotAllowed(str(REFUSALS[because]))

    waiting = request.waitings.create()
    consultation = request.standing_consultation()
    offers.pass_over(waiting, consultation, now=waiting.joined_at)
    request.audit_events.create(
        type=Type.WAITLIST_JOINED, consultation=consultation, **offers.who(source, by)
    )
    return waiting


def objection(request: ConsultationRequest) -> str:
    """Why this person cannot wait for something sooner, or an empty string."""
    return offers.reason_to_stop(
        request, request.standing_consultation(), has_offer=False, now=timezone.now()
    )


def check_open(offer: EarlierOffer | None) -> None:
    if offer is None or not offer.is_open_at(timezone.now()):
        raise MoveNotAllowed(_("This offer has ended. Your appointment stays as it is."))
