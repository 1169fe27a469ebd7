"""People about whom every text is written that the site can hold, and what is left of them."""

import uuid
from datetime import timedelta

from django.apps import apps
from django.db import connection
from django.utils import timezone
from psycopg import sql

from admissions.calls.models import Call
from admissions.care.models import Acknowledgment, BenefitsVerification
from admissions.intake import manage_links, suppressions
from admissions.intake.models import (
    ConsultationRequest,
    IdempotencyKey,
    Note,
    Suppression,
)
from admissions.privacy import privacy_requests
from admissions.privacy.models import PrivacyRequest
from tests.support import factories, reports
from tests.support.care import make_signing

CANARY = "Zqx"
DAY = timedelta(days=1)


def make_closed(*, days: float, disposition="withdrawn", **columns) -> ConsultationRequest:
    """A request that was closed so many days ago."""
    now = timezone.now()
    return factories.make_request(
        created_at=now - days * DAY - timedelta(hours=2),
        stage="closed",
        closed_at=now - days * DAY,
        disposition=disposition,
        due_at=None,
        **columns,
    )


def make_canary(*, days: float = 1000, disposition="withdrawn", **columns) -> ConsultationRequest:
    """A closed request with the canary in every text of its own and of all that is attached."""
    texts = {
        "preferred_name": f"{CANARY} Canary",
        "phone": "+17145550199",
        "email": f"{CANARY.lower()}@example.com",
        **dict.fromkeys(["interpreter", "access_need", "note", "close_note"], CANARY),
        "guide_answers": f'[["Who asks?", "{CANARY}"]]',
    }
    request = make_closed(days=days, disposition=disposition, **texts | columns)
    by = make_signing("clinician")
    then = request.closed_at - timedelta(hours=1)
    Note.objects.create(request=request, by=by, text=CANARY)
    request.attempts.create(by=by, at=then, channel="call", result="no_answer", note=CANARY)
    Call.objects.create(
        request=request, by=by, at=then, outcome="not_for_us", for_whom="self",
        number="+17145550199", **dict.fromkeys(["name", "note", "sent_to"], CANARY),
    )  # fmt: skip
    factories.make_consultation(
        starts_at=then, request=request, status="canceled_by_person", cancel_reason=CANARY
    )
    request.referrals.create(to_whom=f"{CANARY} clinic", note=CANARY, made_by=by, made_at=then)
    BenefitsVerification.objects.create(
        request=request,
        **dict.fromkeys(["payer", "member_id", "policy_holder", "estimate", "note"], CANARY),
    )
    factories.make_message(
        "callback_missed", request=request, due_at=then, state="sent", finished_at=then,
        provider_message_id=CANARY,
    )  # fmt: skip
    manage_links.issue_tokens(request)
    IdempotencyKey.objects.create(key=uuid.uuid4(), request=request)
    suppressions.suppress_email(request, Suppression.Cause.STOPPED)
    return request


def assess_canary(request: ConsultationRequest) -> None:
    """Two versions of an interview and of a recommendation, with the canary in each text."""
    by = make_signing("clinician")
    at = request.closed_at
    for version in (1, 2):
        why = CANARY if version > 1 else ""
        made = request.assessments.create(version=version, by=by, at=at, amended_because=why)
        made.findings.create(dimension=1, concern="high", source="self", note=CANARY)
        Acknowledgment.objects.create(
            assessment=made, by=by, at=at, credential=by.credentials.get(), action=CANARY
        )
        made.recommendations.create(
            request=request, version=version, by=by, at=at, credential=by.credentials.get(),
            recommended_level=reports.level("2.1"), rationale=CANARY, immediate_action=CANARY,
            amended_because=why,
        )  # fmt: skip


def find_canary() -> dict[str, int]:
    """Columns of the database in which the canary stands, as the keys open them, and how often."""
    found: dict[str, int] = {}
    for model in apps.get_models():
        names = [each.attname for each in model._meta.concrete_fields]
        for row in model._base_manager.values(*names):
            for column, value in row.items():
                if CANARY.lower() in str(value).lower():
                    name = f"{model._meta.model_name}.{column}"
                    found[name] = found.get(name, 0) + 1
    return found


def read_all(table: str) -> list[tuple]:
    """Every row as it stands in the table, whatever the keys would make of it."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table)))
        return cursor.fetchall()


def make_asked(request, kind="deletion", *, by=None, identity="called_back", **columns):
    """A privacy request about this request, of somebody whose identity was checked."""
    by = by or factories.make_user("director")
    asked = privacy_requests.record_privacy_request(
        request_id=request.pk, kind=kind, received_on=timezone.localdate(), by=by, **columns
    )
    if identity:
        privacy_requests.check_identity(privacy_request_id=asked.pk, identity=identity, by=by)
    return PrivacyRequest.objects.get(pk=asked.pk)
