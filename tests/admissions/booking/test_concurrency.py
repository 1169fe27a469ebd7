"""Thousands of random acts by requesters and staff at once, and what must hold after them.

Every few thousand acts the hands rest, and the rules are asked of the database
alone. The same walk without its guards has to break them: else this proves nothing.
"""

import os
import random
import uuid
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from time import sleep

import pytest
from django.db import connection

from admissions.audit.models import AuditEvent
from admissions.booking import absences, by_staff, consultations, earlier_offers, moves, waitlist
from admissions.exceptions import ActionNotAllowed, SlotTaken
from admissions.scheduling.models import (
    Closure,
    ConsultationQuerySet,
    Counselor,
    EarlierOffer,
    Mode,
    ModeRules,
)
from admissions.triage import outcomes as triage_outcomes
from tests.support.factories import make_counselor, make_details, make_user
from tests.support.rivals import at_once

from .test_races import double_booked, without_exclusion

NOW = datetime(2027, 1, 4, 16, tzinfo=UTC)
HALF_HOUR, HOUR, DAY = timedelta(minutes=30), timedelta(hours=1), timedelta(days=1)
NINE = datetime(2027, 1, 5, 17, tzinfo=UTC)
STARTS = [NINE + day * DAY + n * HALF_HOUR for day in range(2) for n in range(15)]
# 20,000 acts with `make faults`.
HANDS = 4
ACTS, ROUNDS = (1000, 5) if os.environ.get("FAULTS") == "long" else (500, 1)
REFUSALS = (SlotTaken, ActionNotAllowed, absences.UnresolvedConsultations)
Type = AuditEvent.Type
# What each of these leaves in the audit, once and no more.
LEAVES = {"book": Type.CONSULTATION_REQUESTED, "close": Type.REQUEST_CLOSED}

pytestmark = pytest.mark.stopped_at(NOW)


class Hand:
    """One pair of hands with its own luck; it counts what came of each act."""

    def __init__(self, seed, counselors, requests):
        self.luck = random.Random(seed)  # noqa: S311  luck that repeats is wanted
        self.staff, self.counselors, self.requests = make_user("coordinator"), counselors, requests
        self.outcomes = Counter()

    def work(self, acts):
        names, weights = zip(*CHANCES.items(), strict=True)
        for name in self.luck.choices(names, weights, k=acts):
            try:
                answer = getattr(self, name)()
            except REFUSALS as refusal:
                self.outcomes[name, type(refusal).__name__] += 1
            else:
                self.outcomes[name, "done" if answer else "nothing"] += 1

    def start(self):
        return self.luck.choice(STARTS)

    def someone(self):
        """One of those who booked lately, as they were then; many still have their time."""
        return self.luck.choice(self.requests[-60:]) if self.requests else None

    def book(self):
        request = consultations.request_consultation(
            key=uuid.uuid4(),
            starts_at=self.start(),
            mode=Mode.PHONE,
            details=make_details(),
            consents={"contact": True},
        )
        self.requests.append(request)
        return request

    def move(self):
        request = self.someone()
        return request and moves.move_consultation(
            key=uuid.uuid4(), request=request, starts_at=self.start()
        )

    def move_by_staff(self):
        request = self.someone()
        counselor = self.luck.choice([None, *(each.pk for each in self.counselors)])
        return request and by_staff.reschedule_consultation(
            request_id=request.pk, starts_at=self.start(), by=self.staff, counselor_id=counselor
        )

    def cancel(self):
        request = self.someone()
        return request and consultations.cancel_consultation(key=uuid.uuid4(), request=request)

    def close(self):
        request = self.someone()
        return request and triage_outcomes.close_request(
            request_id=request.pk,
            by=self.staff,
            disposition="declined_by_person",
            reason="changed_mind",
        )

    def wait(self):
        request = self.someone()
        return request and waitlist.join_waitlist(key=uuid.uuid4(), request=request)

    def offer(self):
        return earlier_offers.sweep_offers(now=NOW)

    def accept(self):
        offer = EarlierOffer.objects.open().order_by("?").first()
        return offer and waitlist.accept_offer(
            key=uuid.uuid4(), request=offer.request, number=offer.number
        )

    def go_away(self):
        """Away for two hours; what stands is handed over, kept or freed, as luck will have it."""
        counselor = self.luck.choice(self.counselors)
        starts_at = self.start()
        found = absences.match_colleagues(
            absences.find_consultations_during(counselor, starts_at, starts_at + 2 * HOUR)
        )
        decisions = {
            case.consultation.pk: self.luck.choice(
                [case.best.counselor_id] * 3 + [absences.CANCEL]
                if case.best
                else [absences.KEEP, absences.CANCEL]
            )
            for case in found
        }
        return absences.record_absence(
            counselor=counselor,
            starts_at=starts_at,
            ends_at=starts_at + 2 * HOUR,
            reason="",
            decisions=decisions,
            by=self.staff,
        )

    def come_back(self):
        closure = self.luck.choice([None, *Closure.objects.all()])
        return closure and closure.delete()

    def stop_taking(self):
        pk, takes = self.luck.choice(self.counselors).pk, self.luck.random() < 0.8
        return Counselor.objects.filter(pk=pk).update(is_taking_consultations=takes)


CHANCES = {
    "book": 34, "move": 22, "move_by_staff": 10, "cancel": 12, "close": 6, "wait": 5,
    "offer": 2, "accept": 9, "go_away": 2, "come_back": 3, "stop_taking": 2,
}  # fmt: skip


