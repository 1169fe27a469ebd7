"""What the page of one request shows beside its forms."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _

from . import (
    cards,
    care_page,
    clocks,
    coverage,
    desk,
    duplicates,
    guiding,
    letters,
    outbox_page,
    privacy,
    timeline,
)
from .models import ConsentEvent, ConsultationRequest, Message, Note

MOST_TWINS = 3


def words(request: ConsultationRequest, *, by: User, now: datetime) -> dict:
    """Everything on the page that is not a form, for a request that came with_history()."""
    card = cards.card(request, by=by, now=now, opens_at=clocks.opens_at(now))
    there = now.astimezone(ZoneInfo(request.time_zone))
    return {
        "asked": request,
        "card": card,
        "asked_at": desk.full_clock(request.created_at),
        "their_time": f"{letters.time_words(there)} ({there.tzname()})",
        "is_quiet": privacy.is_quiet(now, ZoneInfo(request.time_zone)),
        "consents": latest_consents(request),
        "guided": guiding.pairs(request.guide_answers),
        "consultation": card.consultation,
        "consultation_when": when(card.consultation),
        "sooner": sooner(request),
        "gap": gap_of(card.consultation, now),
        "was_no_show": cards.was_no_show(request),
        "safety_answered": answered(request),
        "emails_ahead": outbox_page.ahead(request, now),
        "email_lost": outbox_page.last_lost(request, now),
        "suppressed": outbox_page.suppressed(request, now),
        "lead_called": lead_called(request),
        "notes": notes(request),
        "twins": twins(request),
        "care": care_page.summary(request, by=by),
        "timeline": timeline.entries(request, now=now),
        "zone": timezone.localtime(now).tzname(),
        "now": now,
    }


@dataclass(frozen=True)
class Written:
    """One note as the page shows it; a long one folds away."""

    text: str
    at: datetime
    who: str
    reference: str = ""

    @property
    def when(self) -> str:
        return desk.full_clock(self.at)

    @property
    def is_long(self) -> bool:
        return timeline.is_long(self.text)

    @property
    def beginning(self) -> str:
        return timeline.beginning(self.text)


def notes(request) -> list[Written]:
    """Newest first; those of what was merged with it under their reference."""
    ours = {request.pk: "", **dict(request.merged.values_list("pk", "reference"))}
    found = Note.objects.filter(request__in=ours).select_related("by").order_by("-at", "-pk")
    return [
        Written(each.text, each.at, desk.staff_name(each.by), ours[each.request_id])
        for each in found
    ]


@dataclass(frozen=True)
class Twins:
    """Others with the same phone or email, told by reference, time and stage alone."""

    shown: list[tuple[ConsultationRequest, str]]
    more: int


def twins(request) -> Twins | None:
    """None once it was merged: the other one tells it all."""
    if request.merged_into_id:
        return None
    found = list(duplicates.found(request)[: duplicates.MOST_SHOWN + 1])
    told = [(each, desk.full_clock(each.created_at)) for each in found[:MOST_TWINS]]
    return Twins(told, len(found) - len(told)) if found else None


def lead_called(request) -> str:
    """When the on-call lead was last written to about this danger, or an empty string."""
    if not request.needs_safety_answer:
        return ""
    rung = request.messages.filter(kind=Message.Kind.STAFF_ESCALATED, due_at__lte=timezone.now())
    last = rung.exclude(state=Message.State.SKIPPED).order_by("due_at").last()
    if last is None:
        return ""
    return _("The on-call lead was alerted on %(clock)s.") % {"clock": desk.full_clock(last.due_at)}


def gap_of(consultation, now) -> coverage.Gap | None:
    """Why its counselor cannot be expected to hold it, if so."""
    if consultation is None:
        return None
    return next(iter(coverage.gaps(now=now, pk=consultation.pk)), None)


def when(consultation) -> str:
    return desk.full_clock(consultation.starts_at) if consultation else ""


def sooner(request) -> str:
    """Since when they wait for something sooner, and what is on offer; or an empty string."""
    waiting = desk.waiting(request)
    if waiting is None:
        return ""
    offer = request.earlier_offers.open().first()
    if offer is None:
        since = desk.full_clock(waiting.joined_at)
        return _("Wants something sooner, since %(since)s.") % {"since": since}
    return _("Wants something sooner. Offered %(when)s, to answer by %(by)s.") % {
        "when": desk.full_clock(offer.starts_at),
        "by": desk.full_clock(offer.expires_at),
    }


def answered(request) -> str:
    """When safety was asked and answered, or an empty string."""
    return desk.full_clock(request.safety_answered_at) if request.safety_answered_at else ""


def latest_consents(request) -> list[ConsentEvent]:
    """The last word on each consent that was asked."""
    ours = [request.pk, *request.merged.values_list("pk", flat=True)]
    events = (
        ConsentEvent.objects.filter(request__in=ours).select_related("version").order_by("at", "pk")
    )
    return list({event.version.key: event for event in events}.values())
