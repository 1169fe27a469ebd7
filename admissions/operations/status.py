"""How the site is, for monitors: a word for each part, and ages in seconds; nobody's data."""

import shutil
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from admissions import read_replica
from admissions.backups import records
from admissions.installation import heartbeats, key_marks

from . import sending_hold

# Sooner than a disk is full, as a backup or a migration takes some of it at once.
MIN_DISK_FREE_PERCENT = 5
MAIL_LATE_AFTER = timedelta(minutes=10)
Part = dict[str, Any]


def read_status(now: datetime) -> dict[str, Part]:
    """Every part of the site that Postgres knows of, each with the word ok or what is wrong."""
    return {
        **{str(role): describe_pulse(each, now) for role, each in heartbeats.read_pulses().items()},
        "mail": describe_mail(now),
        "keys": {"state": "foreign" if any(key_marks.find_foreign_keys()) else "ok"},
        "disk": describe_disk(),
        "backup": describe_backup(now),
        **({"replica": describe_replica(now)} if read_replica.is_configured() else {}),
    }


def describe_pulse(pulse: heartbeats.Pulse, now: datetime) -> Part:
    age = None if pulse.seen_at is None else int((now - pulse.seen_at).total_seconds())
    return {"state": "silent" if pulse.is_silent(now) else "ok", "seen_seconds_ago": age}


def describe_mail(now: datetime) -> Part:
    """Held after a restore, late, or going; and how long the oldest email waits."""
    oldest = sending_hold.measure_backlog(now).oldest_due_at
    waits = int((now - oldest).total_seconds()) if oldest else 0
    state = "late" if waits > MAIL_LATE_AFTER.total_seconds() else "ok"
    return {"state": "held" if sending_hold.is_held() else state, "oldest_waits_seconds": waits}


def describe_disk() -> Part:
    """The disk of this machine, which is Postgres's where both share one."""
    usage = shutil.disk_usage(settings.BASE_DIR)
    percent = 100 * usage.free // usage.total
    return {"state": "ok" if percent >= MIN_DISK_FREE_PERCENT else "full", "free_percent": percent}


def describe_backup(now: datetime) -> Part:
    """How old the newest backup is; only a production must have one of today."""
    state = records.read_state()
    age = {"made_seconds_ago": int((now - state.made_at).total_seconds())} if state.made_at else {}
    is_late = settings.PRODUCTION and state.is_late(now)
    return {"state": "late" if is_late else "ok", **age}


def describe_replica(now: datetime) -> Part:
    """Whether reports have it, and it could take over without much being lost."""
    as_of = read_replica.read_as_of()
    if as_of is None:
        return {"state": "away"}
    is_near = read_replica.is_fresh(as_of)
    behind = max(0, int((now - as_of).total_seconds()))
    return {"state": "ok" if is_near else "behind", "seconds_behind": behind}


def is_well(parts: dict[str, Part]) -> bool:
    return all(part["state"] == "ok" for part in parts.values())
