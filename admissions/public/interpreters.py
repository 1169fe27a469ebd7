"""Times with an interpreter, where nobody who speaks the language of the page has any."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language_info

from admissions.intake.models import ConsultationRequest
from admissions.scheduling import availability
from admissions.scheduling.roster import RosterEntry
from programs.models import Location

from .parameters import asks_for_interpreter, link_query, wants_interpreter


def find_interpreter_query(
    request: HttpRequest,
    *,
    mode: str,
    place: Location | None,
    now: datetime,
    roster: list[RosterEntry],
) -> str:
    """The link to the times with an interpreter; empty where none would be open either."""
    slots = availability.open_slots(
        mode=mode, now=now, location=place.pk if place else None, roster=roster
    )
    if not slots:
        return ""
    return link_query(request, mode=mode, place=place, with_interpreter=True)


def may_have_interpreter(consultation_request: ConsultationRequest) -> bool:
    """Whether they speak another language than the center's own, and may be interpreted."""
    return consultation_request.language != settings.LANGUAGE_CODE


def wants_own_interpreter(request: HttpRequest, consultation_request: ConsultationRequest) -> bool:
    """Whether an interpreter of the language of the request is asked for, whatever the page's."""
    return asks_for_interpreter(request) and may_have_interpreter(consultation_request)


def add_interpreter(request: HttpRequest, details: dict[str, Any]) -> dict[str, Any]:
    """The columns of the request, with the interpreter that was chosen with the time."""
    if not wants_interpreter(request):
        return details
    words = [get_language_info(details["language"])["name"], details["interpreter"]]
    return details | {"interpreter": ", ".join(filter(None, words))[:80]}
