"""The checker finds each kind of broken promise, when one is planted, and nothing else."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from admissions.audit.models import AuditEvent
from admissions.messaging import delivery
from admissions.messaging.models import Message
from admissions.scheduling.models import Consultation
from tests.faults.people import People

from .checker import Checker, Letter, possible_states, read_letters
from .history import History

pytestmark = pytest.mark.django_db


class Told:
    """One person who booked and moved, and one who booked; their letters have gone."""

    def __init__(self, path, inbox):
        self.history, people = History(path), People()
        self.who = []
        for request in people.book(2):
            self.note("book", request)
            self.who.append(request.email)
        self.send()
        people.move(request)
        self.note("move", request)
        self.send()
        self.letters = read_letters(inbox)

    def note(self, op, request):
        told = {"who": request.email, "op": op, "key": op}
        start = request.standing_consultation().starts_at.isoformat()
        self.history.add("invoke", **told, value=start)
        self.history.add("ok", **told)

    def send(self):
        for message in Message.objects.due(now=timezone.now()):
            delivery.deliver_message(message.pk)

    def found(self, **how):
        return set(Checker(self.history, self.letters, **how).judge())

    def invitations(self):
        """Numbers of the letters to who moved that carry an invitation."""
        return [
            number
            for number, letter in enumerate(self.letters)
            if letter.event and letter.to == self.who[-1]
        ]


@pytest.fixture
def told(tmp_path, inbox):
    return Told(tmp_path / "history.jsonl", inbox)


def run(statement):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = origin")


def lose_a_booking(_told):
    run(
        "UPDATE admissions_consultation SET status = 'canceled_by_person', ended_at = now()"
        " WHERE id = (SELECT min(id) FROM admissions_consultation)"
    )


def put_it_elsewhere(_told):
    run("UPDATE admissions_consultation SET starts_at = starts_at + interval '1 minute'")


def send_one_twice(told):
    told.letters.append(told.letters[0])


def write_to_another(told):
    told.letters[0] = Letter(told.letters[0].message_id, "someone@elsewhere.example")


def write_without_a_row(told):
    told.letters.append(Letter("<6b0e@er-office.example>", told.who[0]))


def swap_the_sequence(told):
    first, second, *_others = told.invitations()
    told.letters[first], told.letters[second] = told.letters[second], told.letters[first]


def lose_a_letter(told):
    told.letters = [letter for letter in told.letters if letter.to != told.who[0]]


def forget_the_audit(_told):
    run(f"DELETE FROM {AuditEvent._meta.db_table}")  # noqa: S608  a table of ours


def let_one_wait(_told):
    Message.objects.filter(pk=Message.objects.latest("pk").pk).update(
        state="promised", finished_at=None, due_at=timezone.now() - timedelta(minutes=11)
    )


def fail_in_silence(told):
    Message.objects.filter(request__isnull=False, kind="confirmation").update(
        state="failed", reason="refused"
    )


def book_two_at_once(_told):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "ALTER TABLE admissions_consultation DROP CONSTRAINT consultation_no_double_booking"
        )
    first = Consultation.objects.standing().earliest("pk")
    same = {name: getattr(first, name) for name in ("counselor", "held", "starts_at", "ends_at")}
    Consultation.objects.standing().update(**same)


PLANTED = {
    "lost": lose_a_booking,
    "another time": put_it_elsewhere,
    "told twice": send_one_twice,
    "wrong recipient": write_to_another,
    "letter of nobody": write_without_a_row,
    "sequence": swap_the_sequence,
    "not told": lose_a_letter,
    "not audited": forget_the_audit,
    "late in the outbox": let_one_wait,
    "failed and not shown": fail_in_silence,
    "double booked": book_two_at_once,
}


def test_checker_finds_nothing_where_all_is_well(told):
    assert told.found() == set()
    assert len(told.invitations()) == 2


@pytest.mark.parametrize("name", PLANTED)
def test_checker_finds_what_is_planted(told, name):
    PLANTED[name](told)

    assert name in told.found()


def test_checker_lets_the_dead_send_one_letter_twice_and_no_more(told):
    send_one_twice(told)
    assert told.found(may_repeat=True) == set()

    send_one_twice(told)
    assert told.found(may_repeat=True) == {"told twice"}


@pytest.mark.parametrize(
    ("operations", "states"),
    [
        ([], {"none"}),
        ([("book", "9", "ok")], {"9"}),
        ([("book", "9", "info")], {"9", "none"}),
        ([("book", "9", "fail")], {"none"}),
        ([("book", "9", "ok"), ("move", "10", "info")], {"9", "10"}),
        ([("book", "9", "ok"), ("move", "10", "info"), ("cancel", None, "ok")], {"none"}),
    ],
)
def test_only_what_was_acknowledged_is_certain(operations, states):
    assert possible_states(operations) == states
