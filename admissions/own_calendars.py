"""What a counselor, or a director for them, does with the calendars of their own."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from . import busy, outside, tasks
from .models import AuditEvent, CalendarRefused, Counselor, OutsideCalendar

MOST = 5
Kind, Type = OutsideCalendar.Kind, AuditEvent.Type


class TooManyCalendars(Exception):
    """This counselor has as many calendars as anyone may have."""


def add_file(*, counselor_id, by: User, label: str, file: bytes) -> OutsideCalendar:
    """Take over the busy times of a calendar file; the file itself is kept nowhere."""
    times = busy.read(
        file, Counselor.objects.select_related("user", "location").get(pk=counselor_id)
    )
    with transaction.atomic():
        make_room(counselor_id)

        calendar = OutsideCalendar.objects.create(
            counselor_id=counselor_id, kind=Kind.UPLOAD, label=label, last_read_at=timezone.now()
        )
        busy.replace_times(calendar, times)

        record(Type.CALENDAR_ADDED, calendar, by)
    return calendar


@transaction.atomic
def add_address(*, counselor_id, by: User, label: str, address: str) -> OutsideCalendar:
    """Read this address from now on; one that is known already stays as it is."""
    address = checked(address)
    make_room(counselor_id, but_for=address)

    calendar, is_new = OutsideCalendar.objects.get_or_create(
        counselor_id=counselor_id,
        address=address,
        defaults={"kind": Kind.ADDRESS, "label": label, "next_refresh_at": timezone.now()},
    )

    if is_new:
        record(Type.CALENDAR_ADDED, calendar, by)
        tasks.wake_reader(calendar)
    return calendar


@transaction.atomic
def remove(*, counselor_id, calendar_id, by: User) -> None:
    """Forget a calendar with all its busy times; one that is gone already is no fault."""
    calendar = OutsideCalendar.objects.filter(counselor=counselor_id, pk=calendar_id).first()
    if calendar is None:
        return

    record(Type.CALENDAR_REMOVED, calendar, by)
    calendar.delete()


def checked(address: str) -> str:
    """The address as we keep it, or CalendarRefused for one that we shall never read."""
    place = outside.parsed(address)
    if place.host == urlsplit(settings.SITE_URL).hostname:
        raise CalendarRefused(OutsideCalendar.Reason.OURS)
    return place.address


def make_room(counselor_id, *, but_for: str = "") -> None:
    """One more is welcome; whoever adds another waits, so that the count holds."""
    Counselor.objects.select_for_update(no_key=True).get(pk=counselor_id)
    others = OutsideCalendar.objects.filter(counselor=counselor_id)
    if but_for and others.filter(address=but_for).exists():
        return
    if others.count() >= MOST:
        raise TooManyCalendars


def record(type_, calendar: OutsideCalendar, by: User) -> None:
    AuditEvent.objects.create(
        type=type_, actor=by, counselor_id=calendar.counselor_id, code=calendar.kind
    )
