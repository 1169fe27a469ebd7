"""What only the Operations page looks at, as it is about a site at work; see also preflight."""

import platform
from collections.abc import Iterator
from datetime import datetime, timedelta

import django
from celery import current_app
from celery.schedules import crontab
from django.conf import settings
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from admissions import staff_formatting
from admissions.audit import seal_chain
from admissions.audit.models import AuditEvent
from admissions.care.models import StaffCredential
from admissions.installation import heartbeats, task_runs
from admissions.installation.models import Heartbeat
from admissions.messaging.models import Message
from admissions.scheduling.models import ExternalCalendar

from . import preflight, sending_hold, task_queues
from .findings import Check, Finding

QUEUE_LATE_AFTER = timedelta(minutes=5)
# Beat hands a task out once in its interval; one that missed two is late.
MISSED_RUNS = 2
# Tasks of certain hours run every night.
NIGHTLY = timedelta(hours=26)
SEALED_LATE_AFTER = timedelta(minutes=30)
CALENDARS_FAIL_AFTER = timedelta(hours=1)
# A day is long enough to see that nobody looked at last night's check.
VERIFIED_LATE_AFTER = timedelta(hours=26)
WORKERS, AUDIT = "What beat does", "Commands"
# Everybody who may open the Operations page may open this one.
OUTBOX = "admissions_message_changelist"


def ago(moment: datetime) -> str:
    return f"{staff_formatting.format_duration(timezone.now() - moment)} ago"


# Versions


def check_versions() -> Iterator[Finding]:
    last = MigrationRecorder.Migration.objects.filter(app="admissions").last()
    (postgres,) = preflight.ask("SELECT current_setting('server_version')")
    yield Finding("Release", note=getattr(settings, "RELEASE", "") or settings.BASE_DIR.name)
    yield Finding("Python", note=platform.python_version())
    yield Finding("Django", note=django.get_version())
    yield Finding("Postgres", note=str(postgres).partition(" ")[0])
    if last:
        yield Finding("Last migration", note=f"{last.app} {last.name}")


def check_redis_version() -> Iterator[Finding]:
    with task_queues.connect_redis() as client:
        info = client.info("server")
    name = str(info.get("server_name") or "redis").capitalize()
    version = info.get(f"{name.lower()}_version") or info["redis_version"]
    yield Finding("Redis", note=f"{name} {version}")


# Processes, queues, tasks


def check_each_process() -> Iterator[Finding]:
    """Beat and each worker of the last day, the latest first."""
    now = timezone.now()
    rows = Heartbeat.objects.exclude(role=Heartbeat.Role.PROBE).order_by("role", "-seen_at")[:20]
    for each in rows:
        is_silent = each.seen_at < now - heartbeats.SILENT_AFTER
        seen = f"was last seen {ago(each.seen_at)}"
        gone = f"{seen}: start it again, unless it was stopped on purpose"
        yield Finding(
            f"{each.get_role_display()} {each.name}",
            gone if is_silent else "", is_warning=True, note=seen, see=WORKERS,
        )  # fmt: skip


def check_queues() -> Iterator[Finding]:
    """How many tasks wait for a worker, and since when the oldest does."""
    for queue in task_queues.read_queues():
        since = queue.oldest_at
        told = f"{queue.count} waiting" + (f", the oldest since {ago(since)}" if since else "")
        is_late = since is not None and since < timezone.now() - QUEUE_LATE_AFTER
        yield Finding(
            f"Queue {queue.name}",
            f"{told}: see that a worker for it is at work" if is_late else "",
            is_warning=True, note=told, see="Production",
        )  # fmt: skip


def check_tasks() -> Iterator[Finding]:
    """Whether what beat hands out is done, as often as it should be."""
    entries = {
        entry["task"]: (name, entry) for name, entry in current_app.conf.beat_schedule.items()
    }
    for run in task_runs.read_last_runs(list(entries)):
        name, entry = entries[run.name]
        yield Finding(
            f"To {name}", describe_lateness(run, longest_pause(entry["schedule"])),
            is_warning=True, see=WORKERS,
            note=f"done {ago(run.last_finished_at)}" if run.last_finished_at else "",
        )  # fmt: skip


