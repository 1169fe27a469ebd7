"""Busy time from counselors' own calendars: read anew when due, kept when that fails.

A worker claims one calendar under a lease, reads it outside any transaction,
and replaces its busy times in one; a worker that comes too late changes nothing.
"""

import base64
import json
import logging
import subprocess
import sys
import uuid
import zlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils import timezone

from admissions.scheduling.models import (
    BusyTime,
    CalendarRefused,
    Consultation,
    ConsultationQuerySet,
    Counselor,
    ExternalCalendar,
)
from users.models import User

from . import ics, safe_http

logger = logging.getLogger(__name__)

REFRESH_INTERVAL, MAX_BACKOFF = timedelta(minutes=15), timedelta(hours=6)
LEASE_DURATION = timedelta(minutes=2)
BUSY_LOOK_BEHIND, BUSY_LOOK_AHEAD = timedelta(days=1), timedelta(days=90)
STALE_AFTER = timedelta(hours=24)
PARSER_TIMEOUT_SECONDS = 20
# -I leaves out the environment and the folder, so it is told where our code is.
PARSER_PROGRAM = (
    "import sys; sys.path.append(sys.argv[1]);"
    "from admissions.calendars.ics_parser import main; main()"
)
Reason = ExternalCalendar.Reason
# From when until when, in UTC.
BusyStretch = tuple[datetime, datetime]


def refresh_busy_times(calendar_id: int) -> str | None:
    """Read one due calendar anew; "" or the reason why not, None when it is not ours to read."""
    calendar = claim_calendar(calendar_id)
    if calendar is None:
        return None
    try:
        times = run_parser(load_file(calendar), calendar.counselor)
    except CalendarRefused as refused:
        logger.warning("Calendar %s was not read: %s", calendar.pk, refused.reason.value)
        return fail_refresh(calendar, refused)
    return complete_refresh(calendar, times)


def load_file(calendar: ExternalCalendar) -> bytes:
    """The file that was uploaded, or what stands at the address; raises CalendarRefused."""
    if calendar.is_by_address:
        return safe_http.fetch_file(calendar.address)
    return unpack_file(calendar.unread_file)


def pack_file(file: bytes) -> str:
    """A file as it waits in the database: a calendar shrinks to a tenth."""
    return base64.b64encode(zlib.compress(file)).decode()


def unpack_file(packed: str) -> bytes:
    """The file again. What is packed was packed by us, so it is no larger than what we took."""
    return zlib.decompress(base64.b64decode(packed))


@transaction.atomic
def claim_calendar(calendar_id: int) -> ExternalCalendar | None:
    """Take the calendar in hand for one lease, unless it is not due or another worker has it."""
    now = timezone.now()
    due = ExternalCalendar.objects.due(now=now).filter(pk=calendar_id)
    calendar = due.select_for_update(skip_locked=True, of=("self",)).first()
    if calendar is None:
        return None
    calendar.lease, calendar.lease_until = uuid.uuid4(), now + LEASE_DURATION
    calendar.save(update_fields=["lease", "lease_until"])
    return calendar


