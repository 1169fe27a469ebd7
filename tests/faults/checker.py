"""What became of every promise, read from SQL and from the mail server alone.

It shares no rule with the code that sends: whether a letter may go is worked out anew.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from statistics import quantiles

from django.utils import timezone

from admissions.messaging.models import Message
from admissions.scheduling.models import Consultation

Kind, State = Message.Kind, Message.State
ABOUT_A_TIME = {
    Kind.CONFIRMATION,
    Kind.MOVED,
    Kind.HANDED_OVER,
    Kind.REMINDER_DAY,
    Kind.REMINDER_HOURS,
}
TELLS_OF_A_TIME = [Kind.CONFIRMATION, Kind.MOVED, Kind.HANDED_OVER]


@dataclass
class Verdict:
    """What was promised and not kept, by row; and how long the kept promises took."""

    lost: set = field(default_factory=set)
    stale: set = field(default_factory=set)
    misdirected: set = field(default_factory=set)
    duplicates: list = field(default_factory=list)
    strangers: list = field(default_factory=list)  # letters with an id that no row has
    excused: int = 0  # second copies whose senders could not know of the first
    seconds: list = field(default_factory=list)
    others: dict = field(default_factory=dict)

    @property
    def p95(self):
        """Seconds from due to accepted, for 95 of 100 letters."""
        return quantiles([*self.seconds, *self.seconds], n=20)[-1] if self.seconds else 0.0

    @property
    def broken(self):
        """Each promise that does not hold, with how often."""
        found = {name: getattr(self, name) for name in vars(Verdict()) if name not in UNBROKEN}
        return {name: len(each) for name, each in (found | self.others).items() if each}


UNBROKEN = {"excused", "seconds", "others"}


class Checker:
    """Judges the rows and the letters of one case."""

    def __init__(self, sink):
        self.sink = sink
        self.hopeless = set()  # addresses that letters may fail to reach for good
        self.due_at = {}  # when rows truly fell due that were moved about
        self.skipped = Counter()  # seconds of waiting that were not waited, by row

    def judge(self) -> Verdict:
        self.now = timezone.now()
        self.rows = list(Message.objects.select_related("request", "consultation"))
        self.copies = {row.pk: [] for row in self.rows}
        verdict = Verdict()
        self.sort_letters(verdict)
        for row in self.rows:
            self.look_at(row, verdict)
        verdict.lost |= self.untold()
        return verdict

    def sender_died(self, row):
        """Before it could write down that the letter had gone, if it had."""
        for taken in self.sink.taken:
            taken.is_heard &= taken.key != str(row.message_uuid)

    def sort_letters(self, verdict):
        """Every letter to its row; one that has none is a stranger."""
        by_id = {str(row.message_uuid): row.pk for row in self.rows}
        for taken in list(self.sink.taken):
            pk = by_id.get(taken.key)
            if pk is None:
                verdict.strangers.append(taken.message_id)
            else:
                self.copies[pk].append(taken)

    def look_at(self, row, verdict):
        copies = self.copies[row.pk]
        if self.is_lost(row, copies):
            verdict.lost.add(row.pk)
        if any(self.is_stale(row, copy.begun_at) for copy in copies):
            verdict.stale.add(row.pk)
        if not row.is_for_staff and any(copy.to != [row.request.email] for copy in copies):
            verdict.misdirected.add(row.pk)
        for first, _second in pairwise(copies):
            if first.is_heard:
                verdict.duplicates.append(row.pk)
            else:
                verdict.excused += 1
        if copies:
            verdict.seconds.append(self.waited(row, copies[0]))

    def is_lost(self, row, copies):
        """Owed still, settled without a letter, or not sent although it stands.

        Whom no letter can reach, staff are told to phone.
        """
        if row.finished_at is None:
            return row.due_at <= self.now or row.state == State.SENDING
        if row.state == State.SENT:
            return not copies
        if row.request.email in self.hopeless:
            return row.request.email_failed_at is None
        return row.state == State.FAILED or not self.is_stale(row, row.finished_at.timestamp())

    def is_stale(self, row, at):
        """Whether what the row tells of was over or replaced at that moment."""
        if row.kind not in ABOUT_A_TIME:
            return False
        over = [row.consultation.ended_at, row.consultation.starts_at]
        return min(each for each in over if each) < datetime.fromtimestamp(at, UTC)

    def untold(self):
        """Consultations that stand, and of which no letter told their requester."""
        standing = Consultation.objects.standing().select_related("request")
        told = {
            row.consultation_id
            for row in self.rows
            if row.kind in TELLS_OF_A_TIME and self.copies[row.pk]
        }
        reachable = [each for each in standing if each.request.email not in self.hopeless]
        return {f"consultation {each.pk}" for each in reachable if each.pk not in told}

    def waited(self, row, copy):
        due_at = self.due_at.get(row.pk, row.enqueued_at).timestamp()
        return copy.at - due_at + self.skipped[row.pk]
