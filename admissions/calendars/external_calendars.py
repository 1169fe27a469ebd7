"""What a counselor, or a director for them, does with the calendars of their own."""

from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from admissions.audit.models import AuditEvent
from admissions.scheduling.models import CalendarRefused, Counselor, ExternalCalendar
from admissions.tokens import hash_token
from users.models import User

from . import busy_import, safe_http, tasks

MAX_CALENDARS_PER_COUNSELOR = 5
MAX_FILE_BYTES = 10 * 1024 * 1024
Kind, Type = ExternalCalendar.Kind, AuditEvent.Type


class TooManyCalendars(Exception):
    """This counselor has as many calendars as anyone may have."""


@transaction.atomic
def add_calendar_file(*, counselor_id: int, by: User, label: str, file: bytes) -> ExternalCalendar:
    """Have a worker take over the busy times of a calendar file, which is then forgotten.

    Raises CalendarRefused for what is plainly no calendar, and TooManyCalendars.
    """
    if not file.rstrip().upper().endswith(b"END:VCALENDAR"):
        raise CalendarRefused(ExternalCalendar.Reason.NO_CALENDAR)
    check_calendar_limit(counselor_id)

    calendar = ExternalCalendar.objects.create(
        counselor_id=counselor_id,
        kind=Kind.UPLOAD,
        label=label,
        unread_file=busy_import.pack_file(file),
        next_refresh_at=timezone.now(),
    )

    record_calendar_event(Type.CALENDAR_ADDED, calendar, by)
    tasks.wake_calendar_refresh(calendar)
    return calendar


@transaction.atomic
def add_calendar_address(
    *, counselor_id: int, by: User, label: str, address: str
) -> ExternalCalendar:
    """Read this address from now on; one that is known already stays as it is."""
    address = normalize_address(address)
    check_calendar_limit(counselor_id, except_address=address)

    calendar, is_new = ExternalCalendar.objects.get_or_create(
        counselor_id=counselor_id,
        address_sha256=hash_token(address),
        defaults={
            "kind": Kind.ADDRESS,
            "label": label,
            "address": address,
            "next_refresh_at": timezone.now(),
        },
    )

    if is_new:
        record_calendar_event(Type.CALENDAR_ADDED, calendar, by)
        tasks.wake_calendar_refresh(calendar)
    return calendar


@transaction.atomic
def remove_calendar(*, counselor_id: int, calendar_id: int, by: User) -> None:
    """Forget a calendar with all its busy times; one that is gone already is no fault."""
    calendar = ExternalCalendar.objects.filter(counselor=counselor_id, pk=calendar_id).first()
    if calendar is None:
        return

    record_calendar_event(Type.CALENDAR_REMOVED, calendar, by)
    calendar.delete()


def normalize_address(address: str) -> str:
    """The address as we keep it, or CalendarRefused for one that we shall never read."""
    place = safe_http.parse_address(address)
    if place.host == urlsplit(settings.SITE_URL).hostname:
        raise CalendarRefused(ExternalCalendar.Reason.OURS)
    return place.address


def check_calendar_limit(counselor_id: int, *, except_address: str = "") -> None:
    """One more is welcome; whoever adds another waits, so that the count holds."""
    Counselor.objects.select_for_update(no_key=True).get(pk=counselor_id)
    others = ExternalCalendar.objects.filter(counselor=counselor_id)
    if except_address and others.filter(address_sha256=hash_token(except_address)).exists():
        return
    if others.count() >= MAX_CALENDARS_PER_COUNSELOR:
        raise TooManyCalendars


def record_calendar_event(type_: str, calendar: ExternalCalendar, by: User) -> None:
    AuditEvent.objects.create(
        type=type_, actor=by, counselor_id=calendar.counselor_id, code=calendar.kind
    )
