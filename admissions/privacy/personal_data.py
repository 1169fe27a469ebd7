"""Where personal data of a request stands, and how it is emptied."""

from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.db.models import Count, Q

from admissions.calls.models import CALL_TEXTS, Call
from admissions.care.models import (
    Acknowledgment,
    Assessment,
    BenefitsVerification,
    Finding,
    Recommendation,
    Referral,
)
from admissions.intake.models import (
    ConsultationRequest,
    ContactAttempt,
    IdempotencyKey,
    ManageToken,
    Note,
    Suppression,
)
from admissions.intake.models.personal_data import PERMISSIONS, PERSONAL_TEXTS
from admissions.messaging.models import Message
from admissions.scheduling.models import Consultation


@dataclass(frozen=True)
class AttachedTexts:
    """Texts of one table, and by which relation its rows belong to a request."""

    model: type[models.Model]
    texts: list[str]
    relation: str = "request"

    def rows_of(self, request: ConsultationRequest) -> models.QuerySet:
        return self.model._base_manager.filter(**{self.relation: request}).order_by()


ATTACHED = [
    AttachedTexts(Note, ["text"]),
    AttachedTexts(ContactAttempt, ["note"]),
    AttachedTexts(Call, CALL_TEXTS),
    AttachedTexts(Consultation, ["cancel_reason"]),
    AttachedTexts(Assessment, ["amended_because"]),
    AttachedTexts(Finding, ["note"], "assessment__request"),
    AttachedTexts(Acknowledgment, ["action"], "assessment__request"),
    AttachedTexts(Recommendation, ["rationale", "immediate_action", "amended_because"]),
    AttachedTexts(Referral, ["to_whom", "note"]),
    AttachedTexts(
        BenefitsVerification, ["payer", "member_id", "policy_holder", "estimate", "note"]
    ),
    AttachedTexts(Message, ["provider_message_id"]),
]
# Rows that lead to the person, or back to what they sent, and say nothing else.
DELETED = [ManageToken, IdempotencyKey]


def count_values(request: ConsultationRequest) -> dict[str, int]:
    """How many values of each column, and rows of each table, a removal takes away."""
    own = ConsultationRequest.objects.filter(pk=request.pk).order_by()
    found = name_counts(ConsultationRequest, count_texts(own, PERSONAL_TEXTS))
    for each in ATTACHED:
        found |= name_counts(each.model, count_texts(each.rows_of(request), each.texts))
    for model in DELETED:
        rows = model._default_manager.filter(request=request).count()
        found |= name_counts(model, {"rows": rows})
    return found


def count_texts(rows: models.QuerySet, texts: list[str]) -> dict[str, int]:
    """How many rows have each text. Only whether there is one is asked: that needs no key."""
    counts = {f"{name}_count": Count("pk", filter=~Q((name, ""))) for name in texts}
    found = rows.aggregate(**counts)
    return {name: found[f"{name}_count"] for name in texts}


def name_counts(model: type[models.Model], counts: dict[str, int]) -> dict[str, int]:
    """Those above zero, as certificates name them: note.text, finding.note."""
    return {f"{model._meta.model_name}.{name}": count for name, count in counts.items() if count}


def empty_request(request: ConsultationRequest, *, at: datetime) -> dict[str, int]:
    """Empty all that is personal of a request that is locked; return what that was.

    Its own row first: from then on the guards of permanent rows let their texts be emptied.
    """
    found = count_values(request)
    nothing = dict.fromkeys(PERSONAL_TEXTS, "") | dict.fromkeys(PERMISSIONS, False)
    ConsultationRequest.objects.filter(pk=request.pk).update(
        **nothing, search_tokens=[], anonymized_at=at
    )
    for each in ATTACHED:
        if any(f"{each.model._meta.model_name}.{name}" in found for name in each.texts):
            each.rows_of(request).update(**dict.fromkeys(each.texts, ""))
    for model in DELETED:
        model._default_manager.filter(request=request).delete()
    # The address stays on the list that we don't write to, as a hash of it.
    Suppression.objects.filter(request=request).update(request=None)
    return found
