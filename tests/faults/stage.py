"""One stage for every case: a worker, a beat, a sink, people, and who judges in the end.

Where waiting would only cost time, due times and leases are moved instead of the
clock, and what was not waited is added to how long a letter took.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import F, Q, Sum
from django.utils import timezone

from admissions.messaging import delivery, tasks
from admissions.messaging.models import Message
from admissions.scheduling.models import Consultation
from recovery_site.dev import processes

from .checker import Checker
from .people import People

SENDING = Message.State.SENDING
# Long enough for a machine that is busy with other tests; nobody waits for so long in vain.
AT_LAST = 300
# What must come in two sweeps and does not, will not come.
IN_VAIN = 1.5
TWO_SWEEPS = 0.6
# Seconds in which 95 of 100 letters must have gone.
IN_HEALTH, AFTER_A_LOSS = 60, 180
UNBOUNDED = float("inf")
FOR_EVER = 10**9


@dataclass(frozen=True)
class Case:
    """One way to do harm, how often, and the guard without which harm is done."""

    name: str
    act: Callable
    few: int
    many: int
    guard: str
    breaks: str
    within: float = AFTER_A_LOSS  # seconds for 95 of 100 letters
    is_hurried: bool = True


def wake_unless_redis_is_away(request):
    """A booking that fails with its wake-up."""
    transaction.on_commit(lambda: tasks.send_due_messages.delay(str(request.pk)))


def send_at_once(request):
    """A booking that sends its letters itself."""
    transaction.on_commit(lambda: deliver_all(request))


def deliver_all(request):
    for message in Message.objects.due(now=timezone.now()).filter(request=request):
        delivery.deliver_message(message.pk)


# The other guards are lifted in the worker.
LIFTED_HERE = {"robust": wake_unless_redis_is_away, "afterwards": send_at_once}


class Stage:
    """What a case acts with."""

    def __init__(self, nemesis, sink, monkeypatch):
        self.nemesis, self.sink, self.monkeypatch = nemesis, sink, monkeypatch
        self.people, self.checker = People(), Checker(sink)
        self.others = {}
        self.worker = self.beat = None
        self.patience, self.is_hurried = AT_LAST, True

    def prove(self, case, times):
        """Do the harm, wait until all is quiet, and judge."""
        self.is_hurried = case.is_hurried
        self.begin()
        case.act(self, times)
        self.begin()
        assert self.until(self.is_quiet, AT_LAST), self.owed().values("state", "kind", "tries")
        time.sleep(TWO_SWEEPS)
        return self.verdict()

    def refute(self, case, times):
        """The same without the guard; it has only as long as it takes to see the harm."""
        self.patience = IN_VAIN
        self.lift(case.guard)
        self.begin()
        case.act(self, times)
        self.begin()
        self.until(self.is_quiet, IN_VAIN)
        self.until(lambda: case.breaks in self.verdict().broken)
        return self.verdict()

    def lift(self, guard):
        if guard in LIFTED_HERE:
            self.monkeypatch.setattr(tasks, "wake_delivery", LIFTED_HERE[guard])
        else:
            self.nemesis.lift(guard)

    def verdict(self):
        verdict = self.checker.judge()
        verdict.others = {"refused": self.people.refused, **self.others}
        return verdict

    def begin(self):
        """A worker and a beat that live; no beat where nobody should sweep."""
        if not (self.worker and self.worker.is_alive):
            self.start_worker()
        if not (self.beat and self.beat.is_alive):
            self.start_beat()

    def start_worker(self, **how):
        self.worker = self.nemesis.start_worker(is_hurried=self.is_hurried, **how)
        return self.worker

    def start_beat(self, **how):
        if not (self.nemesis.guards_off / "sweep").exists():
            self.beat = self.nemesis.start_beat(is_hurried=self.is_hurried, **how)

    def end(self):
        """Nobody works any more."""
        self.nemesis.kill_programs()
        self.worker = self.beat = None

    def owed(self):
        """Rows that should go now, or would but for a pause."""
        now = timezone.now()
        is_pending = Q(due_at__lte=now) | Q(state=SENDING) | Q(tries__gt=0)
        return Message.objects.filter(is_pending, finished_at=None)

    def is_quiet(self):
        """Nothing is owed, queued or under way."""
        self.skip_pauses()
        return not (self.owed().exists() or self.nemesis.redis.waiting or self.sink.talks)

    def is_all_heard(self):
        """The worker has taken every task, and found nothing to do."""
        return self.worker.is_alive and not self.nemesis.redis.waiting

    def is_all_tried(self):
        due = Message.objects.filter(finished_at=None, due_at__lte=timezone.now())
        return not due.filter(tries=0).exists() and not self.sink.talks

    def is_none_in_hand(self):
        return not Message.objects.filter(state=SENDING).exists()

    def tries(self):
        self.skip_pauses()
        return Message.objects.aggregate(tries=Sum("tries"))["tries"]

    def reminders(self):
        return Message.objects.filter(kind=Message.Kind.REMINDER_HOURS)

    def book_hopeless(self, *, email):
        """Someone whom no letter will reach."""
        self.checker.hopeless.add(email)
        return self.people.book(email=email)

    def until(self, is_so, within=AT_LAST):
        return processes.wait_until(is_so, within=within)

    # Time that goes by without being waited for

    def skip_pauses(self):
        """What waits to be tried again falls due now."""
        now = timezone.now()
        pausing = Message.objects.filter(finished_at=None, tries__gt=0, due_at__gt=now)
        for row in pausing.exclude(state=SENDING):
            self.skip(row, row.due_at - now)
        pausing.exclude(state=SENDING).update(due_at=now)

    def bury_the_dead(self):
        """Note what they had in hand: of this, what the sink has may well come twice."""
        for row in Message.objects.filter(state=SENDING):
            self.checker.sender_died(row)

    def skip_leases(self):
        """Leases that the dead hold run out; nobody alive may hold any meanwhile."""
        self.bury_the_dead()
        now = timezone.now()
        held = Message.objects.filter(state=SENDING, lease_until__gt=now)
        for row in held:
            self.skip(row, row.lease_until - now)
        held.update(lease_until=now - timedelta(seconds=1))

    def skip(self, row, time):
        self.checker.skipped[row.pk] += time.total_seconds()

    def make_due(self, rows):
        """These fall due now, whenever it was to be."""
        now = timezone.now()
        self.checker.due_at |= dict.fromkeys(rows.values_list("pk", flat=True), now)
        rows.update(due_at=now)

    def let_pass(self, time):
        """So much time goes by: everything was that much longer ago, or comes that much sooner."""
        for each in Consultation.objects.order_by("starts_at"):
            each.starts_at, each.ends_at = each.starts_at - time, each.ends_at - time
            each.booked_at -= time
            each.held = DateTimeTZRange(each.held.lower - time, each.held.upper - time, "[)")
            each.save()
        Message.objects.update(due_at=F("due_at") - time, enqueued_at=F("enqueued_at") - time)
        for taken in self.sink.taken:
            taken.begun_at -= time.total_seconds()
            taken.at -= time.total_seconds()
        waited = Message.objects.filter(finished_at=None, due_at__lte=timezone.now())
        self.checker.due_at |= dict.fromkeys(waited.values_list("pk", flat=True), timezone.now())
