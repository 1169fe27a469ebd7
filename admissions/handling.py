"""Whose a request is, when it is taken up, and what the next who opens it must know."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from . import cadence, clocks, privacy, promises, tasks, triage
from .models import AuditEvent, ConsultationRequest, Message, MoveNotAllowed, Note

Stage, Type = ConsultationRequest.Stage, AuditEvent.Type
TRIAGE = "admissions.triage_consultationrequest"
REASSIGN = "admissions.reassign_consultationrequest"
BACKEND = "django.contrib.auth.backends.ModelBackend"
SAME_ALARM = timedelta(minutes=2)


# Whose it is


def colleagues(*, besides: User | None = None):
    """Everyone active who may work on requests, by name."""
    active = User.objects.with_perm(TRIAGE, include_superusers=False, backend=BACKEND).filter(
        is_staff=True
    )
    others = active.exclude(pk=besides.pk) if besides else active
    return others.order_by("first_name", "last_name", "username")


def may_hand_over(request: ConsultationRequest, by: User) -> bool:
    """One's own; a colleague's, or what nobody has claimed, takes a role that assigns work."""
    return not request.is_closed and (request.owner_id == by.pk or by.has_perm(REASSIGN))


@transaction.atomic
def hand_over(
    *, request_id, by: User, to: User, owner_id: int | None, note: str = ""
) -> ConsultationRequest:
    """Make it a colleague's, from `owner_id` whose it was on the page that was looked at."""
    request = triage.open_request(request_id)
    if request.owner_id == to.pk:
        return request
    check_hand_over(request, by=by, owner_id=owner_id)
    if not colleagues().filter(pk=to.pk).exists():
        raise MoveNotAllowed(_("This colleague cannot work on requests."))

    request.owner, request.claimed_at = to, timezone.now()
    request.save(update_fields=["owner", "claimed_at"])
    if note:
        request.notes.create(by=by, text=note)

    request.audit_events.create(type=Type.REQUEST_HANDED_OVER, actor=by, staff=to)
    return request


@transaction.atomic
def give_back(*, request_id, by: User, owner_id: int | None) -> ConsultationRequest:
    """Nobody's again, so that any colleague may claim it."""
    request = triage.open_request(request_id)
    if request.owner_id is None:
        return request
    check_hand_over(request, by=by, owner_id=owner_id)

    was, request.owner, request.claimed_at = request.owner, None, None
    request.save(update_fields=["owner", "claimed_at"])

    request.audit_events.create(
        type=Type.REQUEST_HANDED_OVER, actor=by, staff=was, code=AuditEvent.GIVEN_BACK
    )
    return request


def check_hand_over(request: ConsultationRequest, *, by: User, owner_id: int | None) -> None:
    """Nobody takes away what has changed hands since they looked."""
    if not may_hand_over(request, by):
        raise MoveNotAllowed(_("Only its owner, or who assigns work, can hand it over."))
    if request.owner_id != owner_id:
        raise MoveNotAllowed(_("It has changed hands meanwhile. Look at whose it is now."))


# When it is taken up


@transaction.atomic
def set_aside(*, request_id, by: User, until: datetime) -> ConsultationRequest:
    """Put it off until then, or raise MoveNotAllowed; it comes back by itself."""
    request = triage.open_request(request_id)
    check_can_wait(request, until)
    check_time(request, until, now=timezone.now())

    request.snoozed_until = request.due_at = until
    request.save(update_fields=["snoozed_until", "due_at"])

    request.audit_events.create(type=Type.REQUEST_SET_ASIDE, actor=by)
    return request


def check_can_wait(request: ConsultationRequest, until: datetime) -> None:
    """Danger, a high concern, a promise and a consultation do not wait."""
    if request.needs_safety_answer:
        raise MoveNotAllowed(_("Someone may be in danger: this cannot wait."))
    if request.concern_open_since:
        raise MoveNotAllowed(_("A clinician must look at this: it cannot wait."))
    if request.promised_call_by:
        raise MoveNotAllowed(_("We promised a call: make it first."))
    consultation = request.standing_consultation()
    if consultation and consultation.starts_at <= until:
        raise MoveNotAllowed(_("The consultation comes before that."))


