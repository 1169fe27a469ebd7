"""Everything that happened to one request, and what is still to come, on one line of time."""

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from . import desk
from .models import (
    AuditEvent,
    ConsultationRequest,
    ContactAttempt,
    EarlierOffer,
    Message,
    Note,
    Waiting,
)

Type, Disposition = AuditEvent.Type, ConsultationRequest.Disposition
VERSIONED = {Type.ASSESSMENT_RECORDED, Type.CONCERN_ACKNOWLEDGED, Type.CARE_RECOMMENDED}
TOLD_BY_ROWS = {
    Type.ATTEMPT_LOGGED,
    Type.EARLIER_OFFERED,
    Type.EARLIER_ENDED,
    Type.NOTE_ADDED,
}
LONG = 240


@dataclass(frozen=True)
class Entry:
    """One thing: when, who or what, what it was, and words kept with it."""

    at: datetime
    kind: str
    who: str
    what: str
    detail: str = ""
    is_ahead: bool = False
    message_id: int | None = None
    reference: str = ""

    @property
    def when(self) -> str:
        return desk.full_clock(self.at)

    @property
    def is_long(self) -> bool:
        return is_long(self.detail)

    @property
    def beginning(self) -> str:
        return beginning(self.detail)


def entries(request: ConsultationRequest, *, now: datetime) -> list[Entry]:
    """Newest first; what is still to come stands above. Looks in a row count as one.

    What was merged with it tells its own history, under its own reference.
    """
    ours = {each.pk: each for each in [request, *request.merged.all()]}
    found = [*of_events(ours), *of_notes(ours), *of_messages(ours, now), *of_offers(ours)]
    found = [under(entry, of, request) for entry, of in found]
    found += [*of_attempts(request), *of_consultation(request, now), *of_merging(request)]
    found.sort(key=lambda entry: entry.at, reverse=True)
    return [merged(list(run)) for _key, run in groupby(found, key=sameness)]


def under(entry: Entry, of: ConsultationRequest, request: ConsultationRequest) -> Entry:
    """With the reference of the request it belongs to, unless that is the one on the page."""
    return entry if of == request else replace(entry, reference=of.reference)


def sameness(entry: Entry):
    """Equal for looks by one person, different for everything else."""
    if entry.kind == "look":
        return entry.who, entry.what, entry.reference
    return id(entry)


def merged(run: list[Entry]) -> Entry:
    """Several looks in a row as one, at the time of the latest."""
    latest = run[0]
    if len(run) == 1:
        return latest
    times = _("%(n)s times") % {"n": len(run)}
    return replace(latest, detail=times)


def of_events(ours: dict) -> list[tuple]:
    """Every audit event but those of attempts and offers, whose rows say more."""
    events = (
        AuditEvent.objects.filter(request__in=ours)
        .exclude(type__in=TOLD_BY_ROWS)
        .select_related("actor", "staff", "consultation__counselor")
    )
    return [(of_event(each, ours[each.request_id]), ours[each.request_id]) for each in events]


def of_event(event: AuditEvent, request) -> Entry:
    who = desk.staff_name(event.actor) if event.actor else event.get_source_display()
    kind = "look" if event.type in AuditEvent.LOOKS else "act"
    return Entry(event.at, kind, who, what_happened(event), detail_of(event, request))


def what_happened(event: AuditEvent) -> str:
    """The type in words, where its code does not say otherwise."""
    other = {
        (Type.REQUEST_HANDED_OVER, AuditEvent.GIVEN_BACK): _("Gave the request back"),
        (Type.REQUEST_SET_ASIDE, AuditEvent.TAKEN_UP): _("Took the request up again"),
    }
    return other.get((event.type, event.code)) or event.get_type_display()


def detail_of(event: AuditEvent, request) -> str:
    if event.consultation:
        return consultation_words(event.consultation)
    if event.type == Type.REQUEST_CLOSED:
        return closing_words(event, request)
    if event.type == Type.REQUESTS_MERGED or event.type in VERSIONED:
        return event.code
    if event.type == Type.WAITLIST_LEFT:
        return str(Waiting.Left(event.code).label)
    return desk.staff_name(event.staff) if event.staff else ""


