"""How the people who ask are served: what came, what is owed, and since when."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily as Gauge

from admissions.audit.models import AuditEvent
from admissions.intake.models import ConsultationRequest, request_queries
from admissions.messaging import tasks
from admissions.messaging.models import Alarm, Message

Type, State = AuditEvent.Type, Message.State
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
COUNTED_EVENTS = {
    "recovery_bookings": ("Consultations booked within the window.", [Type.CONSULTATION_REQUESTED]),
    "recovery_callbacks_requested": (
        "Calls asked for within the window.", [Type.CALLBACK_REQUESTED, Type.CALL_NOW_REQUESTED],
    ),
}  # fmt: skip
# What waits for somebody: which open requests, and the moment from which it waits.
WAITING = {
    "clinician": (request_queries.WAITS_FOR_CLINICIAN, "concern_opened_at"),
    "promised_call": (request_queries.HAS_PROMISED_CALL, "promised_call_by"),
    "answer": (Q(), "due_at"),
}


def compute(now: datetime) -> Iterator[Metric]:
    yield from count_events(now)
    yield from measure_waiting(now)
    yield from measure_due_messages(now)
    yield count_failed_messages(now)


def count_events(now: datetime) -> Iterator[Metric]:
    """Within an hour and a day, as what is cleared would make a total go down."""
    known = [event for _help, events in COUNTED_EVENTS.values() for event in events]
    rows = AuditEvent.objects.filter(type__in=known, at__gte=now - DAY).values_list("type")
    lately = Count("pk", filter=Q(at__gte=now - HOUR))
    found = {kind: (hour, day) for kind, hour, day in rows.annotate(hour=lately, day=Count("pk"))}
    for name, (help_text, events) in COUNTED_EVENTS.items():
        gauge = Gauge(name, help_text, labels=["window"])
        for place, window in enumerate(("1h", "24h")):
            gauge.add_metric([window], sum(found.get(each, (0, 0))[place] for each in events))
        yield gauge


def measure_waiting(now: datetime) -> Iterator[Metric]:
    """How many wait for what, and how long the first does; a promise from when it is broken.

    Danger waits until a named person has it.
    """
    columns: dict[str, Count | Min] = {}
    for name, (condition, since) in WAITING.items():
        late = condition & Q(**{f"{since}__lt": now})
        columns |= {f"{name}_n": Count("pk", filter=late), f"{name}_at": Min(since, filter=late)}
    found = ConsultationRequest.objects.open().aggregate(**columns)
    found |= Alarm.objects.open().aggregate(danger_n=Count("pk"), danger_at=Min("raised_at"))

    count = Gauge(
        "recovery_waiting_requests", "Open requests that wait, by for what.", labels=["for"]
    )
    age = Gauge(
        "recovery_waiting_oldest_seconds",
        "How long the first of them waits: danger since it rings, a concern since it was told, a"
        " promised call and an answer since they were due.",
        labels=["for"],
    )
    for name in ("danger", *WAITING):
        count.add_metric([name], found[f"{name}_n"])
        age.add_metric([name], seconds_since(found[f"{name}_at"], now))
    yield from (count, age)


def measure_due_messages(now: datetime) -> Iterator[Metric]:
    """Emails that have fallen due and not gone, by queue and kind."""
    rows = Message.objects.unfinished().filter(due_at__lte=now).values_list("kind")
    found = {
        kind: (n, oldest) for kind, n, oldest in rows.annotate(n=Count("pk"), at=Min("due_at"))
    }
    labels = ["queue", "kind"]
    count = Gauge("recovery_due_messages", "Emails that are due and have not gone.", labels=labels)
    age = Gauge(
        "recovery_due_message_oldest_seconds", "How long the first of them is due.", labels=labels
    )
    for kind in Message.Kind.values:
        queue = tasks.ALARMS if kind in Message.STAFF_KINDS else tasks.MAIL
        waiting, oldest = found.get(kind, (0, None))
        count.add_metric([queue, kind], waiting)
        age.add_metric([queue, kind], seconds_since(oldest, now))
    yield from (count, age)


def count_failed_messages(now: datetime) -> Metric:
    """Emails due within a day that will not arrive."""
    rows = Message.objects.filter(state__in=Message.LOST_STATES, due_at__gte=now - DAY)
    found = dict(rows.values_list("state").annotate(n=Count("pk")))
    gauge = Gauge(
        "recovery_lost_messages", "Emails due within 24 hours that never arrived.", labels=["how"]
    )
    for name, state in (("failed", State.FAILED), ("bounced", State.BOUNCED)):
        gauge.add_metric([name], found.get(state, 0))
    return gauge


def seconds_since(moment: datetime | None, now: datetime) -> float:
    """0 where nothing waits."""
    return max(0.0, (now - moment).total_seconds()) if moment else 0.0
