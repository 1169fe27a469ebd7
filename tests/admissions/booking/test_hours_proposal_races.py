"""Proposed hours that several people decide about at the same moment."""

from datetime import time, timedelta

from django.utils import timezone

from admissions.booking import hours_proposals
from admissions.booking.hours_proposals import Stretch
from admissions.scheduling.models import HoursProposal
from tests.support import rivals
from tests.support.factories import make_counselor, make_user


def propose(counselor, weekday):
    """Mornings of one day, from next week on."""
    return hours_proposals.propose(
        by=counselor.user,
        from_day=timezone.localdate() + timedelta(days=7),
        stretches=[Stretch(weekday, time(9), time(12))],
    )


def test_of_two_who_accept_one_does(real_commits):
    dana, bosses = make_counselor(days=[0]), [make_user("coordinator"), make_user("director")]
    proposal = propose(dana, 0)

    answers = rivals.at_once(
        lambda by=by: hours_proposals.accept(proposal_id=proposal.pk, by=by, seen=[])
        for by in bosses
    )

    assert rivals.outcomes(answers) == {"HoursProposal": 1, "ActionNotAllowed": 1}
    assert dana.weekly_hours.filter(closes=time(12)).count() == 1


def test_proposal_that_changes_while_it_is_accepted_is_one_or_the_other(real_commits):
    dana, boss = make_counselor(days=[0]), make_user("coordinator")
    old = propose(dana, 0)

    accepted, asked = rivals.at_once(
        [
            lambda: hours_proposals.accept(proposal_id=old.pk, by=boss, seen=[]),
            lambda: propose(dana, 2),
        ]
    )

    old.refresh_from_db()
    assert isinstance(asked, HoursProposal)
    assert (old.outcome == "accepted") is isinstance(accepted, HoursProposal)
    assert dana.weekly_hours.filter(closes=time(12)).exists() is (old.outcome == "accepted")
    assert HoursProposal.objects.waiting().get() == asked