def check_time(request: ConsultationRequest, until: datetime, *, now: datetime) -> None:
    """Yet to come, within two weeks, and not at night where the person is."""
    if until <= now:
        raise MoveNotAllowed(_("That time has passed. Choose a later one."))
    if until > now + triage.LONGEST_PAUSE:
        raise MoveNotAllowed(_("Choose a time within the next 14 days."))
    if privacy.is_quiet(until, ZoneInfo(request.time_zone)):
        raise MoveNotAllowed(_("It is night where they are then. Choose a time in their day."))


@transaction.atomic
def take_up(*, request_id, by: User) -> ConsultationRequest:
    """No longer set aside: due now, or when the consultation begins."""
    request = triage.open_request(request_id)
    if not request.is_set_aside:
        return request
    consultation = request.standing_consultation()

    request.snoozed_until = None
    request.due_at = consultation.starts_at if consultation else timezone.now()
    request.save(update_fields=["snoozed_until", "due_at"])

    request.audit_events.create(type=Type.REQUEST_SET_ASIDE, actor=by, code=AuditEvent.TAKEN_UP)
    return request


# What the next must know


@transaction.atomic
def add_note(*, request_id, by: User, text: str) -> Note:
    """Keep what a colleague should know, of a closed request as well; it cannot be changed."""
    request = locked(request_id)
    if twin := just_noted(request, by, text):
        return twin

    note = request.notes.create(by=by, text=text)

    request.audit_events.create(type=Type.NOTE_ADDED, actor=by)
    return note


def just_noted(request: ConsultationRequest, by: User, text: str) -> Note | None:
    """The same words by the same hand a moment ago."""
    recent = request.notes.filter(by=by, at__gt=timezone.now() - triage.SAME_CLICK)
    return next((each for each in recent if each.text == text), None)


@transaction.atomic
def reopen(*, request_id, by: User, reason: str) -> ConsultationRequest:
    """Take up a closed request again, with why; due in a quarter of an hour of the person's day."""
    request = locked(request_id)
    if not request.is_closed:
        raise MoveNotAllowed(_("This request is open."))
    if request.merged_into_id:
        raise MoveNotAllowed(_("It was merged. Work on the request that it joined."))

    is_known = request.attempts.in_touch().exists()
    request.move_to(Stage.CONTACTED if is_known else Stage.ATTEMPTING_CONTACT)
    request.closed_at, request.disposition = None, ""
    request.close_reason = request.close_note = ""
    request.reopened_at = now = timezone.now()
    request.due_at = cadence.within_the_day(clocks.answer_by(now), ZoneInfo(request.time_zone))
    if request.owner and not request.owner.is_active:
        request.owner = request.claimed_at = None
    request.save()
    request.notes.create(by=by, text=reason)

    request.audit_events.create(type=Type.REQUEST_REOPENED, actor=by)
    return request


@transaction.atomic
def escalate(*, request_id, by: User) -> ConsultationRequest:
    """Staff hear of danger: first for everyone until somebody has talked, and the lead is rung."""
    request = triage.open_request(request_id)
    if is_ringing(request):
        return request

    request.is_in_danger, request.safety_answered_at = True, None
    request.due_at, request.snoozed_until = timezone.now(), None
    request.save(update_fields=["is_in_danger", "safety_answered_at", "due_at", "snoozed_until"])

    request.audit_events.create(type=Type.SAFETY_ESCALATED, actor=by)

    promises.promise_help(request)
    tasks.wake(request)
    return request


def is_ringing(request: ConsultationRequest) -> bool:
    """Whether the lead was rung a moment ago, by this or another pair of hands."""
    return (
        request.needs_safety_answer
        and request.messages.filter(
            kind=Message.Kind.STAFF_ESCALATED,
            due_at__lte=timezone.now(),
            promised_at__gt=timezone.now() - SAME_ALARM,
        ).exists()
    )


def locked(request_id) -> ConsultationRequest:
    return ConsultationRequest.objects.select_for_update().get(pk=request_id)
