"""Removes personal data from requests: what rules say each night, and what a director ordered."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from admissions.audit.actors import actor_fields
from admissions.audit.models import AuditEvent
from admissions.calls import expiry as calls_expiry
from admissions.exceptions import ActionNotAllowed
from admissions.intake.models import ConsultationRequest
from admissions.messaging.models import Message
from users.models import User

from . import disclosures, holds, personal_data, privacy_requests, records, schedule
from .models import LegalHold, PrivacyRequest, RemovalCertificate, RetentionPeriod

logger = logging.getLogger(__name__)
Rule, Type = RetentionPeriod.Rule, AuditEvent.Type
BATCH = 200
# What is removed by a rule is nobody's wish: the audit says so in this word.
ASKED_FOR = "asked_for"
# Why an order ended without a removal, in the audit.
TAKEN_BACK, REOPENED = "order_taken_back", "order_ended_by_reopening"


def remove_expired_data(*, now: datetime) -> int:
    """Remove whatever has been kept long enough; return from how many requests.

    One transaction a request, so that a worker that dies leaves each whole or untouched, and the
    next run goes on with the rest. Two at once share the work: a locked request is passed over.
    """
    periods = schedule.periods()
    removed = sum(
        remove_by_rule(rule, period=periods[rule], now=now) for rule in schedule.REQUEST_RULES
    )
    records.empty_texts(before=now - periods[Rule.RECORDS])
    calls_expiry.empty_expired_calls(
        before=now - periods[Rule.CALLS], at=now, held_numbers=holds.find_held_numbers()
    )
    schedule.find_stale_drafts(before=now - periods[Rule.DRAFT]).delete()
    return removed


def remove_by_rule(rule: str, *, period: timedelta, now: datetime) -> int:
    """One that Postgres refuses is told in the log by its id, and keeps no other from its turn."""
    removed, passed = 0, None
    while True:
        due = schedule.find_due(rule, at=now, period=period).order_by("pk")
        rest = due.filter(pk__gt=passed) if passed else due
        batch = list(rest.values_list("pk", flat=True)[:BATCH])
        if not batch:
            return removed
        for pk in batch:
            removed += try_remove_expired(pk, rule=rule, period=period, now=now)
        passed = batch[-1]


def try_remove_expired(pk: UUID, *, rule: str, period: timedelta, now: datetime) -> int:
    """1, or 0 if a colleague has it in hand, it is no longer due, or Postgres refuses."""
    try:
        return remove_expired_request(pk, rule=rule, period=period, now=now)
    except DatabaseError as refused:
        logger.error("Personal data of request %s stays: %s", pk, type(refused).__name__)
        return 0


@transaction.atomic
def remove_expired_request(pk: UUID, *, rule: str, period: timedelta, now: datetime) -> int:
    """Ask again under the lock whether it is due: a hold may have come, or someone reopened it."""
    group = lock_group(pk, is_waiting=False)
    if not group or not schedule.find_due(rule, at=now, period=period).filter(pk=pk).exists():
        return 0
    remove_group(group, rule=rule)
    return 1


def find_groups(asked: PrivacyRequest) -> list[list[ConsultationRequest]]:
    """Each request, or the one that it was merged with, first; then all that is merged with it."""
    roots = {each.merged_into or each for each in asked.requests.select_related("merged_into")}
    ordered = sorted(roots, key=lambda each: (each.created_at, each.pk))
    return [[root, *root.merged.order_by("pk")] for root in ordered]


def carry_out_order(pk: int) -> bool:
    """Remove all that was ordered, each request in a transaction of its own, and close it as done.

    What a hold keeps meanwhile stays, and so does the order: it waits until that is lifted. A
    request that was reopened after the order ends it.
    """
    asked = PrivacyRequest.objects.select_related("ordered_by").get(pk=pk)
    try:
        for group in find_groups(asked):
            remove_ordered_request(group[0].pk, asked=asked)
        return close_order(pk)
    except ActionNotAllowed:  # A hold, which may last for years, or an assessment: no fault.
        return False
    except DatabaseError as refused:
        logger.error("Removal of privacy request %s waits: %s", pk, type(refused).__name__)
        return False


@transaction.atomic
def close_order(pk: int) -> bool:
    """Close it as done, by who has ordered it; False if it is closed already, or something is left
    that was merged meanwhile: the next sweep takes that.
    """
    asked = lock_order(pk)
    if asked is None or asked.ordered_by is None:
        return False
    if any(not each.is_anonymized for group in find_groups(asked) for each in group):
        return False
    privacy_requests.close_privacy_request(asked, PrivacyRequest.Outcome.DONE, by=asked.ordered_by)
    return True


@transaction.atomic
def remove_ordered_request(pk: UUID, *, asked: PrivacyRequest) -> None:
    """Remove what a director has ordered, or raise ActionNotAllowed: a hold came in between, or an
    assessment that the director didn't know of.

    Nothing is removed once the order was taken back. A request that was reopened ends the order.
    """
    order = lock_order(asked.pk)
    group = lock_group(pk, is_waiting=True)
    if order is None or all(each.is_anonymized for each in group):
        return
    if any(is_reopened(each, since=order.ordered_at) for each in group):
        end_order(order, code=REOPENED)
        return
    if refusal := find_order_refusal(group, order):
        raise ActionNotAllowed(refusal)
    remove_group(group, asked=order)


def lock_order(pk: int) -> PrivacyRequest | None:
    """The privacy request, locked, or None once its order is carried out or taken back."""
    waiting = PrivacyRequest.objects.to_carry_out().select_for_update(of=["self"])
    return waiting.select_related("ordered_by").filter(pk=pk).first()


def is_reopened(request: ConsultationRequest, *, since: datetime | None) -> bool:
    """Whether it is open, or was opened again after that and closed a second time."""
    again = request.reopened_at
    return not request.is_closed or bool(since and again and again > since)


def end_order(order: PrivacyRequest, *, code: str, by: User | None = None) -> None:
    """Take an order away, with its reasons and an audit event; the caller holds the lock.

    The privacy request can be decided again, and what was removed already stays so.
    """
    order.ordered_at = order.ordered_by = None
    order.order_reason = order.clinical_reason = ""
    order.save(update_fields=["ordered_at", "ordered_by", "order_reason", "clinical_reason"])
    privacy_requests.record_event(order, Type.PRIVACY_DECIDED, by=by, code=code)


def find_order_refusal(group: list[ConsultationRequest], order: PrivacyRequest) -> str:
    """Why an order must wait, or an empty string: what was said then is asked once more."""
    left = [each for each in group if not each.is_anonymized]
    if not order.clinical_reason and any(schedule.is_clinical(each) for each in left):
        return _("It may be a clinical record.")
    return find_removal_refusal(group)


def lock_group(pk: UUID, *, is_waiting: bool) -> list[ConsultationRequest]:
    """A request with what was merged with it, locked in one order.

    None of it where some is locked by someone else, unless `is_waiting`.
    """
    of_group = ConsultationRequest.objects.filter(Q(pk=pk) | Q(merged_into=pk)).order_by("pk")
    group = list(of_group.select_for_update(skip_locked=not is_waiting))
    return group if len(group) == of_group.count() else []


def find_removal_refusal(group: list[ConsultationRequest]) -> str:
    """Why personal data of this group may not be removed, or an empty string."""
    if any(not each.is_closed for each in group):
        return _("It is still open. Close it first.")
    if any(LegalHold.objects.covering(each).exists() for each in group):
        return _("It is under a legal hold.")
    if any(each.standing_consultation() for each in group):
        return _("A consultation stands. Cancel it first.")
    return ""


def remove_group(
    group: list[ConsultationRequest], *, rule: str = "", asked: PrivacyRequest | None = None
) -> None:
    """Empty each, with a certificate and an audit event; the caller holds the locks."""
    at, by = timezone.now(), asked.ordered_by if asked else None
    for request in group:
        if not request.is_anonymized:
            remove_request(request, at=at, by=by, rule=rule, asked=asked)


def remove_request(
    request: ConsultationRequest,
    *,
    at: datetime,
    by: User | None,
    rule: str,
    asked: PrivacyRequest | None,
) -> None:
    disclosures.take_over_referrals(request)
    Message.objects.filter(request=request, state__in=Message.PENDING_STATES).update(
        state=Message.State.SKIPPED, reason=Message.Reason.REQUEST_CLOSED, finished_at=at
    )
    emptied = personal_data.empty_request(request, at=at)
    RemovalCertificate.objects.create(
        request=request,
        removed_at=at,
        removed_by=by,
        rule=rule,
        privacy_request=asked,
        emptied=emptied,
    )
    AuditEvent.objects.create(
        request=request,
        type=Type.DATA_REMOVED,
        code=rule or ASKED_FOR,
        **actor_fields(AuditEvent.Source.SYSTEM, by),
    )
