"""Whose a request is, when it is taken up, and what the next who opens it must know."""

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed
from admissions.intake import requests
from admissions.intake.models import ConsultationRequest
from admissions.intake.requests import lock_open_request
from users.models import User

Stage, Type = ConsultationRequest.Stage, AuditEvent.Type
TRIAGE_PERMISSION = "admissions.triage_consultationrequest"
REASSIGN_PERMISSION = "admissions.reassign_consultationrequest"
AUTH_BACKEND = "django.contrib.auth.backends.ModelBackend"


# Whose it is


def find_assignable_staff(*, besides: User | None = None) -> QuerySet[User]:
    """Everyone active who may work on requests, by name."""
    active = User.objects.with_perm(
        TRIAGE_PERMISSION, include_superusers=False, backend=AUTH_BACKEND
    ).filter(is_staff=True)
    others = active.exclude(pk=besides.pk) if besides else active
    return others.order_by("first_name", "last_name", "username")


def may_reassign(request: ConsultationRequest, by: User) -> bool:
    """One's own; a colleague's, or what nobody has claimed, takes a role that assigns work."""
    return not request.is_closed and (request.owner_id == by.pk or by.has_perm(REASSIGN_PERMISSION))


@transaction.atomic
def reassign_request(
    *, request_id: UUID, by: User, to: User, owner_id: int | None, note: str = ""
) -> ConsultationRequest:
    """Make it a colleague's, from `owner_id` whose it was on the page that was looked at."""
    request = requests.lock_open_request(request_id)
    if request.owner_id == to.pk:
        return request
    check_may_reassign(request, by=by, owner_id=owner_id)
    if not find_assignable_staff().filter(pk=to.pk).exists():
        raise ActionNotAllowed(_("This colleague cannot work on requests."))

    request.owner, request.claimed_at = to, timezone.now()
    request.save(update_fields=["owner", "claimed_at"])
    if note:
        request.notes.create(by=by, text=note)

    request.audit_events.create(type=Type.REQUEST_HANDED_OVER, actor=by, staff=to)
    return request


@transaction.atomic
def unassign_request(*, request_id: UUID, by: User, owner_id: int | None) -> ConsultationRequest:
    """Nobody's again, so that any colleague may claim it."""
    request = requests.lock_open_request(request_id)
    if request.owner_id is None:
        return request
    check_may_reassign(request, by=by, owner_id=owner_id)

    was, request.owner, request.claimed_at = request.owner, None, None
    request.save(update_fields=["owner", "claimed_at"])

    request.audit_events.create(
        type=Type.REQUEST_HANDED_OVER, actor=by, staff=was, code=AuditEvent.GIVEN_BACK
    )
    return request


def check_may_reassign(request: ConsultationRequest, *, by: User, owner_id: int | None) -> None:
    """Nobody takes away what has changed hands since they looked."""
    if not may_reassign(request, by):
        raise ActionNotAllowed(_("Only its owner, or who assigns work, can hand it over."))
    # The form says whose it was when the page was rendered.
    if request.owner_id != owner_id:
        raise ActionNotAllowed(_("It has changed hands meanwhile. Look at whose it is now."))


@transaction.atomic
def claim_request(*, request_id: UUID, by: User) -> ConsultationRequest:
    """Make this request mine, unless a colleague already owns it."""
    request = lock_open_request(request_id)
    if request.owner_id == by.pk:
        return request
    if request.owner_id:
        raise ActionNotAllowed(_("A colleague has already claimed this request."))

    assign_unowned(request, by=by)
    return request


def assign_unowned(request: ConsultationRequest, *, by: User) -> None:
    """Make it theirs and record that, if it is nobody's; within the caller's transaction."""
    if request.owner_id is None:
        request.owner, request.claimed_at = by, timezone.now()
        request.save(update_fields=["owner", "claimed_at"])
        request.audit_events.create(type=Type.REQUEST_CLAIMED, actor=by)
