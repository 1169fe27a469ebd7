"""What Today says when emails don't go, or nobody is there to send them."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from admissions import staff_formatting
from admissions.installation import heartbeats
from admissions.operations import sending_hold


@dataclass(frozen=True)
class SendingAlarm:
    """How many emails are overdue, and in a sentence why, as far as we can tell."""

    overdue: int
    reason: str


def find_sending_alarm(now: datetime) -> SendingAlarm | None:
    """None while emails go, or while none waits and nothing that ever worked fell silent."""
    overdue = sending_hold.measure_backlog(now).overdue
    if sending_hold.is_held():
        return SendingAlarm(
            overdue, _("Since the database was restored, no email is sent until someone allows it.")
        )
    for pulse in heartbeats.read_pulses().values():
        if pulse.is_silent(now) and (pulse.seen_at or overdue):
            return SendingAlarm(overdue, describe_silence(pulse, now))
    if not overdue:
        return None
    return SendingAlarm(overdue, _("The mail server may be away."))


def describe_silence(pulse: heartbeats.Pulse, now: datetime) -> str:
    is_worker = pulse.role == heartbeats.Role.WORKER
    if pulse.seen_at is None:
        if is_worker:
            return _("The program that sends them (the worker) was never seen at work.")
        return _("The program that wakes the others (beat) was never seen at work.")
    when = {"when": staff_formatting.format_relative_day_and_time(pulse.seen_at, now)}
    if is_worker:
        return _("The program that sends emails (the worker) was last seen %(when)s.") % when
    return _("The program that wakes the others (beat) was last seen %(when)s.") % when