def deadlocks():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[0]


BROKEN = {
    "two consultations of one request stand": """
        SELECT count(*) FROM (SELECT FROM admissions_consultation
            WHERE status IN ('scheduled', 'confirmed')
            GROUP BY request_id HAVING count(*) > 1) a""",
    "a request says scheduled and has none, or has one and does not say so": """
        SELECT count(*) FROM admissions_consultationrequest r
            WHERE (stage = 'consultation_scheduled') <> EXISTS (
                SELECT FROM admissions_consultation c WHERE c.request_id = r.id
                AND status IN ('scheduled', 'confirmed'))""",
    "a day beyond its cap": """
        SELECT count(*) FROM (SELECT FROM admissions_consultation c
            JOIN admissions_counselor p ON p.id = c.counselor_id AND p.daily_cap IS NOT NULL
            WHERE status IN ('scheduled', 'confirmed')
            GROUP BY p.id, p.daily_cap, (starts_at AT TIME ZONE 'America/Los_Angeles')::date
            HAVING count(*) > p.daily_cap) a""",
    "a move whose old time was not freed with it": """
        SELECT count(*) FROM admissions_consultation new
            JOIN admissions_consultation old ON old.id = new.moved_from_id
            WHERE old.status <> 'rescheduled' OR old.uid <> new.uid
                OR new.sequence <= old.sequence""",
    "an old time freed by a move that never was": """
        SELECT count(*) FROM admissions_consultation old WHERE status = 'rescheduled'
            AND NOT EXISTS (SELECT FROM admissions_consultation WHERE moved_from_id = old.id)""",
    "a standing time that was not promised in a letter": """
        SELECT count(*) FROM admissions_consultation c WHERE status IN ('scheduled', 'confirmed')
            AND NOT EXISTS (SELECT FROM admissions_message m WHERE m.consultation_id = c.id
                AND kind IN ('confirmation', 'moved', 'handed_over'))""",
    "a canceled time that nobody was told of": """
        SELECT count(*) FROM admissions_consultation c WHERE status LIKE 'canceled%'
            AND NOT EXISTS (SELECT FROM admissions_message m WHERE m.consultation_id = c.id
                AND kind IN ('canceled', 'freed'))""",
    "a request that nobody must act on": """
        SELECT count(*) FROM admissions_consultationrequest
            WHERE stage <> 'closed' AND due_at IS NULL""",
    "two open offers of one person": """
        SELECT count(*) FROM (SELECT FROM admissions_earlieroffer WHERE state = 'open'
            GROUP BY request_id HAVING count(*) > 1) a""",
    "someone without a consultation who waits for an earlier one": """
        SELECT count(*) FROM admissions_waitlistentry w WHERE left_at IS NULL AND NOT EXISTS (
            SELECT FROM admissions_consultation c WHERE c.request_id = w.request_id
                AND status IN ('scheduled', 'confirmed'))""",
}


def broken():
    """The rules that the rows break, by name, with how often."""
    found = {"double bookings": double_booked()}
    with connection.cursor() as cursor:
        for name, question in BROKEN.items():
            cursor.execute(question)
            found[name] = cursor.fetchone()[0]
    return {name: count for name, count in found.items() if count}


def hands_for(counselors, count=HANDS):
    """Hands that work for the same people; these may change their time until it comes."""
    ModeRules.objects.filter(mode=Mode.PHONE).update(horizon=3, move_until=0, cancel_until=0)
    requests = []
    return [Hand(seed, counselors, requests) for seed in range(count)]


def test_thousands_of_acts_of_many_hands_break_no_rule(real_commits):
    hands = hands_for([make_counselor(daily_cap=4), make_counselor(), make_counselor()])
    before = deadlocks()

    for _round in range(ROUNDS):
        answers = at_once([lambda hand=hand: hand.work(ACTS) for hand in hands])
        assert (answers, broken(), deadlocks() - before) == ([None] * HANDS, {}, 0)

    outcomes = sum((hand.outcomes for hand in hands), Counter())
    assert sum(outcomes.values()) == HANDS * ACTS * ROUNDS
    assert {name for name, outcome in outcomes if outcome == "done"} == set(CHANCES)
    assert {refusal for _name, refusal in outcomes} >= {"SlotTaken", "ActionNotAllowed"}
    for name, type_ in LEAVES.items():
        assert AuditEvent.objects.filter(type=type_).count() == outcomes[name, "done"]


def test_the_same_hands_without_the_guard_book_twice(real_commits, monkeypatch):
    """The control: with a plain insert and no constraint, soon two have the same time."""
    hands, found = hands_for([make_counselor()], count=8), {}
    monkeypatch.setattr(ConsultationQuerySet, "try_hold", insert_without_looking_again)

    with without_guard():
        for start in STARTS:
            monkeypatch.setattr(Hand, "start", lambda hand, start=start: start)
            at_once([hand.book for hand in hands])
            if found := broken():
                break

    assert found["double bookings"] > 0


def insert_without_looking_again(queryset, consultation):
    """What a plain save would do, with the pause that a busy server puts before it."""
    sleep(0.05)
    consultation.save(force_insert=True)
    return True


@contextmanager
def without_guard():
    with without_exclusion():
        yield
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute("TRUNCATE admissions_consultation CASCADE")
            cursor.execute("RESET session_replication_role")
