"""What the auditor reads: who did or saw what and when, with requests by reference alone."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from admissions import formatting, staff_formatting
from admissions.audit import seal_chain, verification
from admissions.audit.models import AuditEvent
from admissions.intake.models import ConsultationRequest
from admissions.local_time import local_midnight
from users.models import User

PAGE_SIZE = 100
Type = AuditEvent.Type


@dataclass(frozen=True)
class EventRow:
    """One event in words and codes."""

    event: AuditEvent
    when: str
    who: str
    codes: str
    subject: str
    request: str
    shown: str


@dataclass(frozen=True)
class SealChainStatus:
    """How far the audit is sealed, and how it was when somebody last checked."""

    head: str
    waiting: int
    checked: str
    is_whole: bool
    # The day from which on events are here; empty while nothing was put away.
    archived_until: str


def all_events() -> QuerySet[AuditEvent]:
    return AuditEvent.objects.select_related("actor", "staff").order_by("-at", "-pk")


def filter_events(
    *,
    type: str = "",
    who: User | None = None,
    first: date | None = None,
    last: date | None = None,
    before: int | str = "",
) -> QuerySet[AuditEvent]:
    """The newest events of this kind, person and time; with `before`, what is older than that."""
    found = all_events()
    if type:
        found = found.filter(type=type)
    if who:
        found = found.filter(actor=who)
    if first:
        found = found.filter(at__gte=local_midnight(first))
    if last:
        found = found.filter(at__lt=local_midnight(last + timedelta(days=1)))
    start = AuditEvent.objects.filter(pk=before).first() if before else None
    if start:
        older = Q(at__lt=start.at) | Q(at=start.at, pk__lt=start.pk)
        found = found.filter(older, at__lte=start.at)
    return found


def events_of_request(pk: UUID) -> list[AuditEvent]:
    """Whoever looked at or changed one request, lists and searches that showed it included."""
    listed = (Type.DESK_VIEWED, Type.SEARCHED)
    own = all_events().filter(request=pk)[: PAGE_SIZE * 5]
    lists = all_events().filter(shown__contains=[pk], type__in=listed)[: PAGE_SIZE * 5]
    return sorted([*own, *lists], key=lambda each: (each.at, each.pk), reverse=True)


def event_rows(found: list[AuditEvent]) -> list[EventRow]:
    pks = {each.request_id for each in found if each.request_id}
    kept = ConsultationRequest.objects.filter(pk__in=pks).values_list("pk", "reference")
    references = dict(kept)
    return [
        event_row(each, references.get(each.request_id, "") if each.request_id else "")
        for each in found
    ]


def event_row(event: AuditEvent, reference: str) -> EventRow:
    count = len(event.shown)
    words = ngettext("showed %(n)s request", "showed %(n)s requests", count) % {"n": count}
    return EventRow(
        event=event,
        when=f"{timezone.localtime(event.at):%Y-%m-%d %H:%M:%S}",
        who=formatting.staff_name(event.actor) if event.actor else event.get_source_display(),
        codes=describe_codes(event),
        subject=formatting.staff_name(event.staff) if event.staff else "",
        request=reference,
        shown=words if count else "",
    )


def describe_codes(event: AuditEvent) -> str:
    """The code, the record, the fields and the detail of an event, none of them personal."""
    record = f"{event.object_type} {event.object_id}".strip()
    detail = [
        f"{name}: {', '.join(value) or '-' if isinstance(value, list) else value}"
        for name, value in event.detail.items()
    ]
    return "; ".join(filter(None, [event.code, record, ", ".join(event.fields), *detail]))


def seal_chain_status() -> SealChainStatus:
    head = seal_chain.latest_seal()
    checked = all_events().filter(type=Type.AUDIT_VERIFIED).first()
    sealed = ""
    if head:
        words = {"n": head.number, "when": staff_formatting.format_date_and_time(head.sealed_at)}
        sealed = _("Seal %(n)s, %(when)s") % words
    until = verification.archived_until()
    return SealChainStatus(
        head=sealed,
        waiting=seal_chain.count_unsealed_events(),
        checked=staff_formatting.format_date_and_time(checked.at) if checked else "",
        is_whole=checked is not None and checked.code == "whole",
        archived_until=staff_formatting.format_date_and_time(until) if until else "",
    )
