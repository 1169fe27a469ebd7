"""Whether everything outside of the code is as the site needs it: one finding for each thing.

Nothing here changes anything, but that one email goes to the address that was named.
"""

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from admissions import read_replica, staff_formatting, time_limits
from admissions.alerts import web_push
from admissions.backups import records
from admissions.care import credentials
from admissions.installation import heartbeats, key_marks
from admissions.installation.models import DatabaseIdentity
from admissions.scheduling import on_call
from admissions.scheduling.models import AfterHours, Counselor, ModeRules, WeeklyHours
from users.models import User

from . import sending_hold, settings_checks, status, task_queues
from .findings import Check, Finding, first_line

MIN_POSTGRES = 15
MAX_CLOCK_SECONDS = 5
IDENTITY = f"SELECT {DatabaseIdentity.template}"
WEEK = timedelta(days=7)


def ask(sql: str, alias: str = "default") -> tuple:
    with connections[alias].cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()


# Postgres


def check_postgres() -> Iterator[Finding]:
    version, is_replica = ask("SELECT current_setting('server_version_num'), pg_is_in_recovery()")
    too_old = int(version) // 10000 < MIN_POSTGRES
    yield Finding("Postgres", f"is older than {MIN_POSTGRES}: upgrade it" if too_old else "")
    if is_replica:
        yield Finding("Postgres", "is a replica: name the primary in DATABASE_URL")
    safe = ask(
        "SELECT current_setting('fsync'), current_setting('full_page_writes'),"
        " current_setting('synchronous_commit')"
    )
    unsafe = "off" in safe
    yield Finding(
        "Postgres keeps what it confirms",
        "fsync, full_page_writes or synchronous_commit is off: turn them on" if unsafe else "",
    )


def check_replica() -> Iterator[Finding]:
    """Whether reports can be read from it; without one nothing is said."""
    if not read_replica.is_configured():
        return
    as_of, name = read_replica.read_as_of(), "Replica for reports"
    if as_of is None:
        away = "does not answer, or is none: reports come from the primary until it does"
        yield Finding(name, away, is_warning=True)
        return
    seconds = max(0, int((timezone.now() - as_of).total_seconds()))
    behind = f"is {seconds} seconds behind: reports come from the primary until it is nearer"
    yield Finding(
        name,
        "" if read_replica.is_fresh(as_of) else behind,
        is_warning=True,
        note=f"is {seconds} seconds behind",
        see="When the primary is lost",
    )
    identities = {ask(IDENTITY, alias) for alias in ("default", read_replica.REPLICA)}
    foreign = "is of another database: name a replica of DATABASE_URL in DATABASE_REPLICA_URL"
    yield Finding("Replica is of this database", foreign if len(identities) > 1 else "")


def check_database_role() -> Iterator[Finding]:
    name, is_super, may_change = ask(
        "SELECT current_user, rolsuper, has_table_privilege('admissions_auditevent', 'UPDATE')"
        " FROM pg_roles WHERE rolname = current_user"
    )
    refused = "may change the audit: let the web and the worker use the roles of setup_roles"
    yield Finding(f"Role {name}", refused if is_super or may_change else "")
    limit = "" if time_limits.has_statement_timeout() else "has no time limits: run setup_roles"
    yield Finding(f"Limits of {name}", limit)


def check_extensions() -> Iterator[Finding]:
    (has_gist,) = ask("SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'btree_gist')")
    yield Finding("Extension btree_gist", "" if has_gist else "is missing: CREATE EXTENSION it")


def check_migrations() -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    yield Finding("Migrations", f"{waiting} wait: run manage.py migrate" if waiting else "")


# Redis, mail, the machine


def check_redis() -> Iterator[Finding]:
    with task_queues.connect_redis() as client:
        memory, persistence = client.info("memory"), client.info("persistence")
    policy = memory.get("maxmemory_policy")
    yield Finding(
        "Redis keeps what it has",
        "" if policy == "noeviction" else f"its maxmemory-policy is {policy}: set noeviction",
    )
    yield Finding(
        "Redis writes to its disk",
        "" if persistence.get("aof_enabled") else "set appendonly yes, or emails wait for a sweep",
        is_warning=True,
    )


def check_disk() -> Iterator[Finding]:
    usage = shutil.disk_usage(settings.BASE_DIR)
    percent = 100 * usage.free // usage.total
    is_full = percent < status.MIN_DISK_FREE_PERCENT
    told = f"{percent} % is free"
    yield Finding("Disk", f"{told}: free some" if is_full else "", note=told)


def check_clock() -> Iterator[Finding]:
    (there,) = ask("SELECT clock_timestamp()")
    seconds = abs((there - timezone.now()).total_seconds())
    late = f"differs from that of Postgres by {seconds:.0f} s: have both kept by NTP"
    yield Finding("Clock", late if seconds > MAX_CLOCK_SECONDS else "")
    # The law of 2007: an older table of zones has summer time begin in April.
    march = datetime(2027, 3, 20, 12, tzinfo=ZoneInfo("America/Los_Angeles"))
    is_old = march.utcoffset() != march.replace(month=7).utcoffset()
    yield Finding("Zone data", "is out of date: upgrade tzdata" if is_old else "")


