"""What the page of a call tells of a request under its number: enough to know whose it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from admissions import staff_formatting
from admissions.admin.contact_summary import describe_for_whom
from admissions.intake import requests
from admissions.intake.models import ConsultationRequest


@dataclass(frozen=True)
class KnownCaller:
    """One request: by name and side of the wall; no note, and nothing of the other side."""

    request: ConsultationRequest
    for_whom: str
    facts: str


def describe_callers(found: Iterable[ConsultationRequest], *, now: datetime) -> list[KnownCaller]:
    return [
        KnownCaller(each, describe_for_whom(each), ", ".join(list_facts(each, now)))
        for each in found
    ]


def list_facts(request: ConsultationRequest, now: datetime) -> list[str]:
    if request.closed_at:
        when = staff_formatting.format_date_and_time(request.closed_at)
        return [_("closed %(when)s") % {"when": when}]
    facts = [str(request.get_stage_display()).lower()]
    if request.needs_safety_answer:
        facts.append(_("danger, not answered yet"))
    if request.promised_call_by:
        by = staff_formatting.format_relative_day_and_time(request.promised_call_by, now)
        facts.append(_("call promised by %(when)s") % {"when": by})
    if consultation := requests.find_standing_consultation(request):
        when = staff_formatting.format_date_and_time(consultation.starts_at)
        facts.append(_("has an appointment on %(when)s") % {"when": when})
    return facts
