"""How long data is kept: previews, bounds, and a director's changes."""

from datetime import timedelta

import pytest
from django.utils import timezone

from admissions.accounts.models import Session
from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed, ChangedMeanwhile
from admissions.privacy import removal, schedule
from admissions.privacy.models import RetentionPeriod
from tests.admissions.privacy.people import DAY, make_closed
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db

Rule = RetentionPeriod.Rule


def change(rule=Rule.SPAM, days=10, seen=30, by=None):
    return schedule.change_period(
        rule=rule, period=days * DAY, seen=seen * DAY, by=by or make_user("director")
    )


def preview(rule=Rule.SPAM, days=30):
    return schedule.preview_rule(rule, period=days * DAY, now=timezone.now())


def test_preview_tells_what_goes_tonight_and_within_thirty_days():
    tonight = make_closed(days=29.5, disposition="spam_or_test")
    soon = make_closed(days=10, disposition="spam_or_test")
    make_closed(days=0, disposition="spam_or_test", reference="ZZZZ-2222")
    make_closed(days=29.5, disposition="withdrawn")

    found = preview()

    assert (found.tonight, found.soon) == (1, 3)
    assert found.requests[:2] == [tonight, soon]
    assert preview(days=365).soon == 0


def test_preview_of_tonight_is_what_the_night_removes():
    for days in (20, 29.1, 29.9, 31):
        make_closed(days=days, disposition="spam_or_test")
    said = preview().tonight

    removed = removal.remove_expired_data(now=timezone.now() + DAY)

    assert removed == said == 3


def test_change_counts_at_once_and_is_in_the_audit():
    by = make_user("director")

    assert change(by=by) is True

    assert schedule.periods()[Rule.SPAM] == 10 * DAY
    event = AuditEvent.objects.get(type="retention_changed")
    assert (event.actor, event.code) == (by, "spam")
    assert event.detail == {"from_hours": 720, "to_hours": 240}


@pytest.mark.parametrize(
    ("rule", "days", "seen"),
    [
        (Rule.SPAM, 366, 30),
        (Rule.CLINICAL, 2556, 2557),
        (Rule.RECORDS, 2191, 2192),
    ],
)
def test_period_beyond_its_bounds_is_refused(rule, days, seen):
    with pytest.raises(ActionNotAllowed, match="Choose between"):
        change(rule, days, seen)

    assert not RetentionPeriod.objects.exists()


def test_change_from_an_older_state_is_refused():
    change(days=10)

    with pytest.raises(ChangedMeanwhile):
        change(days=20, seen=30)

    assert schedule.periods()[Rule.SPAM] == 10 * DAY


def test_same_again_changes_nothing():
    assert change(days=30) is False

    assert not AuditEvent.objects.exists()


def test_forms_that_were_never_sent_go_after_a_day():
    now = timezone.now()
    for name, age in (("old", 25), ("new", 23)):
        Session.objects.create(
            session_key=name, session_data="", expire_date=now, seen_at=now - timedelta(hours=age)
        )
    Session.objects.create(
        session_key="staff", session_data="", expire_date=now, seen_at=now - 30 * DAY,
        user=make_user(),
    )  # fmt: skip

    removal.remove_expired_data(now=now)

    assert set(Session.objects.values_list("session_key", flat=True)) == {"new", "staff"}
