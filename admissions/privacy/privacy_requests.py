"""What people ask about their own data: noted, matched with requests, identity checked, decided."""

from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from admissions.audit.actors import actor_fields
from admissions.audit.models import AuditEvent
from admissions.calls import lookup, taking
from admissions.calls.models import Call
from admissions.exceptions import ActionNotAllowed
from admissions.intake.models import ConsultationRequest
from admissions.intake.models.search_tokens import phone_digits
from admissions.scheduling.holidays import holiday_names
from admissions.triage.duplicates import find_duplicates
from users.models import User

from .models import PrivacyRequest

Kind, Outcome, Type = PrivacyRequest.Kind, PrivacyRequest.Outcome, AuditEvent.Type
DAY = timedelta(days=1)
# Cal. H&S 123110: five working days to inspect, 15 days for copies. HIPAA would give 30 days, and
# no right to deletion: 30 days are our own promise. 47 CFR 64.1200: ten business days to stop.
WORKING_DAYS = {Kind.INSPECT: 5, Kind.REVOCATION: 10}
CALENDAR_DAYS = {Kind.COPY: 15, Kind.DELETION: 30}
MAX_CANDIDATES = 20


def find_due_date(kind: str, received_on: date) -> date:
    """The last day on which an answer is in time."""
    if kind in CALENDAR_DAYS:
        return received_on + CALENDAR_DAYS[Kind(kind)] * DAY
    return add_working_days(received_on, WORKING_DAYS[Kind(kind)])


def add_working_days(first: date, count: int) -> date:
    """The day so many working days after the first; weekends and holidays are none."""
    ahead = [first + DAY * number for number in range(1, count * 3 + 8)]
    off = holiday_names(ahead[0], ahead[-1])
    return [each for each in ahead if each.weekday() < 5 and each not in off][count - 1]


@transaction.atomic
def record_privacy_request(
    *, request_id: UUID, kind: str, received_on: date, by: User, details: str = ""
) -> PrivacyRequest:
    """Note what someone asks, beside the request by which staff found them; due by law."""
    request = ConsultationRequest.objects.lock(request_id)
    if received_on > timezone.localdate():
        raise ActionNotAllowed(_("It cannot have come in the future."))

    asked = PrivacyRequest.objects.create(
        kind=kind,
        received_on=received_on,
        due_on=find_due_date(kind, received_on),
        details=details,
        recorded_by=by,
    )
    asked.requests.add(request)

    record_event(asked, Type.PRIVACY_ASKED, by=by, code=kind, requests=[request])
    return asked


def find_candidates(asked: PrivacyRequest) -> list[ConsultationRequest]:
    """Others that may be the same person's, by phone or email; staff say which are."""
    matched = list(asked.requests.all())
    found: dict[UUID, ConsultationRequest] = {}
    for each in matched:
        found |= {other.pk: other for other in find_duplicates(each)[:MAX_CANDIDATES]}
    known = {each.pk for each in matched}
    return [each for pk, each in found.items() if pk not in known and not each.is_anonymized]


@transaction.atomic
def match_request(*, privacy_request_id: int, request_id: UUID, by: User) -> PrivacyRequest:
    """Say that this request too is the person's; nothing is merged."""
    asked = lock_undecided(privacy_request_id)
    request = ConsultationRequest.objects.lock(request_id)

    asked.requests.add(request)

    record_event(asked, Type.PRIVACY_MATCHED, by=by, code="added", requests=[request])
    return asked


def find_candidate_calls(asked: PrivacyRequest) -> list[tuple[Call, ConsultationRequest]]:
    """Calls that belong to no request, from a number of theirs, on the same side of the wall for
    loved ones; each as it was corrected last, with the request that it would be kept in.
    """
    theirs = [(phone_digits(each.phone), each) for each in find_all_matched(asked) if each.phone]
    found: dict[UUID, tuple[Call, ConsultationRequest]] = {}
    for told in lookup.find_without_request({number for number, _request in theirs}):
        call = lookup.list_versions(told)[-1]
        for number, request in theirs:
            if number == phone_digits(told.number) and lookup.is_same_side(request, call.for_whom):
                found.setdefault(call.pk, (call, request))
    return list(found.values())


def find_all_matched(asked: PrivacyRequest) -> QuerySet[ConsultationRequest]:
    """Those matched, and what is merged with them, as far as anything personal is left there."""
    roots = {each.merged_into_id or each.pk for each in asked.requests.all()}
    same = Q(pk__in=roots) | Q(merged_into__in=roots)
    return ConsultationRequest.objects.filter(same, anonymized_at=None).order_by("created_at", "pk")


