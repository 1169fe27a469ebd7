"""Removal on request: looked at, ordered by a director, carried out by the worker.

The web process may not change permanent rows, and it need not: an order is a row too.
"""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed
from admissions.intake.models import ConsultationRequest
from users.models import User

from . import personal_data, privacy_requests, removal, schedule, tasks
from .models import PrivacyRequest


@dataclass(frozen=True)
class RemovalPlan:
    """What a removal would take from one request with what is merged with it, or why it may not."""

    request: ConsultationRequest
    values: int
    refusal: str
    is_clinical: bool


def plan_removal(asked: PrivacyRequest) -> list[RemovalPlan]:
    return [plan_group(group) for group in removal.find_groups(asked)]


def plan_group(group: list[ConsultationRequest]) -> RemovalPlan:
    left = [each for each in group if not each.is_anonymized]
    return RemovalPlan(
        request=group[0],
        values=sum(sum(personal_data.count_values(each).values()) for each in left),
        refusal=removal.find_removal_refusal(left) if left else "",
        is_clinical=any(schedule.is_clinical(each) for each in left),
    )


@transaction.atomic
def order_removal(
    *, privacy_request_id: int, reason: str, by: User, clinical_reason: str = ""
) -> PrivacyRequest:
    """Have the worker remove all of it now. Raises ActionNotAllowed, and then nothing is ordered:
    without a checked identity, for an open or held request, and for what may be a clinical record
    unless the director says why it may go all the same.
    """
    asked = privacy_requests.lock_undecided(privacy_request_id)
    if asked.kind != PrivacyRequest.Kind.DELETION:
        raise ActionNotAllowed(_("They have not asked for that."))
    privacy_requests.require_identity(asked)
    ConsultationRequest.objects.lock_all(
        each.pk for group in removal.find_groups(asked) for each in group
    )
    check_may_remove(plan_removal(asked), clinical_reason)

    asked.ordered_at, asked.ordered_by = timezone.now(), by
    asked.order_reason, asked.clinical_reason = reason, clinical_reason
    asked.save(update_fields=["ordered_at", "ordered_by", "order_reason", "clinical_reason"])

    code = "clinical" if clinical_reason else ""
    privacy_requests.record_event(asked, AuditEvent.Type.REMOVAL_ORDERED, by=by, code=code)

    tasks.wake_removal(asked.pk)
    return asked


@transaction.atomic
def take_order_back(*, privacy_request_id: int, by: User) -> PrivacyRequest:
    """End an order that waits. Raises ActionNotAllowed when there is none, or nothing is left."""
    asked = privacy_requests.lock_privacy_request(privacy_request_id)
    if not asked.is_ordered:
        raise ActionNotAllowed(_("No removal is ordered."))
    if all(each.is_anonymized for group in removal.find_groups(asked) for each in group):
        raise ActionNotAllowed(_("All of it is removed already."))

    removal.end_order(asked, code=removal.TAKEN_BACK, by=by)
    return asked


def check_may_remove(plans: list[RemovalPlan], clinical_reason: str) -> None:
    for plan in plans:
        if plan.refusal:
            words = {"reference": plan.request.reference, "why": plan.refusal}
            raise ActionNotAllowed(_("%(reference)s: %(why)s") % words)
        if plan.is_clinical and not clinical_reason:
            raise ActionNotAllowed(
                _("%s may be a clinical record. Say why it may be removed all the same.")
                % plan.request.reference
            )
