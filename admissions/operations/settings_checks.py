"""Settings that may be left out: whether those that are set can do what they are for.

What cannot be meant (a weak key, an address that is none, a package that is missing) keeps the site
from starting, and preflight with it; here is asked what only Postgres or the network can say.
"""

from collections.abc import Iterator

from django.conf import settings

from admissions.calendars import safe_http
from admissions.calls import rings
from admissions.scheduling.models import CalendarRefused

from .findings import Check, Finding

WATCHING, PHONE = "Watching it", "A phone system that says who calls"


def is_worker() -> bool:
    """Whether this is the environment of workers: in production they alone have AUDIT_KEY."""
    return settings.PRODUCTION and bool(settings.AUDIT_KEYS)


def is_web() -> bool:
    return settings.PRODUCTION and not settings.AUDIT_KEYS


def check_monitor_outside() -> Iterator[Finding]:
    """Call the monitor, which takes it for a sign of life, as the worker does each minute."""
    name = "DEAD_MANS_SWITCH_URL"
    if not settings.DEAD_MANS_SWITCH_URL:
        unset = "is not set: nobody outside hears when all of it is silent"
        yield Finding(name, unset if is_worker() else "", is_warning=True, note="is not set here")
        return
    problem = ""
    try:
        safe_http.fetch_file(settings.DEAD_MANS_SWITCH_URL)
    except CalendarRefused as refused:
        problem = f"was called in vain ({refused.reason}): see the address, and the way out"
    yield Finding(name, problem, note="was called", see=WATCHING)


def check_metrics() -> Iterator[Finding]:
    unset = "is not set: Prometheus sees nothing of the site"
    is_missing = is_web() and not settings.METRICS_TOKEN
    note = "" if settings.METRICS_TOKEN else "is not set here"
    yield Finding("METRICS_TOKEN", unset if is_missing else "", is_warning=True, note=note)


def check_fault_reports() -> Iterator[Finding]:
    """Whether somebody hears of a fault: by mail, or where SENTRY_DSN leads."""
    told = [name for name in ("ADMINS", "SENTRY_DSN") if getattr(settings, name)]
    unset = "go nowhere but into the log: set ADMINS or SENTRY_DSN"
    is_missing = settings.PRODUCTION and not told
    yield Finding(
        "Faults", unset if is_missing else "", is_warning=True,
        note=f"go by {' and '.join(told)}" if told else "", see="Logs",
    )  # fmt: skip


def check_phone_system() -> Iterator[Finding]:
    """Whether each extension leads to somebody; without PHONE_WEBHOOK_KEY nobody is heard."""
    name = "PHONE_EXTENSIONS"
    if not settings.PHONE_WEBHOOK_KEY:
        deaf = "is set without PHONE_WEBHOOK_KEY: no phone system is heard"
        yield Finding(name, deaf if settings.PHONE_EXTENSIONS else "", note="is not set")
        return
    lost = [line for line in settings.PHONE_EXTENSIONS if rings.find_staff(line) is None]
    nobody = f"leads {', '.join(sorted(lost))} to nobody who works here: name an account's email"
    yield Finding(name, nobody if lost else "", is_warning=True, see=PHONE)


def check_limits() -> Iterator[Finding]:
    unbound = "is 0: one script may take every time that is offered"
    is_unbound = settings.PRODUCTION and settings.REQUEST_LIMIT_FACTOR == 0
    yield Finding("REQUEST_LIMIT_FACTOR", unbound if is_unbound else "", is_warning=True)


CHECKS: list[Check] = [
    check_monitor_outside, check_metrics, check_fault_reports, check_phone_system, check_limits
]  # fmt: skip
