"""How a request stands: what an undo puts back, and what must not have changed meanwhile."""

from datetime import datetime
from typing import Any

from django.db.models import Max

from admissions.intake import suppressions
from admissions.intake.models import ConsultationRequest, ContactAttempt
from admissions.scheduling.models import Consultation

# Codes, times and ids of the request itself.
STATE_FIELDS = [
    "stage",
    "owner_id",
    "claimed_at",
    "due_at",
    "promised_call_by",
    "call_withdrawn_at",
    "email_failed_at",
    "snoozed_until",
    "concern_opened_at",
    "closed_at",
    "reopened_at",
    "disposition",
    "close_reason",
    "is_in_danger",
    "safety_answered_at",
    "may_call",
    "may_text",
    "may_email",
]
TALK_FIELDS = ["status", "sequence", "ended_at", "canceled_because"]

Snapshot = dict[str, Any]
Made = dict[str, list[int]]


def take_snapshot(request: ConsultationRequest) -> Snapshot:
    """All that an action may change of a request and its rows, as JSON takes it."""
    talks = Consultation.objects.filter(request=request).only(*TALK_FIELDS).order_by("pk")
    return {
        **read_fields(request, STATE_FIELDS),
        "consultations": {str(each.pk): read_fields(each, TALK_FIELDS) for each in talks},
        "waiting": list_ids(request.waitlist_entries.open()),
        "offers": list_ids(request.earlier_offers.open()),
        "alarms": list_ids(request.alarms.filter(taken_at=None, ended_at=None)),
        "referrals": list_ids(request.referrals.all()),
        "is_stopped": bool(request.email) and suppressions.is_stopped(request),
        "granted": list_granted_consents(request),
    }


def read_fields(row: object, names: list[str]) -> Snapshot:
    values = {name: getattr(row, name) for name in names}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
    }


def list_ids(rows: Any) -> list[int]:
    return sorted(rows.values_list("pk", flat=True))


def list_granted_consents(request: ConsultationRequest) -> list[int]:
    """The ids of the events that granted what is agreed to now."""
    events = request.consent_events.select_related("version").order_by("at", "pk")
    latest = {event.version.key: event for event in events}
    return sorted(event.pk for event in latest.values() if event.is_granted)


def made_rows(request: ConsultationRequest) -> dict[str, Any]:
    """What an action may write beside: rows of each kind."""
    return {
        "attempts": ContactAttempt.with_taken_back.filter(request=request),
        "messages": request.messages.all(),
        "notes": request.notes.all(),
        "consents": request.consent_events.all(),
        "events": request.audit_events.all(),
        "consultations": request.consultations.all(),
    }


def read_marks(request: ConsultationRequest) -> dict[str, int]:
    """The highest id of each kind; whatever is above was written since."""
    rows = made_rows(request)
    return {
        name: each.order_by().aggregate(last=Max("pk"))["last"] or 0 for name, each in rows.items()
    }


def list_made(request: ConsultationRequest, marks: dict[str, int]) -> Made:
    """The ids above the marks, by kind."""
    rows = made_rows(request)
    return {
        name: list_ids(each.filter(pk__gt=marks[name]).order_by()) for name, each in rows.items()
    }
