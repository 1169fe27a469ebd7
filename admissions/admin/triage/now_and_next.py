"""Whom to talk to now, and who comes next: what Today begins with, and never cuts."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from admissions.admin import fragments
from admissions.intake.models import ConsultationRequest, request_queries
from admissions.intake.related_rows import load_related
from admissions.scheduling.models import Consultation
from admissions.triage import desk_clock
from users.models import User

from . import request_row
from .request_list import TODAY
from .row_writer import RowWriter

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
    ids: Iterable[UUID], *, by: User, clock: desk_clock.DeskClock, token: str
) -> dict[UUID, dict[str, Any]]:
    """By id: the request's card, how to reach them, and what may be done; in five queries.

    `token` is the reader's CSRF token.
    """
    rows = ConsultationRequest.objects.with_columns_of_a_line().without_texts()
    found = rows.in_bulk(set(ids))
    load_related(list(found.values()))
    render = fragments.fragment_renderer()
    writer = RowWriter(render, token=token, query=TODAY, may_triage=True)
    cards = {
        pk: request_row.request_row(request, by=by, clock=clock) for pk, request in found.items()
    }
    return {
        pk: {
            "card": card,
            "page": writer.page_url(pk),
            "acts": writer.write_acts(card),
            **request_row.rendered_tags(card, render),
        }
        for pk, card in cards.items()
    }
