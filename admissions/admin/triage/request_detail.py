"""What the page of one request shows beside its forms."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from admissions import formatting, staff_formatting, time_zones
from admissions.admin import fragments
from admissions.admin.care import display
from admissions.admin.messaging import display as messaging_display
from admissions.intake import contact_hours, requests
from admissions.intake.models import ConsentEvent, ConsultationRequest, Note
from admissions.privacy.models import LegalHold
from admissions.public import guide_answers
from admissions.scheduling import coverage
from admissions.scheduling.models import Consultation
from admissions.triage import alarms, desk_clock, duplicates
from users.models import User

from . import request_row, timeline

MAX_DUPLICATES = 3


def request_context(request: ConsultationRequest, *, by: User, now: datetime) -> dict:
    """Everything on the page that is not a form, for a request that came with_history()."""
    card = request_row.request_row(request, by=by, clock=desk_clock.read_desk_clock(now))
    there = now.astimezone(ZoneInfo(request.time_zone))
    return {
        "consultation_request": request,
        "card": card,
        **request_row.rendered_tags(card, fragments.fragment_renderer()),
        "asked_at": staff_formatting.format_date_and_time(request.created_at),
        "together_until": request.together_until
        and staff_formatting.format_date_and_time(request.together_until),
        "their_time": f"{formatting.format_time(there)} ({time_zones.format_zone_at(there)})",
        "is_quiet": contact_hours.is_in_quiet_hours(now, ZoneInfo(request.time_zone)),
        "consents": latest_consents(request),
        "guided": guide_answers.parse_answers(request.guide_answers),
        "consultation": card.consultation,
        "consultation_when": consultation_time(card.consultation),
        "sooner": describe_earlier_wish(request),
        "gap": gap_of(card.consultation, now),
        "was_no_show": request_row.is_last_no_show(request),
        "safety_answered": safety_answered_time(request),
        "emails_ahead": messaging_display.upcoming_messages(request, now),
        "email_lost": messaging_display.last_lost_message(request, now),
        "suppressed": messaging_display.describe_suppression(request, now),
        **alarm_context(request, now),
        "notes": note_rows(request),
        "hold": LegalHold.objects.covering(request).first(),
        "twins": duplicate_summary(request),
        "care": display.care_summary(request, by=by),
        "timeline": timeline.timeline_entries(request, now=now),
        "zone": timezone.localtime(now).tzname(),
        "now": now,
    }


@dataclass(frozen=True)
class NoteRow:
    """One note as the page shows it; a long one folds away."""

    text: str
    at: datetime
    who: str
    reference: str = ""

    @property
    def when(self) -> str:
        return staff_formatting.format_date_and_time(self.at)

    @property
    def is_long(self) -> bool:
        return timeline.is_long_text(self.text)

    @property
    def beginning(self) -> str:
        return timeline.text_excerpt(self.text)


def note_rows(request: ConsultationRequest) -> list[NoteRow]:
    """Newest first; those of what was merged with it under their reference."""
    ours = {request.pk: "", **dict(request.merged.values_list("pk", "reference"))}
    stay = Note.objects.filter(request__in=ours).exclude(undoable__undone_at__isnull=False)
    found = stay.select_related("by").order_by("-at", "-pk")
    return [
        NoteRow(each.text, each.at, formatting.staff_name(each.by), ours[each.request_id])
        for each in found
    ]


@dataclass(frozen=True)
class DuplicateSummary:
    """Others with the same phone or email, told by reference, time and stage alone."""

    shown: list[tuple[ConsultationRequest, str]]
    more: int


def duplicate_summary(request: ConsultationRequest) -> DuplicateSummary | None:
    """None once it was merged: the other one tells it all."""
    if request.merged_into_id:
        return None
    found = list(duplicates.find_duplicates(request)[: duplicates.MAX_SHOWN + 1])
    told = [
        (each, staff_formatting.format_date_and_time(each.created_at))
        for each in found[:MAX_DUPLICATES]
    ]
    return DuplicateSummary(told, len(found) - len(told)) if found else None


def alarm_context(request: ConsultationRequest, now: datetime) -> dict[str, Any]:
    """Who was told of danger that is not answered, who has it, and whether it still rings."""
    alarm = alarms.find_last_alarm(request)
    if alarm is None:
        return {"alarm_told": "", "is_ringing": False}
    return {"alarm_told": alarms.describe_alarm(alarm, now), "is_ringing": alarm.is_open}


def gap_of(consultation: Consultation | None, now: datetime) -> coverage.Gap | None:
    """Why its counselor cannot be expected to hold it, if so."""
    if consultation is None:
        return None
    return next(iter(coverage.find_gaps(now=now, consultation=consultation)), None)


def consultation_time(consultation: Consultation | None) -> str:
    return staff_formatting.format_date_and_time(consultation.starts_at) if consultation else ""


def describe_earlier_wish(request: ConsultationRequest) -> str:
    """Since when they wait for something sooner, and what is on offer; or an empty string."""
    waiting = requests.find_current_waiting(request)
    if waiting is None:
        return ""
    offer = request.earlier_offers.open().first()
    if offer is None:
        since = staff_formatting.format_date_and_time(waiting.joined_at)
        return _("Wants something sooner, since %(since)s.") % {"since": since}
    return _("Wants something sooner. Offered %(when)s, to answer by %(by)s.") % {
        "when": staff_formatting.format_date_and_time(offer.starts_at),
        "by": staff_formatting.format_date_and_time(offer.expires_at),
    }


def safety_answered_time(request: ConsultationRequest) -> str:
    """When safety was asked and answered, or an empty string."""
    return (
        staff_formatting.format_date_and_time(request.safety_answered_at)
        if request.safety_answered_at
        else ""
    )


def latest_consents(request: ConsultationRequest) -> list[ConsentEvent]:
    """The last word on each consent that was asked."""
    ours = [request.pk, *request.merged.values_list("pk", flat=True)]
    events = (
        ConsentEvent.objects.filter(request__in=ours).select_related("version").order_by("at", "pk")
    )
    return list({event.version.key: event for event in events}.values())