def of_notes(ours: dict) -> list[tuple]:
    notes = Note.objects.filter(request__in=ours).select_related("by")
    return [
        (
            Entry(note.at, "note", desk.staff_name(note.by), _("Note"), note.text),
            ours[note.request_id],
        )
        for note in notes
    ]


def of_merging(request) -> list[Entry]:
    """Where its history goes on, in the one that was merged with another."""
    if request.merged_into is None:
        return []
    act = request.merged_into.audit_events.filter(
        type=Type.REQUESTS_MERGED, code=request.reference
    ).select_related("actor")
    return [
        Entry(
            each.at,
            "act",
            desk.staff_name(each.actor),
            each.get_type_display(),
            request.merged_into.reference,
        )
        for each in act
    ]


def is_long(text: str) -> bool:
    return len(text) > LONG


def beginning(text: str) -> str:
    """As much of a long text as one line holds."""
    return Truncator(" ".join(text.split())).chars(90)


def of_attempts(request) -> list[Entry]:
    """Those of what was merged with it stand here as well."""
    attempts = ContactAttempt.objects.filter(request=request).select_related("by", "came_from")
    return [
        Entry(
            attempt.at,
            "attempt",
            desk.staff_name(attempt.by),
            str(attempt),
            attempt.note,
            reference=attempt.came_from.reference if attempt.came_from else "",
        )
        for attempt in attempts
    ]


def of_messages(ours: dict, now) -> list[tuple]:
    messages = Message.objects.filter(request__in=ours)
    return [(of_message(each, now), ours[each.request_id]) for each in messages]


def of_message(message: Message, now: datetime) -> Entry:
    """An email with what became of it; one still owed stands at the time it falls due."""
    at = message.finished_at or message.due_at
    what = _("Email “%(kind)s”: %(state)s") % {
        "kind": message.get_kind_display(),
        "state": message.get_state_display().lower(),
    }
    kind = "failed" if message.is_lost else "message"
    who, detail = _("The system"), message.get_reason_display()
    return Entry(at, kind, who, what, detail, at > now, message_id=message.pk)


def of_offers(ours: dict) -> list[tuple]:
    """Each offer of an earlier time when it was made, and when and how it ended."""
    found = []
    for offer in EarlierOffer.objects.filter(request__in=ours).select_related("counselor"):
        words, of = consultation_words(offer), ours[offer.request_id]
        made = _("Offered an earlier time")
        found.append((Entry(offer.offered_at, "act", _("The system"), made, words), of))
        if offer.ended_at:
            end = Entry(offer.ended_at, "act", who_ended(offer), ended(offer), words)
            found.append((end, of))
    return found


def who_ended(offer: EarlierOffer) -> str:
    is_theirs = offer.state in (EarlierOffer.State.ACCEPTED, EarlierOffer.State.DECLINED)
    return _("The requester") if is_theirs else _("The system")


def ended(offer: EarlierOffer) -> str:
    how = offer.get_state_display().lower()
    return _("Offer of an earlier time: %(how)s") % {"how": how}


def of_consultation(request, now) -> list[Entry]:
    """The consultation that stands, at its own time."""
    consultation = desk.standing(request)
    if consultation is None:
        return []
    what = _("Consultation, %(status)s") % {"status": consultation.get_status_display().lower()}
    who, at = consultation.counselor.public_name, consultation.starts_at
    return [Entry(at, "consultation", who, what, consultation_words(consultation), at > now)]


def consultation_words(consultation) -> str:
    """Mode, counselor, day and time; of an offer as well."""
    return _("%(mode)s with %(counselor)s, %(when)s") % {
        "mode": consultation.get_mode_display(),
        "counselor": consultation.counselor.public_name,
        "when": desk.full_clock(consultation.starts_at),
    }


def closing_words(event: AuditEvent, request) -> str:
    """How it ended; the reason as well, unless it was reopened since."""
    if not request.is_closed or event.at < request.closed_at:
        return str(Disposition(event.code).label)
    parts = [
        request.get_disposition_display(),
        request.get_close_reason_display(),
        request.close_note,
    ]
    return ", ".join(str(part) for part in parts if part)
