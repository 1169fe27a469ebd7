"""Rows that have done their work go; what is personal goes by the rules of `privacy` as before.

Each statement takes a few thousand rows at most, so that none holds locks for long; a run that is
killed leaves the rest to the next.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from admissions.alerts.models import Alert, AlertDevice
from admissions.calls.models import Ring
from admissions.intake.models import IdempotencyKey, ManageToken
from admissions.messaging.models import Message, ProviderEvent
from admissions.scheduling.models import BusyTime, OnCallShift
from admissions.undo.models import UndoableAction

BATCH = 5000
DAY = timedelta(days=1)
# A form takes its key for a day: intake.idempotency.KEY_MAX_AGE.
FORM_KEYS_KEPT = 30 * DAY
# A link that is over says the same as one that never was.
TOKENS_KEPT = 30 * DAY
# Providers repeat a report for some days at most.
REPORTS_KEPT = 90 * DAY
BUSY_TIMES_KEPT = 30 * DAY
# What somebody was told is shown to them for so long.
ALERTS_KEPT = 90 * DAY
# A page knows the number of a ring for an hour, and no signature is taken after ten minutes.
RINGS_KEPT = DAY / 24
# What can be undone for half a minute.
STEPS_KEPT = DAY
# What went to staff, and what went to somebody whose personal data is removed. Reports count what
# was lost.
MESSAGES_KEPT = 365 * DAY
# What one person told the next has done its work once the next has gone, too.
HANDOVER_NOTES_KEPT = 30 * DAY
DONE_STATES = [Message.State.SENT, Message.State.SKIPPED]


def find_done_rows(now: datetime) -> Iterator[QuerySet]:
    """Rows of each kind that nothing asks for any more."""
    yield IdempotencyKey.objects.filter(at__lt=now - FORM_KEYS_KEPT)
    yield ManageToken.objects.filter(expires_at__lt=now - TOKENS_KEPT)
    yield ProviderEvent.objects.filter(at__lt=now - REPORTS_KEPT)
    yield UndoableAction.objects.filter(undone_at=None, at__lt=now - STEPS_KEPT)
    yield BusyTime.objects.filter(ends_at__lt=now - BUSY_TIMES_KEPT)
    yield Alert.objects.filter(at__lt=now - ALERTS_KEPT)
    yield AlertDevice.objects.of_who_left()
    yield Ring.objects.filter(at__lt=now - RINGS_KEPT)
    # Whom an alarm rang, and when, stays with the alarm.
    to_staff = Message.STAFF_KINDS - {Message.Kind.STAFF_DANGER}
    is_nobodys = Q(kind__in=to_staff) | Q(request__anonymized_at__isnull=False)
    reports = ProviderEvent.objects.filter(message=OuterRef("pk"))
    yield Message.objects.filter(
        is_nobodys, ~Exists(reports), state__in=DONE_STATES, finished_at__lt=now - MESSAGES_KEPT
    )


def delete_done_rows(now: datetime) -> int:
    """Delete them, empty old hand-over notes, return how many; safe beside all that runs."""
    old = OnCallShift.objects.filter(ends_at__lt=now - HANDOVER_NOTES_KEPT)
    emptied = old.exclude(note="").update(note="")
    return emptied + sum(delete_in_batches(rows) for rows in find_done_rows(now))


def delete_in_batches(rows: QuerySet) -> int:
    deleted = 0
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        deleted += rows.model._base_manager.filter(pk__in=keys).delete()[0]
    return deleted
