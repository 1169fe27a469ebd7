"""Whom to talk to now, and who comes next: what Today begins with, and never cuts."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from admissions.admin import fragments
from admissions.admin.links import request_urls
from admissions.intake.models import ConsultationRequest, request_queries
from admissions.scheduling.models import Consultation
from admissions.triage import desk_clock
from users.models import User

from .forms import inbound_outcomes
from .request_list import ROW_PAGES, list_row

OWN_TALKS_WITHIN, PROMISED_WITHIN = timedelta(hours=12), timedelta(hours=2)


def find_now_and_next(*, by: User, now: datetime) -> list[UUID]:
    """Ids of requests, each once: one's own talk that runs, danger and clinical concerns,
    calls promised for the next 2 hours or broken, and one's own talks of the next 12 hours."""
    talks = list(
        Consultation.objects.not_over(now=now)
        .filter(counselor__user=by, starts_at__lt=now + OWN_TALKS_WITHIN)
        .order_by("starts_at", "pk")
        .values_list("request_id", "starts_at")
    )
    pressing = ConsultationRequest.objects.open().filter(is_call_due(now))
    found = [
        *(pk for pk, starts_at in talks if starts_at <= now),
        *pressing.in_triage_order(now=now).values_list("pk", flat=True),
        *(pk for pk, starts_at in talks if starts_at > now),
    ]
    return list(dict.fromkeys(found))


def is_call_due(now: datetime) -> Q:
    """Somebody in danger or of clinical concern, or a call that was promised for about now."""
    return (
        request_queries.NEEDS_SAFETY_ANSWER
        | request_queries.WAITS_FOR_CLINICIAN
        | Q(promised_call_by__lte=now + PROMISED_WITHIN)
    )


def build_lines(
    ids: Iterable[UUID], *, by: User, clock: desk_clock.DeskClock
) -> dict[UUID, dict[str, Any]]:
    """By id: the request's card, how to reach them, and where its buttons lead; 7 queries."""
    found = ConsultationRequest.objects.with_history().without_texts().in_bulk(set(ids))
    render, (words, choices) = fragments.fragment_renderer(), inbound_outcomes()
    theirs = (str(words), tuple((value, str(label)) for value, label in choices))
    urls = {name: request_urls(page) for name, page in ROW_PAGES.items()}
    return {
        pk: {
            **list_row(request, render, by=by, clock=clock, theirs=theirs),
            "urls": {name: url(pk) for name, url in urls.items()},
        }
        for pk, request in found.items()
    }