def run_parser(file: bytes, counselor: Counselor) -> list[BusyStretch]:
    """Busy times from yesterday to 90 days ahead, by a process that can harm nothing."""
    now = timezone.now()
    asked = {
        "zone": counselor.location.time_zone,
        "owner": counselor.user.email,
        "ours": ics.own_domain(),
        "begin": int((now - BUSY_LOOK_BEHIND).timestamp()),
        "end": int((now + BUSY_LOOK_AHEAD).timestamp()),
    }
    try:
        done = subprocess.run(  # noqa: S603 our own program, and the file is only its input
            [sys.executable, "-I", "-c", PARSER_PROGRAM, str(settings.BASE_DIR)],
            input=json.dumps(asked).encode() + b"\n" + file,
            capture_output=True,
            check=True,
            timeout=PARSER_TIMEOUT_SECONDS,
            env={},
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        raise CalendarRefused(Reason.TOO_MUCH) from None
    answer = json.loads(done.stdout)
    if "refused" in answer:
        on = answer.get("on") and date.fromisoformat(answer["on"])
        raise CalendarRefused(Reason(answer["refused"]), line=answer.get("line"), event_on=on)
    return [
        (datetime.fromtimestamp(begin, UTC), datetime.fromtimestamp(end, UTC))
        for begin, end in answer["times"]
    ]


@transaction.atomic
def complete_refresh(calendar: ExternalCalendar, times: list[BusyStretch]) -> str | None:
    """Replace its busy times by these; an address is read again in a quarter of an hour."""
    if not lock_own_lease(calendar):
        return None
    replace_busy_times(calendar, times)
    now = timezone.now()
    ExternalCalendar.objects.filter(pk=calendar.pk).update(
        lease=None, lease_until=None, unread_file="",
        next_refresh_at=now + REFRESH_INTERVAL if calendar.is_by_address else None,
        last_read_at=now, last_reason="", refused_line=None, refused_event_on=None,
        failures=0, failing_since=None,
    )  # fmt: skip
    return ""


@transaction.atomic
def fail_refresh(calendar: ExternalCalendar, refused: CalendarRefused) -> str | None:
    """Keep what was read before, and try again after a pause that doubles up to six hours.

    A file stays what it is: it is forgotten, and its owner sees why.
    """
    if not lock_own_lease(calendar):
        return None
    now = timezone.now()
    pause = min(REFRESH_INTERVAL * 2 ** min(calendar.failures, 10), MAX_BACKOFF)
    ExternalCalendar.objects.filter(pk=calendar.pk).update(
        lease=None, lease_until=None, unread_file="",
        next_refresh_at=now + pause if calendar.is_by_address else None,
        last_reason=refused.reason, refused_line=refused.line, refused_event_on=refused.event_on,
        failures=F("failures") + 1, failing_since=calendar.failing_since or now,
    )  # fmt: skip
    return refused.reason


def lock_own_lease(calendar: ExternalCalendar) -> bool:
    """Lock the row and see that nobody removed it or took it over in the meantime."""
    ours = ExternalCalendar.objects.filter(pk=calendar.pk, lease=calendar.lease)
    return ours.select_for_update().first() is not None


def replace_busy_times(calendar: ExternalCalendar, times: list[BusyStretch]) -> None:
    calendar.busy_times.all().delete()
    # Starts and ends alone: what a counselor's own events say is stored nowhere.
    BusyTime.objects.bulk_create(
        BusyTime(
            external_calendar=calendar,
            counselor_id=calendar.counselor_id,
            starts_at=starts_at,
            ends_at=ends_at,
        )
        for starts_at, ends_at in times
    )


# What the desk is told


@dataclass(frozen=True)
class CalendarWarnings:
    """Calendars not read for a day, and how many consultations stand in busy time."""

    stale: list[ExternalCalendar]
    conflicts: int


def calendar_warnings(*, by: User, now: datetime) -> CalendarWarnings:
    """Of everyone for who keeps anyone's calendars, else of their own."""
    mine = Q() if by.has_perm("admissions.keep_any_calendars") else Q(counselor__user=by)
    stale = ExternalCalendar.objects.filter(mine, failing_since__lte=now - STALE_AFTER)
    return CalendarWarnings(
        stale=list(stale.select_related("counselor").order_by("failing_since", "pk")),
        conflicts=filter_in_busy_time(Consultation.objects.filter(mine), now).count(),
    )


def find_conflicts(counselor: Counselor, *, now: datetime) -> list[Consultation]:
    """Consultations that stand, are not over, and touch busy time; nobody moves them but staff."""
    found = filter_in_busy_time(counselor.consultations.all(), now)
    return list(found.select_related("request").order_by("starts_at", "pk"))


def filter_in_busy_time(consultations: ConsultationQuerySet, now: datetime) -> ConsultationQuerySet:
    touching = BusyTime.objects.filter(
        counselor=OuterRef("counselor"),
        starts_at__lt=OuterRef("ends_at"),
        ends_at__gt=OuterRef("starts_at"),
    )
    return consultations.standing().filter(Exists(touching), ends_at__gt=now)


def external_calendars_of(counselor: Counselor, *, now: datetime) -> list[ExternalCalendar]:
    """In the order they were added, each with `ahead`: how many busy times are not over."""
    ahead = Count("busy_times", filter=Q(busy_times__ends_at__gt=now))
    return list(counselor.external_calendars.annotate(ahead=ahead).order_by("pk"))
