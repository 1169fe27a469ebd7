"""Everything that happened to one request, and what is still to come, on one line of time."""

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import cast

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from admissions import formatting, staff_formatting
from admissions.audit import verification
from admissions.audit.models import AuditEvent
from admissions.calls.models import Call
from admissions.intake import requests
from admissions.intake.models import ConsultationRequest, ContactAttempt, Note
from admissions.messaging.models import Message
from admissions.scheduling.models import Consultation, EarlierOffer, WaitlistEntry
from users.models import User

Type, Disposition = AuditEvent.Type, ConsultationRequest.Disposition
TYPES_WITH_VERSION = {Type.ASSESSMENT_RECORDED, Type.CONCERN_ACKNOWLEDGED, Type.CARE_RECOMMENDED}
TYPES_SHOWN_BY_ROWS = {
    Type.ATTEMPT_LOGGED,
    Type.EARLIER_OFFERED,
    Type.EARLIER_ENDED,
    Type.NOTE_ADDED,
    Type.CALL_TAKEN,
}
LONG_TEXT = 240


@dataclass(frozen=True)
class TimelineEntry:
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
        return staff_formatting.format_date_and_time(self.at)

    @property
    def is_long(self) -> bool:
        return is_long_text(self.detail)

    @property
    def beginning(self) -> str:
        return text_excerpt(self.detail)


def timeline_entries(request: ConsultationRequest, *, now: datetime) -> list[TimelineEntry]:
    """Newest first; what is still to come stands above. Looks in a row count as one.

    What was merged with it tells its own history, under its own reference.
    """
    ours = {each.pk: each for each in [request, *request.merged.all()]}
    merged = [
        *event_entries(ours),
        *note_entries(ours),
        *message_entries(ours, now),
        *offer_entries(ours),
        *call_entries(ours),
    ]
    found = [with_reference(entry, of, request) for entry, of in merged]
    found += [
        *attempt_entries(request),
        *consultation_entries(request, now),
        *merging_entries(request),
        *archive_entries(request),
    ]
    found.sort(key=lambda entry: entry.at, reverse=True)
    return [merge_views(list(run)) for _key, run in groupby(found, key=view_run_key)]


def with_reference(
    entry: TimelineEntry, of: ConsultationRequest, request: ConsultationRequest
) -> TimelineEntry:
    """With the reference of the request it belongs to, unless that is the one on the page."""
    return entry if of == request else replace(entry, reference=of.reference)


def view_run_key(entry: TimelineEntry) -> tuple | int:
    """Equal for looks by one person, different for everything else."""
    if entry.kind == "look":
        return entry.who, entry.what, entry.reference
    return id(entry)


def merge_views(run: list[TimelineEntry]) -> TimelineEntry:
    """Several looks in a row as one, at the time of the latest."""
    latest = run[0]
    if len(run) == 1:
        return latest
    times = _("%(n)s times") % {"n": len(run)}
    return replace(latest, detail=times)


def event_entries(ours: dict) -> list[tuple]:
    """Every audit event but those of attempts and offers, whose rows say more."""
    events = (
        AuditEvent.objects.filter(request__in=ours)
        .exclude(type__in=TYPES_SHOWN_BY_ROWS)
        .select_related("actor", "staff", "consultation__counselor")
    )
    return [(event_entry(each, ours[each.request_id]), ours[each.request_id]) for each in events]


def archive_entries(request: ConsultationRequest) -> list[TimelineEntry]:
    """That events of before some time were put away, where this request is older than that."""
    until = verification.archived_until()
    if until is None or request.created_at >= until:
        return []
    words = _("Older audit events are in the archive and not shown here.")
    return [TimelineEntry(until, "act", "", words)]


def event_entry(event: AuditEvent, request: ConsultationRequest) -> TimelineEntry:
    who = formatting.staff_name(event.actor) if event.actor else event.get_source_display()
    kind = "look" if event.type in AuditEvent.VIEW_TYPES else "act"
    return TimelineEntry(event.at, kind, who, describe_event(event), event_detail(event, request))


def describe_event(event: AuditEvent) -> str:
    """The type in words, where its code does not say otherwise."""
    other: dict[tuple[str, str], str] = {
        (Type.REQUEST_HANDED_OVER, AuditEvent.GIVEN_BACK): _("Gave the request back"),
        (Type.REQUEST_SET_ASIDE, AuditEvent.TAKEN_UP): _("Took the request up again"),
    }
    if event.type == Type.ACTION_UNDONE:
        return _("Undid: %(what)s") % {"what": Type(event.code).label}
    return other.get((event.type, event.code)) or event.get_type_display()


def event_detail(event: AuditEvent, request: ConsultationRequest) -> str:
    if event.consultation:
        return describe_consultation(event.consultation)
    if event.type == Type.REQUEST_CLOSED:
        return describe_closing(event, request)
    if event.type == Type.REQUESTS_MERGED or event.type in TYPES_WITH_VERSION:
        return event.code
    if event.type == Type.ACTION_UNDONE and event.code == Type.ATTEMPT_LOGGED:
        return str(ContactAttempt.Result(event.detail["code"]).label)
    if event.type == Type.WAITLIST_LEFT:
        return str(WaitlistEntry.LeaveReason(event.code).label)
    return formatting.staff_name(event.staff) if event.staff else ""


