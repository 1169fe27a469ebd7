"""When emails go: what a director may choose, and what must never be."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from admissions.audit.models import AuditEvent
from admissions.exceptions import ChangedMeanwhile
from admissions.messaging import catalog, eligibility, outbox
from admissions.messaging import rules as messaging_rules
from admissions.messaging.models import Message, MessageRule
from admissions.messaging.rules import DAY, HOUR, MINUTE, InvalidRule, RuleValues
from tests.support.factories import make_consultation, make_due, make_request, make_user
from tests.support.rivals import at_once

NOW = datetime(2027, 1, 4, 20, tzinfo=UTC)
Kind = Message.Kind
WITH_RULES = [kind for kind in Kind if catalog.find_bounds(kind)]

pytestmark = pytest.mark.stopped_at(NOW)


@pytest.fixture
def director(db):
    return make_user("director")


def rule_of(kind):
    return MessageRule.objects.get(kind=kind)


def change(kind, by, *, seen=None, **columns):
    """The rule as it is but for these columns, based on what it is unless said otherwise."""
    rule = rule_of(kind)
    values = {"is_on": rule.is_on, "delay": rule.delay, "minimum_lead": rule.minimum_lead} | columns
    seen = messaging_rules.fingerprint_rule(rule) if seen is None else seen
    return messaging_rules.change_rule(kind=kind, values=RuleValues(**values), seen=seen, by=by)


def faults(kind, by, **columns):
    """By field, why the change is refused; nothing has changed."""
    before = list(MessageRule.objects.order_by("pk").values())
    with pytest.raises(InvalidRule) as refused, transaction.atomic():
        change(kind, by, **columns)
    assert list(MessageRule.objects.order_by("pk").values()) == before
    assert AuditEvent.objects.count() == 0
    return refused.value.errors


def test_every_kind_stands_once_in_the_journey_and_says_when_it_goes(db):
    rules = MessageRule.objects.by_kind()
    kinds = [kind for _group, kinds in catalog.list_groups() for kind in kinds]

    said = {kind: messaging_rules.describe_timing(kind, rules.get(kind)) for kind in kinds}

    assert sorted(kinds) == sorted(Kind)
    assert all(words and "%" not in words for words in said.values())
    assert said[Kind.REMINDER_DAY] == "24 hours before, if booked more than 36 hours ahead."
    assert said[Kind.AFTER_COMPLETED].startswith("1 day later at 10 am")
    assert set(rules) == {*WITH_RULES, Kind.STAFF_DIGEST}


@pytest.mark.parametrize("kind", WITH_RULES)
def test_what_the_site_came_with_is_within_its_bounds(director, kind):
    rule = rule_of(kind)
    values = RuleValues(rule.is_on, rule.delay, rule.minimum_lead)

    assert messaging_rules.find_rule_errors(kind, values, MessageRule.objects.by_kind()) == {}


def test_change_is_kept_and_recorded(director):
    is_changed = change(Kind.AFTER_NO_SHOW, director, delay=90 * MINUTE)

    (event,) = AuditEvent.objects.all()
    assert is_changed
    assert rule_of(Kind.AFTER_NO_SHOW).delay == timedelta(minutes=90)
    assert (event.type, event.actor, event.code, event.fields) == (
        "rule_changed", director, "after_no_show", ["delay"],
    )  # fmt: skip


def test_change_counts_for_what_is_promised_from_then_on(director):
    early = make_consultation(starts_at=NOW + 3 * DAY)
    outbox.enqueue_confirmation(early)
    kept = early.messages.get(kind=Kind.REMINDER_DAY).due_at

    change(Kind.REMINDER_DAY, director, delay=26 * HOUR)
    late = make_consultation(starts_at=NOW + 3 * DAY)
    outbox.enqueue_confirmation(late)

    due = [each.messages.get(kind=Kind.REMINDER_DAY).due_at for each in (early, late)]
    assert due == [kept, NOW + 3 * DAY - 26 * HOUR]


@pytest.mark.parametrize("kind", [each for each in WITH_RULES if not catalog.is_always_on(each)])
def test_switching_off_stops_what_is_promised_and_what_is_not(director, kind):
    message = make_due(kind, now=NOW)
    before = eligibility.find_skip_reason(message, now=NOW)

    change(kind, director, is_on=False)

    assert before == ""
    assert eligibility.find_skip_reason(message, now=NOW) == Message.Reason.SWITCHED_OFF


def test_switched_off_reminder_is_not_promised(director):
    change(Kind.REMINDER_DAY, director, is_on=False)

    consultation = make_consultation(starts_at=NOW + 3 * DAY)
    outbox.enqueue_confirmation(consultation)

    kinds = set(consultation.messages.values_list("kind", flat=True))
    assert kinds == {Kind.CONFIRMATION, Kind.REMINDER_HOURS}


def test_switched_on_again_it_goes_again(director):
    message = make_due(Kind.AFTER_NO_SHOW, now=NOW)
    change(Kind.AFTER_NO_SHOW, director, is_on=False)
    change(Kind.AFTER_NO_SHOW, director, is_on=True)

    assert eligibility.find_skip_reason(message, now=NOW) == ""


@pytest.mark.parametrize("kind", WITH_RULES)
def test_wait_outside_its_bounds_is_refused(director, kind):
    shortest, longest = catalog.find_bounds(kind)

    found = [
        faults(kind, director, delay=delay)["delay"]
        for delay in (timedelta(0), shortest - MINUTE, longest + MINUTE, 10_000 * DAY)
    ]

    assert {words.partition(" ")[0] for words in found} == {"Choose"}


@pytest.mark.parametrize(
    ("kind", "columns", "field", "words"),
    [
        (Kind.NO_SHOW_SECOND, {"delay": 7 * DAY}, "delay", "less than 7 days"),
        (Kind.NO_SHOW_SECOND, {"delay": 1 * HOUR}, "delay", "more than 1 hour"),
        (Kind.NO_SHOW_LAST, {"delay": 24 * HOUR}, "delay", "more than 24 hours"),
        (Kind.NO_CONTACT_FIRST, {"delay": 4 * DAY}, "delay", "less than 4 days"),
        (Kind.REMINDER_HOURS, {"delay": 24 * HOUR, "minimum_lead": DAY}, "delay", "less than 24 h"),
        (Kind.STAFF_ESCALATED, {"delay": 5 * MINUTE}, "delay", "more than 5 minutes"),
        (Kind.REMINDER_DAY, {"delay": 48 * HOUR}, "minimum_lead", "no less than"),
        (Kind.REMINDER_DAY, {"minimum_lead": 61 * DAY}, "minimum_lead", "60 days or less"),
        (Kind.REMINDER_DAY, {"minimum_lead": None}, "minimum_lead", "no less than"),
        (Kind.AFTER_NO_SHOW, {"minimum_lead": DAY}, "minimum_lead", "Only a reminder"),
        (Kind.AFTER_COMPLETED, {"delay": 36 * HOUR}, "delay", "whole days"),
        (Kind.STAFF_DIGEST, {"delay": 2 * DAY}, "delay", "time of day"),
    ],
)
def test_rule_without_sense_is_refused(director, kind, columns, field, words):
    found = faults(kind, director, **columns)

    assert list(found) == [field]
    assert words in found[field]


def test_notice_before_a_promised_call_can_not_be_so_early_that_it_never_goes(director):
    """Its objection takes a call further off for one that was promised anew."""
    change(Kind.STAFF_CALL_DUE, director, delay=catalog.find_bounds(Kind.STAFF_CALL_DUE)[1])
    request = make_request(promised_call_by=NOW + 60 * MINUTE)
    outbox.enqueue_new_request(request)
    message = request.messages.get(kind=Kind.STAFF_CALL_DUE)

    assert eligibility.find_skip_reason(message, now=message.due_at) == ""


def test_second_of_two_directors_is_told_and_overwrites_nothing(director):
    seen = messaging_rules.fingerprint_rule(rule_of(Kind.AFTER_NO_SHOW))
    change(Kind.AFTER_NO_SHOW, director, delay=2 * HOUR)

    with pytest.raises(ChangedMeanwhile):
        change(Kind.AFTER_NO_SHOW, director, delay=3 * HOUR, seen=seen)

    assert rule_of(Kind.AFTER_NO_SHOW).delay == 2 * HOUR
    assert AuditEvent.objects.count() == 1


def test_the_same_change_sent_twice_is_one(director):
    seen = messaging_rules.fingerprint_rule(rule_of(Kind.AFTER_NO_SHOW))

    done = [change(Kind.AFTER_NO_SHOW, director, delay=2 * HOUR, seen=seen) for _each in range(2)]

    assert (done, AuditEvent.objects.count()) == ([True, False], 1)


def test_two_directors_at_once_never_turn_a_ladder_round(real_commits):
    """Each change alone is fine: the first letter up to 20 h, the second down to 10 h."""
    by = make_user("director")
    seeded = list(MessageRule.objects.all())

    try:
        answers = at_once(
            [
                lambda: change(Kind.AFTER_NO_SHOW, by, delay=20 * HOUR),
                lambda: change(Kind.NO_SHOW_SECOND, by, delay=10 * HOUR),
            ]
        )
        first, second = rule_of(Kind.AFTER_NO_SHOW).delay, rule_of(Kind.NO_SHOW_SECOND).delay
    finally:
        MessageRule.objects.bulk_update(seeded, ["delay", "is_on", "minimum_lead"])

    assert sorted(map(str, map(type, answers))) == sorted(map(str, [bool, InvalidRule]))
    assert first < second


def test_two_directors_at_once_never_overwrite_each_other(real_commits):
    by = make_user("director")
    seeded = list(MessageRule.objects.all())
    seen = messaging_rules.fingerprint_rule(rule_of(Kind.CALLBACK_MADE))

    try:
        answers = at_once(
            [
                lambda hours=hours: change(Kind.CALLBACK_MADE, by, delay=hours * HOUR, seen=seen)
                for hours in (2, 3, 4)
            ]
        )
        events = AuditEvent.objects.count()
    finally:
        MessageRule.objects.bulk_update(seeded, ["delay", "is_on", "minimum_lead"])

    assert sorted(type(each).__name__ for each in answers) == ["ChangedMeanwhile"] * 2 + ["bool"]
    assert events == 1


@pytest.mark.parametrize(
    ("kind", "columns", "constraint"),
    [
        ("reminder_day", {"delay": timedelta(0)}, "message_rule_delay_is_positive"),
        ("reminder_day", {"delay": 40 * HOUR}, "message_rule_reminder_comes_after_booking"),
        ("reminder_day", {"minimum_lead": None}, "message_rule_reminder_has_a_lead"),
        ("after_no_show", {"minimum_lead": DAY}, "message_rule_reminder_has_a_lead"),
        ("no_show_3", {"delay": 91 * DAY}, "message_rule_within_ninety_days"),
        ("reminder_day", {"minimum_lead": 91 * DAY}, "message_rule_within_ninety_days"),
        ("after_completed", {"delay": 36 * HOUR}, "message_rule_after_completed_counts_days"),
    ],
)
def test_database_refuses_a_rule_that_must_never_be(db, kind, columns, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        MessageRule.objects.filter(kind=kind).update(**columns)
