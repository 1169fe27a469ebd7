"""What the auditor reads: who did or saw what and when, with requests by reference alone."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from . import desk, seals
from .models import AuditEvent, ConsultationRequest

AT_ONCE = 100
Type = AuditEvent.Type


@dataclass(frozen=True)
class Row:
    """One event in words and codes."""

    event: AuditEvent
    when: str
    who: str
    about: str
    request: str
    shown: str


@dataclass(frozen=True)
class Chain:
    """How far the audit is sealed, and how it was when somebody last checked."""

    head: str
    waiting: int
    checked: str
    is_whole: bool


def events():
    return AuditEvent.objects.select_related("actor", "staff").order_by("-at", "-pk")


def narrowed(*, type="", who=None, first: date | None = None, last: date | None = None, before=""):
    """The newest events of this kind, person and time; with `before`, what is older than that."""
    found = events()
    if type:
        found = found.filter(type=type)
    if who:
        found = found.filter(actor=who)
    if first:
        found = found.filter(at__gte=midnight(first))
    if last:
        found = found.filter(at__lt=midnight(last + timedelta(days=1)))
    start = AuditEvent.objects.filter(pk=before).first() if before else None
    if start:
        older = Q(at__lt=start.at) | Q(at=start.at, pk__lt=start.pk)
        found = found.filter(older, at__lte=start.at)
    return found


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), tzinfo=timezone.get_default_timezone())


def of_request(pk: UUID) -> list[AuditEvent]:
    """Whoever looked at or changed one request, lists and searches that showed it included."""
    listed = (Type.DESK_VIEWED, Type.SEARCHED)
    own = events().filter(request=pk)[: AT_ONCE * 5]
    lists = events().filter(shown__contains=[pk], type__in=listed)[: AT_ONCE * 5]
    return sorted([*own, *lists], key=lambda each: (each.at, each.pk), reverse=True)


def rows(found: list[AuditEvent]) -> list[Row]:
    pks = {each.request_id for each in found if each.request_id}
    kept = ConsultationRequest.objects.filter(pk__in=pks).values_list("pk", "reference")
    references = dict(kept)
    return [row(each, references.get(each.request_id, "")) for each in found]


def row(event: AuditEvent, reference: str) -> Row:
    count = len(event.shown)
    words = ngettext("showed %(n)s request", "showed %(n)s requests", count) % {"n": count}
    return Row(
        event=event,
        when=f"{timezone.localtime(event.at):%Y-%m-%d %H:%M:%S}",
        who=desk.staff_name(event.actor) if event.actor else event.get_source_display(),
        about=desk.staff_name(event.staff) if event.staff else "",
        request=reference,
        shown=words if count else "",
    )


def chain() -> Chain:
    head = seals.head()
    checked = events().filter(type=Type.AUDIT_VERIFIED).first()
    sealed = ""
    if head:
        words = {"n": head.number, "when": desk.full_clock(head.sealed_at)}
        sealed = _("Seal %(n)s, %(when)s") % words
    return Chain(
        head=sealed,
        waiting=seals.waiting(),
        checked=desk.full_clock(checked.at) if checked else "",
        is_whole=checked is not None and checked.code == "whole",
    )