def note_entries(ours: dict) -> list[tuple]:
    stay = Note.objects.filter(request__in=ours).exclude(undoable__undone_at__isnull=False)
    notes = stay.select_related("by")
    return [
        (
            TimelineEntry(note.at, "note", formatting.staff_name(note.by), _("Note"), note.text),
            ours[note.request_id],
        )
        for note in notes
    ]


def call_entries(ours: dict) -> list[tuple]:
    """Calls to us, as they were corrected last."""
    calls = Call.objects.standing().filter(request__in=ours).select_related("by")
    return [(call_entry(each), ours[each.request_id]) for each in calls]


def call_entry(call: Call) -> TimelineEntry:
    what = _("Call to us: %(outcome)s") % {"outcome": call.get_outcome_display().lower()}
    said = [call.sent_to, call.note]
    if call.promised_by:
        by = staff_formatting.format_date_and_time(call.promised_by)
        said.insert(0, _("by %(when)s") % {"when": by})
    who, detail = formatting.staff_name(call.by), ", ".join(filter(None, said))
    return TimelineEntry(call.at, "attempt", who, what, detail)


def merging_entries(request: ConsultationRequest) -> list[TimelineEntry]:
    """Where its history goes on, in the one that was merged with another."""
    if request.merged_into is None:
        return []
    act = request.merged_into.audit_events.filter(
        type=Type.REQUESTS_MERGED, code=request.reference
    ).select_related("actor")
    return [
        TimelineEntry(
            each.at,
            "act",
            formatting.staff_name(cast(User, each.actor)),  # staff alone merge
            each.get_type_display(),
            request.merged_into.reference,
        )
        for each in act
    ]


def is_long_text(text: str) -> bool:
    return len(text) > LONG_TEXT


def text_excerpt(text: str) -> str:
    """As much of a long text as one line holds."""
    return Truncator(" ".join(text.split())).chars(90)


def attempt_entries(request: ConsultationRequest) -> list[TimelineEntry]:
    """Those of what was merged with it stand here as well."""
    attempts = ContactAttempt.objects.filter(request=request).select_related("by", "merged_from")
    return [
        TimelineEntry(
            attempt.at,
            "attempt",
            formatting.staff_name(attempt.by),
            str(attempt),
            attempt.note,
            reference=attempt.merged_from.reference if attempt.merged_from else "",
        )
        for attempt in attempts
    ]


def message_entries(ours: dict, now: datetime) -> list[tuple]:
    messages = Message.objects.filter(request__in=ours)
    return [(message_entry(each, now), ours[each.request_id]) for each in messages]


def message_entry(message: Message, now: datetime) -> TimelineEntry:
    """An email with what became of it; one still owed stands at the time it falls due."""
    at = message.finished_at or message.due_at
    what = _("Email “%(kind)s”: %(state)s") % {
        "kind": message.get_kind_display(),
        "state": message.get_state_display().lower(),
    }
    kind = "failed" if message.is_lost else "message"
    who, detail = _("The system"), message.get_reason_display()
    return TimelineEntry(at, kind, who, what, detail, at > now, message_id=message.pk)


def offer_entries(ours: dict) -> list[tuple]:
    """Each offer of an earlier time when it was made, and when and how it ended."""
    found = []
    for offer in EarlierOffer.objects.filter(request__in=ours).select_related("counselor"):
        words, of = describe_consultation(offer), ours[offer.request_id]
        made = _("Offered an earlier time")
        found.append((TimelineEntry(offer.offered_at, "act", _("The system"), made, words), of))
        if offer.ended_at:
            end = TimelineEntry(
                offer.ended_at, "act", offer_ended_by(offer), describe_offer_end(offer), words
            )
            found.append((end, of))
    return found


def offer_ended_by(offer: EarlierOffer) -> str:
    is_theirs = offer.state in (EarlierOffer.State.ACCEPTED, EarlierOffer.State.DECLINED)
    return _("The requester") if is_theirs else _("The system")


def describe_offer_end(offer: EarlierOffer) -> str:
    how = offer.get_state_display().lower()
    return _("Offer of an earlier time: %(how)s") % {"how": how}


def consultation_entries(request: ConsultationRequest, now: datetime) -> list[TimelineEntry]:
    """The consultation that stands, at its own time."""
    consultation = requests.find_standing_consultation(request)
    if consultation is None:
        return []
    what = _("Consultation, %(status)s") % {"status": consultation.get_status_display().lower()}
    who, at = consultation.counselor.public_name, consultation.starts_at
    return [
        TimelineEntry(at, "consultation", who, what, describe_consultation(consultation), at > now)
    ]


def describe_consultation(consultation: Consultation | EarlierOffer) -> str:
    """Mode, counselor, day and time; of an offer as well."""
    return _("%(mode)s with %(counselor)s, %(when)s") % {
        "mode": consultation.get_mode_display(),
        "counselor": consultation.counselor.public_name,
        "when": staff_formatting.format_date_and_time(consultation.starts_at),
    }


def describe_closing(event: AuditEvent, request: ConsultationRequest) -> str:
    """How it ended; the reason as well, unless it was reopened since."""
    if request.closed_at is None or event.at < request.closed_at:
        return str(Disposition(event.code).label)
    parts = [
        request.get_disposition_display(),
        request.get_close_reason_display(),
        request.close_note,
    ]
    return ", ".join(str(part) for part in parts if part)
