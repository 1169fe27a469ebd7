"""All that we hold of one person, for them: across the requests that staff have matched.

Who of the staff looked at it is left out: that is about the staff, and no law asks for it here.
The audit answers a doubt about one colleague, and the accounting says who outside was told.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _
from phonenumber_field.phonenumber import PhoneNumber

from admissions.audit.models import AuditEvent
from admissions.calls.models import CALL_TEXTS
from admissions.care.models import Assessment, Recommendation
from admissions.exceptions import ActionNotAllowed
from admissions.formatting import staff_name
from admissions.intake.models import ConsultationRequest, ContactAttempt, Suppression
from admissions.messaging.models import Message
from admissions.phone_numbers import format_phone
from admissions.public import guide_answers
from users.models import User

from . import disclosures, privacy_requests, removal
from .models import PrivacyRequest

FORMAT = 1
REQUEST_COLUMNS = [
    "reference", "created_at", "source", "stage", "closed_at", "disposition", "close_reason",
    "close_note", "is_in_danger", "for_whom", "is_adult", "preferred_name", "phone", "email",
    "may_call", "may_text", "may_email", "voicemail", "is_discreet", "good_time", "together_until",
    "language", "time_zone", "interpreter", "access_need", "payment", "note", "anonymized_at",
]  # fmt: skip
ALARM_COLUMNS = ["raised_at", "taken_at", "ended_at"]

CALL_COLUMNS = ["at", "outcome", "for_whom", "heard_from", "promised_by", *CALL_TEXTS]


@dataclass(frozen=True)
class PersonExport:
    """What we hold, and the audit event of its being taken away."""

    data: dict[str, Any]
    event: AuditEvent


@transaction.atomic
def export_person(*, privacy_request_id: int, by: User, now: datetime) -> PersonExport:
    """All of it, once we know who asks, with the audit event of it. Raises ActionNotAllowed."""
    asked = PrivacyRequest.objects.get(pk=privacy_request_id)
    if not asked.is_access:
        raise ActionNotAllowed(_("They have not asked for that."))
    privacy_requests.require_identity(asked)

    requests = find_requests(asked)
    data = build_export(requests, now=now)

    event = privacy_requests.record_event(
        asked, AuditEvent.Type.DATA_EXPORTED, by=by, code=asked.kind, requests=requests
    )
    return PersonExport(data, event)


def find_requests(asked: PrivacyRequest) -> list[ConsultationRequest]:
    """What staff have matched, what that was merged with, and all that is merged with it."""
    ids = [each.pk for group in removal.find_groups(asked) for each in group]
    found = ConsultationRequest.objects.filter(pk__in=ids)
    return list(found.select_related("program_interest").order_by("created_at", "pk"))


def build_export(requests: list[ConsultationRequest], *, now: datetime) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "made_at": now,
        "requests": [export_request(each) for each in requests],
        "disclosures": [
            {
                "at": each.at,
                "request": each.request.reference,
                "to_whom": each.to_whom,
                "purpose": each.purpose,
                "categories": each.categories,
                "basis": each.basis,
            }
            for each in disclosures.list_disclosures(requests)
        ],
    }


def export_request(request: ConsultationRequest) -> dict[str, Any]:
    program = request.program_interest
    return {
        **read_columns(request, REQUEST_COLUMNS),
        "program_interest": program.name if program else None,
        "guide": [list(each) for each in guide_answers.parse_answers(request.guide_answers)],
        "consents": read_consents(request),
        "contact_attempts": read_rows(
            ContactAttempt.with_taken_back.filter(request=request),
            ["at", "channel", "result", "note", "taken_back_at"],
        ),
        "calls": read_rows(request.calls.order_by("at"), CALL_COLUMNS),
        "notes": [
            {"at": each.at, "by": staff_name(each.by), "text": each.text}
            for each in request.notes.select_related("by")
        ],
        "consultations": [
            {
                **read_columns(each, ["starts_at", "ends_at", "mode", "status", "cancel_reason"]),
                "with": each.counselor.public_name,
            }
            for each in request.consultations.select_related("counselor").order_by("starts_at")
        ],
        "waiting_list": read_rows(
            request.waitlist_entries.order_by("joined_at"),
            ["joined_at", "left_at", "left_because"],
        ),
        "alarms": read_rows(request.alarms.order_by("raised_at"), ALARM_COLUMNS),
        "messages": read_rows(find_messages(request), ["kind", "state", "due_at", "finished_at"]),
        "addresses_not_written_to": read_rows(
            Suppression.objects.filter(request=request).order_by("at"),
            ["cause", "at", "lifted_at"],
        ),
        **export_care(request),
    }


def read_consents(request: ConsultationRequest) -> list[dict[str, Any]]:
    """Each yes and no, with the words that were on the page."""
    return [
        {
            "at": each.at,
            "consent": each.version.get_key_display(),
            "words": each.version.text,
            "is_granted": each.is_granted,
            "channel": each.get_channel_display(),
        }
        for each in request.consent_events.select_related("version")
    ]


def find_messages(request: ConsultationRequest) -> models.QuerySet[Message]:
    """Those to the person; the words of an email are kept nowhere."""
    to_them = request.messages.exclude(kind__in=Message.STAFF_KINDS)
    return to_them.order_by("due_at", "pk")


def export_care(request: ConsultationRequest) -> dict[str, Any]:
    assessments = request.assessments.prefetch_related("findings").select_related("by")
    recommendations = request.recommendations.select_related(
        "by", "recommended_level", "agreed_level"
    )
    benefits = getattr(request, "benefits", None)
    columns = ["status", "payer", "member_id", "policy_holder", "estimate", "note"]
    return {
        "assessments": [export_assessment(each) for each in assessments],
        "recommendations": [export_recommendation(each) for each in recommendations],
        "referrals": read_rows(
            request.referrals.all(), ["made_at", "to_whom", "note", "confirmed_at"]
        ),
        "insurance": read_columns(benefits, columns) if benefits else None,
    }


def export_assessment(made: Assessment) -> dict[str, Any]:
    acknowledgment = getattr(made, "acknowledgment", None)
    return {
        **read_columns(made, ["version", "at", "amended_because"]),
        "by": staff_name(made.by),
        "findings": read_rows(made.findings.all(), ["dimension", "concern", "source", "note"]),
        "acknowledged": read_columns(acknowledgment, ["at", "action"]) if acknowledgment else None,
    }


def export_recommendation(made: Recommendation) -> dict[str, Any]:
    return {
        **read_columns(
            made,
            ["version", "at", "reason_if_different", "rationale", "immediate_action",
             "amended_because"],
        ),
        "recommended": str(made.recommended_level),
        "agreed": str(made.agreed_level) if made.agreed_level else None,
        "by": staff_name(made.by),
    }  # fmt: skip


def read_rows(rows: Iterable[models.Model], columns: list[str]) -> list[dict[str, Any]]:
    return [read_columns(each, columns) for each in rows]


def read_columns(row: models.Model, columns: list[str]) -> dict[str, Any]:
    """Values as people read them: of a choice its label."""
    return {name: read_column(row, name) for name in columns}


def read_column(row: models.Model, name: str) -> Any:
    field = row._meta.get_field(name)
    if getattr(field, "choices", None) and getattr(row, name) not in ("", None):
        return str(getattr(row, f"get_{name}_display")())
    value = getattr(row, name)
    if isinstance(value, PhoneNumber):
        return format_phone(value)
    is_plain = value is None or isinstance(value, bool | int | datetime)
    return value if is_plain else str(value)
