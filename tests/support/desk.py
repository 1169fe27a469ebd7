"""The clock and the addresses that tests of the staff desk share."""

from datetime import UTC, datetime, timedelta

from django.urls import reverse

from admissions.intake.models import ConsultationRequest

from . import factories

# A Tuesday, 2:11 pm in California.
NOW = datetime(2026, 11, 24, 22, 11, tzinfo=UTC)
Stage = ConsultationRequest.Stage
LIST = "/admin/admissions/consultationrequest/"


def minutes(count: int) -> datetime:
    """So many minutes from now; before now if negative."""
    return NOW + timedelta(minutes=count)


def page_of(request) -> str:
    return reverse("admin:admissions_consultationrequest_change", args=[request.pk])


def step_of(request, name: str) -> str:
    return reverse(f"admin:admissions_consultationrequest_{name}", args=[request.pk])


def told(response) -> list[str]:
    """The messages above the page."""
    return [str(message) for message in response.context["messages"]]


def acts_on(request) -> list[tuple]:
    """(type, actor) of every audit event but looks, oldest first."""
    return [(event.type, event.actor) for event in request.audit_events.without_views()]


def booked(starts_at: datetime, *, stage=Stage.CONSULTATION_SCHEDULED, **columns):
    """A consultation at this time, of a request made ten hours ago."""
    request = factories.make_request(
        source="booking", stage=stage, due_at=starts_at, created_at=minutes(-600)
    )
    return factories.make_consultation(starts_at=starts_at, request=request, **columns)
