"""That staff looked at something: one audit event for each page, with the requests it showed."""

from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone

from users.models import User

from .models import AuditEvent

if TYPE_CHECKING:
    from admissions.intake.models import ConsultationRequest

Type = AuditEvent.Type
# A page that goes on refreshing is written down anew after this long.
RELOG_AFTER = timedelta(hours=1)


def log_view(
    request: HttpRequest,
    *,
    code: str,
    shown: Iterable[UUID] = (),
    found: int | None = None,
    type: str = Type.DESK_VIEWED,
) -> AuditEvent:
    """Write down that the person signed in looks at a screen, before they see it.

    `shown` holds ids of the requests it shows. With `found` it is a search, of
    which we keep about how many it found; never what was looked for.
    """
    type, code = event_type_and_code(type, code, found)
    ids = list(dict.fromkeys(shown))
    # Before the page is rendered: what could not be recorded is not shown.
    event = AuditEvent.objects.create(type=type, actor=viewer_of(request), code=code, shown=ids)
    remember_event(request, event)
    return event


def log_request_view(
    request: HttpRequest,
    consultation_request: "ConsultationRequest | None",
    *,
    type: str = Type.REQUEST_VIEWED,
    code: str = "",
    fields: Iterable[str] = (),
) -> AuditEvent:
    """Write down that they look at the page of one request, or at what belongs to it."""
    event = AuditEvent.objects.create(
        actor=viewer_of(request),
        request=consultation_request,
        type=type,
        code=code,
        fields=list(fields),
    )
    remember_event(request, event)
    return event


def log_refreshed_view(
    request: HttpRequest,
    *,
    since: str | None,
    code: str,
    shown: Collection[UUID] = (),
    found: int | None = None,
) -> AuditEvent:
    """As record for a page that refreshes itself; `since` is the number of its last event.

    While it shows nothing that this event does not hold, nothing is written: that
    event, or the new one, is the page's last from now on.
    """
    type, kept_code = event_type_and_code(Type.DESK_VIEWED, code, found)
    number = int(since) if since and since.isascii() and since.isdecimal() else 0
    asked = AuditEvent.objects.filter(
        pk=min(number, 2**63 - 1), actor=viewer_of(request), type=type, code=kept_code,
        at__gt=timezone.now() - RELOG_AFTER,
    )  # fmt: skip
    last = asked.first() if number else None
    if last is None or not set(shown) <= set(last.shown):
        return log_view(request, code=code, shown=shown, found=found)
    remember_event(request, last)
    return last


def find_kept_view(request: HttpRequest, *, since: str | None) -> AuditEvent | None:
    """The event of a page that goes on showing what it showed; None where it has to be anew."""
    number = int(since) if since and since.isascii() and since.isdecimal() else 0
    event = AuditEvent.objects.filter(
        pk=min(number, 2**63 - 1),
        actor=viewer_of(request),
        type__in=(Type.DESK_VIEWED, Type.SEARCHED),
        at__gt=timezone.now() - RELOG_AFTER,
    ).first()
    if event:
        remember_event(request, event)
    return event


def viewer_of(request: HttpRequest) -> User:
    """Who is signed in; no screen of the staff's is served to anyone else."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def remember_event(request: HttpRequest, event: AuditEvent) -> None:
    """Keep the event with the request, for the answer that goes out under its number."""
    request.view_event = event  # type: ignore[attr-defined]  # Django's class names no such thing


def is_logged(request: HttpRequest) -> bool:
    """Whether this very answer has its event already."""
    return hasattr(request, "view_event")


def event_type_and_code(type: str, code: str, found: int | None) -> tuple[str, str]:
    """The kind of look, and its code; of a search, how many it found."""
    if found is not None:
        return Type.SEARCHED, result_count_band(found)
    return type, code


def result_count_band(found: int) -> str:
    """none, 1, 2 to 9, 10 to 49, 50 or more: the exact number could tell who was looked for."""
    for least, words in [(50, "50 or more"), (10, "10 to 49"), (2, "2 to 9"), (1, "1")]:
        if found >= least:
            return words
    return "none"
