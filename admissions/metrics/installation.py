"""How the site itself is: its processes, backups, keys, disk and database."""

import platform
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

import django
from celery import current_app
from celery.schedules import crontab
from django.conf import settings
from django.db import connection
from django.db.models import Max
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily as Gauge
from prometheus_client.core import InfoMetricFamily

from admissions.audit.models import AuditEvent, AuditSeal
from admissions.backups import records
from admissions.installation import heartbeats, key_marks, task_runs
from admissions.operations import sending_hold

CONNECTIONS = """
    SELECT count(*), current_setting('max_connections')::int
    FROM pg_stat_activity WHERE backend_type = 'client backend'
"""
EPOCH = 0.0


def compute(now: datetime) -> Iterator[Metric]:
    yield from measure_processes(now)
    yield from describe_tasks()
    yield from describe_proofs()
    yield Gauge("recovery_sending_held", "1 while no email may go.", value=sending_hold.is_held())
    yield Gauge(
        "recovery_foreign_keys", "Keys of this process that are not the database's.",
        value=len(list(key_marks.find_foreign_keys())),
    )  # fmt: skip
    yield from measure_connections()


def measure_processes(now: datetime) -> Iterator[Metric]:
    gauge = Gauge(
        "recovery_heartbeat_age_seconds", "Since beat, and some worker, were seen.", labels=["role"]
    )
    for role, pulse in heartbeats.read_pulses().items():
        if pulse.seen_at:
            gauge.add_metric([str(role)], (now - pulse.seen_at).total_seconds())
    yield gauge


def list_intervals() -> dict[str, float]:
    """Seconds from one run to the next by task of beat; a day for what has hours of its own."""
    found = {}
    for entry in current_app.conf.beat_schedule.values():
        schedule = entry["schedule"]
        interval = timedelta(days=1) if isinstance(schedule, crontab) else schedule
        found[entry["task"]] = interval.total_seconds()
    return found


def describe_tasks() -> Iterator[Metric]:
    """When each task of beat last began, ended well and failed; nothing of what never did."""
    intervals = list_intervals()
    gauge = partial(Gauge, labels=["task"])
    every = gauge("recovery_task_interval_seconds", "How often beat hands the task out.")
    moments = {
        "last_started_at": gauge("recovery_task_last_start_timestamp_seconds", "Last begun."),
        "last_finished_at": gauge("recovery_task_last_success_timestamp_seconds", "Last done."),
        "last_failed_at": gauge("recovery_task_last_failure_timestamp_seconds", "Last failed."),
    }
    for run in task_runs.read_last_runs(list(intervals)):
        every.add_metric([run.name], intervals[run.name])
        for column, metric in moments.items():
            if moment := getattr(run, column):
                metric.add_metric([run.name], moment.timestamp())
    yield from (every, *moments.values())


def describe_proofs() -> Iterator[Metric]:
    """Backups and seals; what never was has the time 0."""
    state = records.read_state()
    backup = Gauge(
        "recovery_backup_timestamp_seconds", "The last backup made, read again, and restored.",
        labels=["proof"],
    )  # fmt: skip
    for name in ("made", "unchanged", "restored"):
        backup.add_metric([name], timestamp(getattr(state, f"{name}_at")))
    yield backup
    sealed = AuditSeal.objects.aggregate(last=Max("sealed_at"))["last"]
    yield Gauge(
        "recovery_audit_sealed_timestamp_seconds", "The last seal.", value=timestamp(sealed)
    )
    verified = AuditEvent.objects.filter(type=AuditEvent.Type.AUDIT_VERIFIED)
    yield Gauge(
        "recovery_audit_verified_timestamp_seconds", "When somebody last checked the seals.",
        value=timestamp(verified.aggregate(last=Max("at"))["last"]),
    )  # fmt: skip


def timestamp(moment: datetime | None) -> float:
    return moment.timestamp() if moment else EPOCH


def measure_connections() -> Iterator[Metric]:
    with connection.cursor() as cursor:
        cursor.execute(CONNECTIONS)
        used, most = cursor.fetchone()
    yield Gauge("recovery_database_connections", "Connections to the server.", value=used)
    yield Gauge("recovery_database_max_connections", "As many as it takes.", value=most)


class MachineCollector:
    """What the machine of this process knows without a database."""

    def collect(self) -> Iterator[Metric]:
        usage = shutil.disk_usage(settings.BASE_DIR)
        yield Gauge(
            "recovery_disk_free_ratio", "Of this machine's disk.", value=usage.free / usage.total
        )
        yield InfoMetricFamily(
            "recovery_build", "What runs.",
            value={
                "release": settings.RELEASE,
                "django": django.get_version(),
                "python": platform.python_version(),
            },
        )  # fmt: skip
