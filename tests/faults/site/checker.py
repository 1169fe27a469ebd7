"""What became of everything that people were told, from the history, SQL and the mail server alone.

An operation that was acknowledged holds; one that surely failed does not; of one without an answer
either may be. The rules are worked out anew here, with nothing of the code that books and sends.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from django.db import connection
from django.utils import timezone
from icalendar import Calendar

from admissions.audit.models import AuditEvent
from admissions.intake.models import ConsultationRequest
from admissions.messaging.models import Message
from admissions.scheduling.models import Consultation
from users.models import User

NONE = "none"
LATE = timedelta(minutes=10)
STAFF_INBOX = "staff@center.example"
Kind, State = Message.Kind, Message.State
TELLS = {Kind.CONFIRMATION, Kind.MOVED}
DOUBLE = """
    SELECT count(*) FROM admissions_consultation a JOIN admissions_consultation b
        ON a.counselor_id = b.counselor_id AND a.held && b.held AND a.id < b.id
    WHERE a.status IN ('scheduled', 'confirmed') AND b.status IN ('scheduled', 'confirmed')
"""


@dataclass(frozen=True)
class Letter:
    """One that the mail server has, in the order in which it came."""

    message_id: str
    to: str
    event: tuple | None = None  # UID, SEQUENCE and what else the invitation says

    @property
    def key(self):
        """The row that it was written for."""
        return self.message_id.strip("<>").partition("@")[0]


def read_letters(letters):
    return [Letter(each["Message-ID"], each["X-Envelope-To"], event_of(each)) for each in letters]


def event_of(letter):
    """UID, SEQUENCE, start and method of the invitation; None without one."""
    part = next((p for p in letter.walk() if p.get_content_type() == "text/calendar"), None)
    if part is None:
        return None
    calendar = Calendar.from_ical(part.get_payload(decode=True))
    event = calendar.walk("VEVENT")[0]
    method = str(calendar.get("METHOD"))
    return str(event["UID"]), int(event["SEQUENCE"]), (str(event["DTSTART"].dt), method)


class Checker:
    """Judges one history; `may_repeat` where workers died: a copy then has the same Message-ID."""

    def __init__(self, history, letters, *, may_repeat=False):
        self.operations = defaultdict(list)
        for who, op, value, end in history.operations():
            self.operations[who].append((op, value, end))
        self.letters, self.may_repeat = letters, may_repeat
        self.found = defaultdict(list)

    def judge(self) -> dict:
        """The promises that are broken, by name, each with whom it was broken to."""
        self.rows, self.telling = {}, defaultdict(list)
        for row in Message.objects.select_related("request", "consultation"):
            self.rows[str(row.message_uuid)] = row
            if row.kind in TELLS:
                self.telling[row.consultation_id].append(row)
        self.copies = Counter(letter.key for letter in self.letters)
        requests = defaultdict(list)
        for request in ConsultationRequest.objects.all():
            requests[request.email].append(request)
        for who in self.operations:
            self.look_at_person(who, requests[who])
        self.look_at_letters()
        self.look_at_invitations()
        self.look_at_outbox()
        with connection.cursor() as cursor:
            cursor.execute(DOUBLE)
            self.found["double booked"] += ["a counselor"] * cursor.fetchone()[0]
        return {name: found for name, found in self.found.items() if found}

    def look_at_person(self, who, requests):
        may_be = possible_states(self.operations[who])
        if len(requests) > 1:
            self.found["booked twice"].append(who)
        standing = list(Consultation.objects.standing().filter(request__in=requests))
        stands_at = standing[0].starts_at.isoformat() if standing else NONE
        if stands_at not in may_be:
            self.found["lost" if standing == [] else "another time"].append(who)
        for consultation in Consultation.objects.filter(request__in=requests):
            self.look_at_audit(who, consultation)
        if standing and not self.tells_of(standing[0]):
            self.found["not told"].append(who)

    def look_at_audit(self, who, consultation):
        events = Counter(
            AuditEvent.objects.filter(consultation=consultation).values_list("type", flat=True)
        )
        if events[AuditEvent.Type.CONSULTATION_REQUESTED] > 1:
            self.found["audited twice"].append(who)
        if not events:
            self.found["not audited"].append(who)

    def tells_of(self, consultation):
        """Whether a letter went that tells of the time as it stands; one that failed is shown."""
        told = self.telling[consultation.pk]
        if any(row.state == State.FAILED and row.request.email_failed_at for row in told):
            return True
        return any(self.copies[str(row.message_uuid)] for row in told)

    def look_at_letters(self):
        confirmed = Counter()
        staff = {STAFF_INBOX, *User.objects.values_list("email", flat=True)}
        for letter in self.letters:
            row = self.rows.get(letter.key)
            if row is None:
                self.found["letter of nobody"].append(letter.message_id)
            elif not (staff if row.is_for_staff else {row.request.email}).issuperset(
                letter.to.split(", ")
            ):
                self.found["wrong recipient"].append(letter.to)
        for key, count in self.copies.items():
            row = self.rows.get(key)
            if count > (2 if self.may_repeat else 1):
                self.found["told twice"].append(key)
            if row and row.kind == Kind.CONFIRMATION:
                confirmed[row.consultation_id] += 1
        self.found["told twice"] += [pk for pk, count in confirmed.items() if count > 1]

    def look_at_invitations(self):
        """Of one appointment, each invitation that says something new has a higher SEQUENCE."""
        said, ids = defaultdict(list), set()
        for letter in self.letters:
            if letter.event and (letter.message_id, letter.to) not in ids:
                ids.add((letter.message_id, letter.to))
                uid, sequence, what = letter.event
                said[letter.to, uid].append((sequence, what))
        for (to, _uid), events in said.items():
            for (older, was), (newer, is_) in pairwise(events):
                if newer < older or (newer == older and was != is_):
                    self.found["sequence"].append(to)

    def look_at_outbox(self):
        late = Message.objects.filter(finished_at=None, due_at__lt=timezone.now() - LATE)
        self.found["late in the outbox"] += list(late.values_list("pk", flat=True))
        failed = Message.objects.filter(
            state=State.FAILED, request__isnull=False, request__email_failed_at=None
        ).exclude(request__stage=ConsultationRequest.Stage.CLOSED)
        self.found["failed and not shown"] += [row.pk for row in failed if not row.is_for_staff]


def possible_states(operations) -> set:
    """The times at which a person's consultation may stand in the end, or NONE."""
    states = {NONE}
    for op, value, end in operations:
        if end == "fail":
            continue
        goal = NONE if op == "cancel" else value
        states = {goal} if end == "ok" else states | {goal}
    return states