def longest_pause(schedule: timedelta | crontab) -> timedelta:
    return NIGHTLY if isinstance(schedule, crontab) else MISSED_RUNS * schedule + QUEUE_LATE_AFTER


def describe_lateness(run: task_runs.LastRun, pause: timedelta) -> str:
    """What is wrong with the runs of a task, and what to do; empty if nothing is."""
    done, failed = run.last_finished_at, run.last_failed_at
    if failed and (done is None or failed > done):
        return f"failed {ago(failed)}: look into the worker's log"
    if done is None:
        return "was never done: see that beat and a worker are at work"
    if done < timezone.now() - pause:
        return f"is late, and was done {ago(done)}: see that beat and a worker are at work"
    return ""


# Emails, calendars, people


def check_emails() -> Iterator[Finding]:
    backlog = sending_hold.measure_backlog(timezone.now())
    late = f"{backlog.overdue} are overdue: see that a worker for mail is at work, and the server"
    yield Finding(
        "Emails that are due", late if backlog.overdue else "",
        is_warning=True, note=f"{backlog.due} waiting", see=WORKERS, page=OUTBOX,
    )  # fmt: skip
    failed = Message.objects.lost().count()
    lost = f"{failed} failed or came back: call these people, or correct the address"
    yield Finding("Emails that failed", lost if failed else "", is_warning=True, page=OUTBOX)


def check_calendars() -> Iterator[Finding]:
    """Counselors' own calendars that could not be read for an hour."""
    since = timezone.now() - CALENDARS_FAIL_AFTER
    failing = ExternalCalendar.objects.filter(failing_since__lte=since).count()
    yield Finding(
        "Calendars of counselors",
        f"{failing} could not be read for an hour: see Own calendars" if failing else "",
        is_warning=True,
    )


def check_staff_credentials() -> Iterator[Finding]:
    soon = StaffCredential.objects.expiring(timezone.localdate()).count()
    yield Finding(
        "Credentials of staff",
        f"{soon} run out within 90 days, or have: see What they sign as" if soon else "",
        is_warning=True,
    )


def check_seals() -> Iterator[Finding]:
    """When the audit was last sealed, and when its seals were last checked."""
    head, now = seal_chain.latest_seal(), timezone.now()
    waits = seal_chain.count_unsealed_events(limit=1)
    is_late = waits and (head is None or head.sealed_at < now - SEALED_LATE_AFTER)
    yield Finding(
        "Last seal of the audit",
        "is older than half an hour, and events wait: see the worker's log" if is_late else "",
        note=f"was made {ago(head.sealed_at)}" if head else "", see=WORKERS,
    )  # fmt: skip
    checked = AuditEvent.objects.filter(type=AuditEvent.Type.AUDIT_VERIFIED).order_by("-at").first()
    yield Finding(
        "Last check of all seals",
        describe_check(checked), is_warning=checked is None or checked.code == "whole",
        note=f"found them whole {ago(checked.at)}" if checked else "", see=AUDIT,
    )  # fmt: skip


def describe_check(checked: AuditEvent | None) -> str:
    if checked is None:
        return "was never made: run `manage.py verify_audit` every night"
    if checked.code != "whole":
        return f"found faults {ago(checked.at)}: keep everything, and run `manage.py verify_audit`"
    if checked.at < timezone.now() - VERIFIED_LATE_AFTER:
        return f"was made {ago(checked.at)}: run `manage.py verify_audit` every night"
    return ""


SECTIONS: dict[str, list[Check]] = {
    "What works behind the site": [
        preflight.check_processes, check_each_process, check_queues, preflight.check_redis
    ],
    "What is done by itself": [check_tasks],
    "Emails, calendars, people": [
        check_emails, check_calendars, preflight.check_center, check_staff_credentials
    ],
    "Data": [
        preflight.check_disk, preflight.check_backups, check_seals, preflight.check_keys,
        preflight.check_replica,
    ],
    "Versions": [check_versions, check_redis_version, preflight.check_migrations],
}  # fmt: skip
