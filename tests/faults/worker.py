"""The site's processes for these runs: the sweep in a hurry, and guards that can be lifted.

A control lifts a guard by making a file of its name in the folder GUARDS_OFF. Nothing
else differs from the worker and beat of `make run`.
"""

import os
import signal
import smtplib
import uuid
from datetime import timedelta
from pathlib import Path

import django
from celery.apps import worker as celery_worker

from recovery_site.celery import app

django.setup()

from django.db import OperationalError  # noqa: E402

from admissions.booking import consultations  # noqa: E402
from admissions.messaging import delivery, rendering, transport  # noqa: E402
from admissions.messaging.models import Message, MessageQuerySet  # noqa: E402

GUARDS_OFF = Path(os.environ["GUARDS_OFF"])
SWEEP = "send due messages"
HURRY = timedelta(seconds=0.25)
PATIENCE = 2
State, Reason = Message.State, Message.Reason


def in_a_hurry():
    """Sweep more often, and do nothing else by the clock."""
    schedule = app.conf.beat_schedule
    for name in set(schedule) - {SWEEP}:
        del schedule[name]
    schedule[SWEEP]["schedule"] = HURRY


def may_lift(guard, owner, name):
    """Replaces a function by one that asks at each call whether the guard is lifted."""

    def replace(bare):
        guarded = getattr(owner, name)

        def chosen(*args, **kwargs):
            lifted = (GUARDS_OFF / guard).exists()
            return bare(guarded, *args, **kwargs) if lifted else guarded(*args, **kwargs)

        setattr(owner, name, chosen)

    return replace


@may_lift("warm stop", celery_worker, "install_worker_term_handler")
def stop_at_once(_install, worker):
    """Told to stop, it leaves what it has in hand."""
    celery_worker.install_worker_term_hard_handler(worker, sig="SIGTERM")


@may_lift("lease", MessageQuerySet, "due")
def due_but_never_returned(_due, rows, *, now):
    """Who was taken in hand once is never looked at again."""
    return rows.filter(state__in=Message.PENDING_STATES, due_at__lte=now)


@may_lift("state", MessageQuerySet, "due")
def due_since_the_last_sweep(_due, rows, *, now):
    """What a sweep finds that trusts the clock, not the row."""
    return rows.filter(due_at__gt=now - 2 * HURRY, due_at__lte=now)


@may_lift("claim", delivery, "claim_message")
def look_and_take(_claim, message_id):
    """Look whether it is still owed, and send: what others do meanwhile is not seen."""
    return Message.objects.filter(pk=message_id, finished_at=None).first()


@may_lift("retry", delivery, "schedule_retry")
def give_up(_postpone, message, *_):
    return delivery.finish_message(message, State.FAILED, Reason.UNREACHABLE)


@may_lift("permanent", transport, "classify_smtp_error")
def never_permanent(refusal_by_server, fault):
    refusal = refusal_by_server(fault)
    refusal.is_permanent = False
    return refusal


@may_lift("look again", delivery, "find_skip_reason")
def no_objection(_objection, _message, *, now):
    return ""


@may_lift("one id", rendering, "render_email")
def write_with_a_new_id(write, message, **how):
    email = write(message, **how)
    email.extra_headers["Message-ID"] = f"<{uuid.uuid4()}@er-office.example>"
    return email


@may_lift("containment", rendering, "render_email")
def write_or_fall(write, message, **how):
    """As if a letter that cannot be written were the database's fault: never settled."""
    try:
        return write(message, **how)
    except Exception as fault:
        raise OperationalError from fault


@may_lift("crashes", delivery, "claim_message")
def claim_and_forget_who_died(claim, message_id):
    message = claim(message_id)
    if message:
        message.crashes = 0
    return message


@may_lift("key", consultations, "find_or_claim_key")
def take_each_form_for_a_new_one(_find, _key, **_how):
    return None


@may_lift("transaction", consultations, "request_consultation")
def book_bit_by_bit(request_consultation, **told):
    """Each statement commits by itself."""
    return request_consultation.__wrapped__(**told)


write = rendering.render_email


def write_or_die(message, **how):
    """Some letters are the death of whoever writes them."""
    if not message.is_for_staff and message.request.email.startswith("deadly"):
        os.kill(os.getpid(), signal.SIGKILL)
    return write(message, **how)


rendering.render_email = write_or_die


class Impatient(smtplib.SMTP):
    """Waits two seconds where the site waits ten, or with the guard lifted for ever."""

    def __init__(self, *args, timeout, **kwargs):
        if (GUARDS_OFF / "timeout").exists():
            timeout = None
        elif (GUARDS_OFF / "patience").exists():
            timeout = PATIENCE
        super().__init__(*args, timeout=timeout, **kwargs)


smtplib.SMTP = Impatient