@transaction.atomic
def match_call(*, privacy_request_id: int, call_id: UUID, by: User) -> PrivacyRequest:
    """Say that a call is the person's: all that was kept of it goes into their request for good,
    to be exported, held and removed with that. Raises ActionNotAllowed for any other call.
    """
    asked = lock_undecided(privacy_request_id)
    candidates = {call.pk: (call, request) for call, request in find_candidate_calls(asked)}
    if call_id not in candidates:
        raise ActionNotAllowed(_("This call is kept elsewhere, or is not from a number of theirs."))
    call, request = candidates[call_id]
    ConsultationRequest.objects.lock(request.pk)

    versions = lookup.list_versions(call)
    linked = [taking.link_call(call_id=each.pk, request=request, by=by) for each in versions]
    if not any(linked):
        raise ActionNotAllowed(_("A colleague was quicker: the call is kept in a request."))

    record_event(asked, Type.PRIVACY_MATCHED, by=by, code="call", requests=[request])
    return asked


@transaction.atomic
def unmatch_request(*, privacy_request_id: int, request_id: UUID, by: User) -> PrivacyRequest:
    """Say that a request is not the person's after all; one stays at least."""
    asked = lock_undecided(privacy_request_id)
    request = asked.requests.filter(pk=request_id).first()
    if request is None or asked.requests.count() == 1:
        raise ActionNotAllowed(_("A privacy request is about one request at least."))

    asked.requests.remove(request)

    record_event(asked, Type.PRIVACY_MATCHED, by=by, code="removed", requests=[request])
    return asked


@transaction.atomic
def check_identity(*, privacy_request_id: int, identity: str, by: User) -> PrivacyRequest:
    """Keep how we made sure that it is the person who asks."""
    asked = lock_undecided(privacy_request_id)

    asked.identity, asked.identity_checked_at = identity, timezone.now()
    asked.identity_checked_by = by
    asked.save(update_fields=["identity", "identity_checked_at", "identity_checked_by"])

    record_event(asked, Type.IDENTITY_CHECKED, by=by, code=identity)
    return asked


@transaction.atomic
def decide_privacy_request(
    *, privacy_request_id: int, outcome: str, note: str, by: User
) -> PrivacyRequest:
    """End it with an outcome and why. Raises ActionNotAllowed where that would say too much:
    nothing is done for somebody whose identity nobody checked, and removals and revocations are
    done by doing them.
    """
    asked = lock_undecided(privacy_request_id)
    is_done = outcome in (Outcome.DONE, Outcome.PARTLY)
    if is_done and not asked.is_access:
        raise ActionNotAllowed(_("It counts as done once it is carried out below."))
    if is_done:
        require_identity(asked)

    close_privacy_request(asked, outcome, by=by, note=note)
    return asked


def close_privacy_request(asked: PrivacyRequest, outcome: str, *, by: User, note: str = "") -> None:
    """Save the outcome with its audit event; the caller holds the lock."""
    asked.outcome, asked.outcome_note = outcome, note
    asked.decided_at, asked.decided_by = timezone.now(), by
    asked.save(update_fields=["outcome", "outcome_note", "decided_at", "decided_by"])
    record_event(asked, Type.PRIVACY_DECIDED, by=by, code=outcome)


def lock_undecided(pk: int) -> PrivacyRequest:
    """The privacy request, locked, or ActionNotAllowed once it is decided or being carried out."""
    asked = lock_privacy_request(pk)
    if asked.is_ordered:
        raise ActionNotAllowed(
            _("Its removal is ordered: take the order back before you change anything else.")
        )
    return asked


def lock_privacy_request(pk: int) -> PrivacyRequest:
    asked = PrivacyRequest.objects.select_for_update().get(pk=pk)
    if not asked.is_open:
        raise ActionNotAllowed(_("This is decided already."))
    return asked


def require_identity(asked: PrivacyRequest) -> None:
    if not asked.identity:
        raise ActionNotAllowed(_("Say first how you made sure who asks."))


def record_event(
    asked: PrivacyRequest,
    type: str,
    *,
    by: User | None,
    code: str = "",
    requests: Iterable[ConsultationRequest] | None = None,
) -> AuditEvent:
    """One event about it, which also stands in the timeline of the first of its requests.

    Without `by` it was the system.
    """
    ours = list(asked.requests.all() if requests is None else requests)
    return AuditEvent.objects.create(
        type=type,
        **actor_fields(AuditEvent.Source.SYSTEM, by),
        request=ours[0] if ours else None,
        shown=[each.pk for each in ours],
        code=code,
        object_type="privacyrequest",
        object_id=str(asked.pk),
    )
