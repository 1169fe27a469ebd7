"""Whose a request is, when it is taken up, and what the next who opens it must know."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from admissions.alerts import news
from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed
from admissions.intake import requests
from admissions.intake.models import ConsultationRequest
from admissions.intake.requests import lock_open_request
from admissions.scheduling.models import Closure
from users.models import User

Stage, Type = ConsultationRequest.Stage, AuditEvent.Type
TRIAGE_PERMISSION = "admissions.triage_consultationrequest"
REASSIGN_PERMISSION = "admissions.reassign_consultationrequest"
AUTH_BACKEND = "django.contrib.auth.backends.ModelBackend"
# Who is back within this time keeps what is theirs.
SHORT_ABSENCE = timedelta(hours=4)


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

    news.tell_of_handed_request(request.pk, to=to, at=request.claimed_at, by=by)
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
    """Make this request mine, unless a colleague owns it who is there for it."""
    request = lock_open_request(request_id)
    if request.owner_id == by.pk:
        return request
    was = request.owner
    if was and not is_gone(was, absent=find_absent(timezone.now())):
        raise ActionNotAllowed(_("A colleague has already claimed this request."))

    requests.claim(request, by=by)
    return request


# Owners who have left, or are away


def owner_gone_condition(now: datetime) -> Q:
    """Requests that nobody takes care of, though they have an owner: who left, or is away."""
    return Q(owner__is_active=False) | Q(owner__in=absences(now).values("counselor__user"))


def find_absent(now: datetime) -> frozenset[int]:
    """Ids of the staff whose absence goes on for longer than a short one."""
    return frozenset(absences(now).values_list("counselor__user", flat=True))


def is_gone(owner: User, *, absent: frozenset[int]) -> bool:
    return not owner.is_active or owner.pk in absent


def absences(now: datetime) -> QuerySet[Closure]:
    """Time off of one counselor with an account: begun, and not over for four hours."""
    return Closure.objects.filter(
        counselor__user__isnull=False, starts_at__lte=now, ends_at__gt=now + SHORT_ABSENCE
    )


@transaction.atomic
def reassign_all(*, owner_id: int, by: User, to: User | None) -> int:
    """Make all that is open of one owner a colleague's, or nobody's; how many those were.

    Locks each request. Raises ActionNotAllowed if `by` does not assign work, or `to` cannot
    work on requests.
    """
    if not by.has_perm(REASSIGN_PERMISSION):
        raise ActionNotAllowed(_("Only who assigns work can hand everything over."))
    if to and (to.pk == owner_id or not find_assignable_staff().filter(pk=to.pk).exists()):
        raise ActionNotAllowed(_("This colleague cannot work on requests."))
    theirs = ConsultationRequest.objects.open().filter(owner=owner_id)
    moved = list(theirs.select_related(None).select_for_update().order_by("pk"))
    was = User.objects.get(pk=owner_id)
    for request in moved:
        request.owner, request.claimed_at = to, timezone.now() if to else None
        request.save(update_fields=["owner", "claimed_at"])
        request.audit_events.create(
            type=Type.REQUEST_HANDED_OVER,
            actor=by,
            staff=to or was,
            code="" if to else AuditEvent.GIVEN_BACK,
        )
    if to and moved:
        news.tell_of_all_handed(owner_id, to=to, at=timezone.now(), by=by)
    return len(moved)