def check_mail(address: str) -> Iterator[Finding]:
    """One plain email through the carrier of all others."""
    email = EmailMessage(
        "A test", "Emails of the admissions site arrive here.", settings.MAIL_FROM, [address]
    )
    try:
        email.send()
    except Exception as refused:
        yield Finding("Mail", f"was not taken: {first_line(refused)}")
        return
    yield Finding("Mail", note=f"was taken for {address}: see that it arrived")


# Settings


def check_keys() -> Iterator[Finding]:
    """Whether they are the right ones, and different; with weak ones nothing even starts."""
    foreign = list(key_marks.find_foreign_keys())
    yield Finding("Keys are this database's", foreign[0] if foreign else "", see="Changing keys")
    words = [word for word in (settings.METRICS_TOKEN, settings.PHONE_WEBHOOK_KEY) if word]
    keys = [settings.SECRET_KEY, *settings.FIELD_KEYS, *settings.AUDIT_KEYS, *words]
    is_shared = settings.PRODUCTION and len(set(keys)) < len(keys)
    yield Finding(
        "Keys differ", "two of them are the same: each needs its own" if is_shared else ""
    )


def check_proxy() -> Iterator[Finding]:
    """What only a request through the proxy can show is asked by `preflight --url`."""
    site = urlsplit(settings.SITE_URL)
    known = settings.ALLOWED_HOSTS
    is_ours = any(site.hostname in (host, host.lstrip(".")) for host in known)
    yield Finding("SITE_URL", "" if is_ours else "names a host that is not in ALLOWED_HOSTS")
    yield Finding(
        "PROXIES",
        "is 0: limits would count the proxy as everyone; set 1 behind one"
        if settings.PRODUCTION and settings.PROXIES == 0
        else "",
        is_warning=True,
    )


def check_pushes() -> Iterator[Finding]:
    none = "VAPID_PRIVATE_KEY is not set: danger rings no phone, only the desk and email"
    has_key = web_push.load_own_key() is not None
    yield Finding(
        "Pushes", "" if has_key else none, is_warning=True, see="Pushes to the phones of staff"
    )


# What the site knows


def check_people() -> Iterator[Finding]:
    has_demo = User.objects.filter(is_demo=True).exists()
    yield Finding("Demo accounts", "are here: use a database of its own" if has_demo else "")
    directors = User.objects.filter(groups__name="director", is_active=True).count()
    few = "there are fewer than two: nobody can decide as the second person"
    yield Finding("Directors", few if directors < 2 else "", is_warning=True)


def check_center() -> Iterator[Finding]:
    expired = credentials.find_expiring_center_credentials(timezone.now())
    yield Finding(
        "Credentials of the center",
        f"{len(expired)} run out within 90 days, or have: renew them" if expired else "",
        is_warning=True,
    )
    bookable = Counselor.objects.filter(weekly_hours__isnull=False).exists()
    is_offered = ModeRules.objects.exists() and (bookable or WeeklyHours.objects.exists())
    yield Finding("Hours", "" if is_offered else "nobody has any: nothing can be booked")
    yield Finding(
        "On-call rota",
        "has gaps in the next week, and After hours names someone on call: fill it"
        if has_rota_gaps()
        else "",
        is_warning=True,
    )


def has_rota_gaps() -> bool:
    """Whether pages would name someone on call, and the coming week has hours without one."""
    now = timezone.now()
    if not AfterHours.objects.load().follows_rota:
        return False
    shifts = on_call.load_shifts(now, now + WEEK)
    return bool(on_call.find_gaps(shifts, now, now + WEEK))


def check_processes() -> Iterator[Finding]:
    now = timezone.now()
    for role, pulse in heartbeats.read_pulses().items():
        yield Finding(
            f"{role.label} at work",
            "was not seen within 3 minutes: start it" if pulse.is_silent(now) else "",
            is_warning=True,
            see="What beat does",
        )
    held = "is held since a restore: allow it under Operations"
    yield Finding(
        "Sending", held if sending_hold.is_held() else "", is_warning=True, see="After a restore"
    )


def check_backups() -> Iterator[Finding]:
    state, now = records.read_state(), timezone.now()
    yield Finding(
        "Backup of today",
        "there is none: run `manage.py backup`" if state.is_late(now) else "",
        is_warning=True,
        note=describe_moment("made", state.made_at),
        see="Backups",
    )
    unproved = "none was ever restored to prove it: run `manage.py verify_backup`"
    yield Finding(
        "Backup that was proved",
        "" if state.restored_at else unproved,
        is_warning=True,
        note=describe_moment("restored and counted", state.restored_at),
        see="Backups",
    )


def describe_moment(what: str, at: datetime | None) -> str:
    return f"was {what} {staff_formatting.format_date_and_time(at)}" if at else ""


CHECKS: list[Check] = [
    check_postgres, check_replica, check_database_role, check_extensions, check_migrations,
    check_redis, check_disk, check_clock, check_keys, check_proxy, check_pushes,
    *settings_checks.CHECKS, check_people, check_center, check_processes, check_backups,
]  # fmt: skip
