"""Keeps a call that staff took, and does what its outcome asks for."""

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from phonenumber_field.phonenumber import PhoneNumber

from admissions.audit.models import AuditEvent
from admissions.encryption import current_keys
from admissions.exceptions import ActionNotAllowed
from admissions.intake import idempotency, service_levels
from admissions.intake.consents import record_consents
from admissions.intake.models import ConsentVersion, ConsultationRequest, ContactAttempt
from admissions.intake.models.search_tokens import phone_digits
from admissions.intake.requests import lock_open_request
from admissions.keyed_hashes import number_of
from admissions.messaging import outbox, tasks
from admissions.triage import contact_attempts, escalation, promises
from users.models import User

from . import lookup
from .models import Call

Stage, Type, Outcome = ConsultationRequest.Stage, AuditEvent.Type, Call.Outcome
REPLIED, BY_CALL = ContactAttempt.Result.REPLIED, ContactAttempt.Channel.CALL


@dataclass(frozen=True)
class CallAnswers:
    """What staff noted during a call. `promised_by` goes with that outcome alone."""

    outcome: str
    for_whom: str
    number: PhoneNumber | str = ""
    name: str = ""
    is_in_danger: bool = False
    heard_from: str = ""
    language: str = "en"
    promised_by: datetime | None = None
    sent_to: str = ""
    note: str = ""


class CallerIsKnown(ActionNotAllowed):
    """Someone with this number has an open request, and nobody has said whether it is theirs."""


class CallTakenAlready(ActionNotAllowed):
    """A colleague has kept the call that rang for both, or corrected the same one."""


@transaction.atomic
def take_call(
    *,
    key: UUID,
    answers: CallAnswers,
    by: User,
    request_id: UUID | None = None,
    is_someone_new: bool = False,
    replaces_promise: bool = False,
    ring_id: UUID | None = None,
    corrects_id: UUID | None = None,
) -> Call:
    """Keep the call and do what it asks for; the same key answers with the same call.

    In the request of `request_id`; else a promise, and danger, make a request of their own. Raises
    ActionNotAllowed and saves nothing.
    """
    idempotency.find_or_claim_key(key)
    if twin := Call.objects.filter(pk=key).first():
        return twin
    lock_call(phone_digits(answers.number), ring_id, corrects_id)
    check_call(answers, request_id, is_someone_new, ring_id, corrects_id)

    request = find_request(answers, request_id)
    if request_id and request:
        apply_to_known(request, answers, by=by, replaces_promise=replaces_promise)
    elif answers.outcome == Outcome.PROMISED or answers.is_in_danger:
        request = open_request(answers, by=by)
    call = Call.objects.create(
        pk=key, by=by, request=request, ring_id=ring_id, corrects_id=corrects_id, **asdict(answers)
    )

    AuditEvent.objects.create(
        type=Type.CALL_TAKEN,
        actor=by,
        request=request,
        code=call.outcome,
        object_type="call",
        object_id=str(call.pk),
    )
    return call


def lock_call(*marks: object) -> None:
    """Two who take calls from one number, or the same call, wait for each other: the second sees
    what the first made. Held until the transaction ends.
    """
    key = current_keys()[0]
    locks = {number_of(key, str(each), purpose="lock of a call") for each in marks if each}
    with connection.cursor() as cursor:
        # In one order, lest two wait in a ring.
        for lock in sorted(locks):
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock])


def check_call(
    answers: CallAnswers,
    request_id: UUID | None,
    is_someone_new: bool,
    ring_id: UUID | None,
    corrects_id: UUID | None,
) -> None:
    """Raise where a colleague was quicker, or the caller may be someone whom we know."""
    taken = Call.objects.none()
    if ring_id:
        taken = Call.objects.filter(ring_id=ring_id)
    if corrects_id:
        taken = Call.objects.filter(corrects_id=corrects_id)
    if earlier := taken.select_related("by").first():
        raise CallTakenAlready(
            _("%(who)s has kept this call already.")
            % {"who": earlier.by.get_short_name() or earlier.by}
        )
    if not request_id and not is_someone_new and lookup.find_open(answers.number, answers.for_whom):
        raise CallerIsKnown(
            _("Someone with this number is known. Say whether it is them, or someone new.")
        )


def find_request(answers: CallAnswers, request_id: UUID | None) -> ConsultationRequest | None:
    """The request of the caller, locked, on their own side of the wall for loved ones."""
    if request_id is None:
        return None
    request = lock_open_request(request_id)
    if not lookup.is_same_side(request, answers.for_whom):
        raise ActionNotAllowed(
            _("This request was made by someone else. Choose “Someone new”, and tell them nothing.")
        )
    return request


def apply_to_known(
    request: ConsultationRequest, answers: CallAnswers, *, by: User, replaces_promise: bool
) -> None:
    """They got in touch; a promise is theirs, and danger is told at once."""
    contact_attempts.log_attempt(
        request_id=request.pk,
        by=by,
        channel=BY_CALL,
        result=REPLIED,
        promise_by=answers.promised_by,
        replaces_promise=replaces_promise,
    )
    if answers.is_in_danger:
        escalation.escalate_safety(request_id=request.pk, by=by)


def open_request(answers: CallAnswers, *, by: User) -> ConsultationRequest:
    """A request of their own, since we owe them something: the same alarms as of the site's.

    Of danger without a number, too: whoever has it knows what was said, and who took the call.
    """
    now, is_promise = timezone.now(), answers.promised_by is not None
    if answers.promised_by:
        zone = ZoneInfo(settings.TIME_ZONE)
        promises.check_promise_time(answers.promised_by, zone=zone, now=now)
    follow_up = answers.promised_by or now + service_levels.FIRST_ANSWER_WITHIN
    request = ConsultationRequest.objects.create(
        source=ConsultationRequest.Source.STAFF,
        stage=Stage.CONTACTED,
        promised_call_by=answers.promised_by,
        due_at=now if answers.is_in_danger else follow_up,
        is_in_danger=answers.is_in_danger,
        is_adult=answers.outcome != Outcome.UNDER_18,
        for_whom=answers.for_whom,
        preferred_name=answers.name or _("Caller"),
        phone=answers.number,
        may_call=is_promise or (answers.is_in_danger and bool(answers.number)),
        language=answers.language,
        note=answers.note,
    )
    request.attempts.create(by=by, channel=BY_CALL, result=REPLIED)

    if is_promise:
        # Whoever takes a promise aloud says that we may call them.
        record_consents(request, {ConsentVersion.Key.CONTACT: True}, by=by)
        request.audit_events.create(type=Type.CALL_PROMISED, actor=by)

    outbox.enqueue_new_request(request)
    tasks.wake_delivery(request)
    return request


@transaction.atomic
def link_call(*, call_id: UUID, request: ConsultationRequest, by: User) -> bool:
    """Say that a call without a request was about this one; return False where it has one."""
    # One statement, which waits for its twin: no lock of a row is needed for it.
    linked = Call.objects.filter(pk=call_id, request=None, emptied_at=None).update(request=request)
    if not linked:
        return False

    AuditEvent.objects.create(
        type=Type.CALL_TAKEN,
        actor=by,
        request=request,
        code="linked",
        object_type="call",
        object_id=str(call_id),
    )
    return True
