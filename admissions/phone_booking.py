"""A time that staff book while someone is on the phone: check, change, record, promise."""

import uuid

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from . import assignment, booking, promises, tasks, triage
from .assignment import Pick
from .models import AuditEvent, ConsultationRequest, Mode, MoveNotAllowed
from .submissions import answered_before, keep_consents, remember

Stage, Type = ConsultationRequest.Stage, AuditEvent.Type


@transaction.atomic
def book_by_phone(
    *, key: uuid.UUID, by: User, pick: Pick, details: dict, consents: dict
) -> ConsultationRequest:
    """Book a time for someone on the phone; the same key answers with the same request.

    `details` and `consents` are as booking takes them. Raises SlotTaken, and
    then nothing is saved.
    """
    if earlier := answered_before(key):
        return earlier

    now = timezone.now()
    request = ConsultationRequest.objects.create(
        source=ConsultationRequest.Source.STAFF,
        stage=Stage.CONSULTATION_SCHEDULED,
        due_at=now if details.get("is_in_danger") else pick.starts_at,
        **details,
    )
    consultation = assignment.hold(request=request, now=now, by=by, **vars(pick))
    keep_consents(request, consents, by=by)
    remember(key, request)

    request.audit_events.create(
        type=Type.CONSULTATION_REQUESTED, actor=by, consultation=consultation
    )

    promises.promise_booked(consultation, is_new=True)
    tasks.wake(request)
    return request


@transaction.atomic
def book_time(*, key: uuid.UUID, request_id, by: User, pick: Pick) -> ConsultationRequest:
    """Book a time for a request without a consultation, or raise and change nothing."""
    request = triage.open_request(request_id)
    if answered_before(key):
        return request
    check_bookable(request, pick.mode)

    booking.schedule(request, by=by, **vars(pick))
    remember(key, request)
    return request


def check_bookable(request: ConsultationRequest, mode: str) -> None:
    """A request holds one consultation at a time, and nobody is called who asked us not to."""
    if request.standing_consultation():
        raise MoveNotAllowed(_("A consultation stands already. Move it instead."))
    if mode == Mode.PHONE and not (request.phone and request.may_call):
        raise MoveNotAllowed(
            _(
                "The contact plan permits no call. Choose another mode, or first change the plan"
                " on this page if they now want calls."
            )
        )
