"""Counselors propose hours of their own: asked, accepted with what it leaves out, or declined."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import Error, transaction

from admissions.audit.models import AuditEvent
from admissions.booking import hours_proposals
from admissions.booking.hours_proposals import LeftOutChanged, Stretch
from admissions.exceptions import ActionNotAllowed
from admissions.scheduling.models import HoursProposal, WeeklyHours
from programs.models import Location
from tests.support import factories
from tests.support.factories import make_consultation, make_counselor, make_user

PACIFIC = ZoneInfo("America/Los_Angeles")
# A Monday.
NOW = datetime(2027, 1, 4, 10, tzinfo=PACIFIC)
NEXT_MONDAY = date(2027, 1, 11)
MORNING = Stretch(0, time(9), time(12))
MINE, LIST = "/admin/admissions/hoursproposal/mine/", "/admin/admissions/hoursproposal/"

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NOW)]


@pytest.fixture
def dana(db):
    return make_counselor(days=[0, 1])


@pytest.fixture
def boss(db):
    return make_user("coordinator")


def propose(counselor, *stretches, from_day=NEXT_MONDAY):
    return hours_proposals.propose(
        by=counselor.user, from_day=from_day, stretches=stretches or [MORNING]
    )


def hours_of(counselor):
    rows = counselor.weekly_hours.order_by("weekday", "valid_from", "opens")
    return list(rows.values_list("weekday", "closes", "valid_from", "valid_until"))


def test_accepted_hours_take_the_place_of_the_old_from_their_day(dana, boss):
    proposal = propose(dana)

    hours_proposals.accept(proposal_id=proposal.pk, by=boss, seen=[])

    sunday = NEXT_MONDAY - timedelta(days=1)
    assert sorted(hours_of(dana), key=str) == sorted(
        [
            (0, time(17), None, sunday),
            (0, time(12), NEXT_MONDAY, None),
            (1, time(17), None, sunday),
        ],
        key=str,
    )
    assert AuditEvent.objects.get(fields=["weeklyhours"]).detail["asked_by"] == dana.user_id


def test_accepted_late_they_count_from_today(dana, boss):
    proposal = propose(dana, from_day=NOW.date())
    HoursProposal.objects.filter(pk=proposal.pk).update(from_day=date(2026, 12, 28))

    hours_proposals.accept(proposal_id=proposal.pk, by=boss, seen=[])

    assert dana.weekly_hours.get(closes=time(12)).valid_from == NOW.date()


def test_later_hours_of_before_never_count(dana, boss):
    WeeklyHours.objects.create(
        counselor=dana,
        weekday=4,
        opens=time(9),
        closes=time(10),
        valid_from=NEXT_MONDAY + timedelta(days=7),
    )

    hours_proposals.accept(proposal_id=propose(dana).pk, by=boss, seen=[])

    assert not dana.weekly_hours.filter(weekday=4).exists()


def test_what_was_said_of_an_hour_stays_with_it(dana, boss):
    other = Location.objects.create(name="Annex", time_zone="America/Los_Angeles")
    dana.weekly_hours.filter(weekday=0).update(modes=["phone"], location=other)

    hours_proposals.accept(proposal_id=propose(dana).pk, by=boss, seen=[])

    row = dana.weekly_hours.get(valid_from=NEXT_MONDAY)
    assert (row.modes, row.location) == (["phone"], other)


@pytest.fixture
def left_out(dana):
    """A consultation next Monday at two: outside of the mornings that she asks for."""
    make_consultation(starts_at=NOW + timedelta(days=7), counselor=dana)
    return make_consultation(starts_at=NOW + timedelta(days=7, hours=4), counselor=dana)


def test_what_is_booked_outside_of_them_is_named(dana, left_out):
    before = make_consultation(starts_at=NOW + timedelta(hours=4), counselor=dana)

    found = hours_proposals.find_left_out(propose(dana), now=NOW)

    assert found == [left_out]
    assert before not in found


def test_nobody_accepts_what_they_were_not_shown(dana, boss, left_out):
    proposal = propose(dana)

    with pytest.raises(LeftOutChanged):
        hours_proposals.accept(proposal_id=proposal.pk, by=boss, seen=[])

    assert len(hours_of(dana)) == 2
    assert HoursProposal.objects.waiting().count() == 1


def test_page_names_them_and_accepts(client, dana, boss, left_out):
    proposal = propose(dana)
    client.force_login(boss)

    [card] = client.get(LIST).context["cards"]
    answer = client.post(f"{LIST}{proposal.pk}/accept/", {"seen": [left_out.pk]}, follow=True)

    assert [each.pk for each in card.left_out] == [left_out.pk]
    assert "1 consultation of Dana stands" in answer.content.decode()
    assert HoursProposal.objects.get().outcome == "accepted"


def test_declined_takes_words_and_changes_nothing(client, dana, boss):
    proposal = propose(dana)
    client.force_login(boss)

    silent = client.post(f"{LIST}{proposal.pk}/decline/", {"answer": " "})
    client.post(f"{LIST}{proposal.pk}/decline/", {"answer": "Tuesdays are thin."})

    assert silent.context["cards"][0].form.errors
    client.force_login(dana.user)
    assert "Tuesdays are thin." in client.get(MINE).content.decode()
    assert len(hours_of(dana)) == 2


def test_counselor_proposes_on_their_page_and_takes_it_back(client, dana):
    client.force_login(dana.user)
    week = {"from_day": "2027-01-11", "day_0": "9 am - 12 pm, 1-5 pm", "day_6": "17:00 to 24:00"}

    wrong = client.post(MINE, week)
    client.post(MINE, week | {"day_0": "9 am - 12 pm, 1 pm - 5 pm"})
    asked = HoursProposal.objects.get()
    client.post(f"{MINE}withdraw/")

    assert list(wrong.context["form"].errors) == ["day_0"]
    assert [str(each) for each in asked.stretches.all()] == [
        "Monday 09:00 to 12:00",
        "Monday 13:00 to 17:00",
        "Sunday 17:00 to 00:00",
    ]
    assert HoursProposal.objects.get().outcome == "withdrawn"
    assert len(hours_of(dana)) == 2


@pytest.mark.parametrize("text", ["9", "9-10-11", "25 - 26", "13 pm - 14", "9 - 11, 10 - 12"])
def test_line_that_cannot_be_is_refused(client, dana, text):
    client.force_login(dana.user)

    answer = client.post(MINE, {"from_day": "2027-01-11", "day_3": text})

    assert list(answer.context["form"].errors) == ["day_3"]
    assert answer.context["form"]["day_3"].value() == text


def test_asking_anew_voids_what_was_asked_before(dana, boss):
    old, new = propose(dana), propose(dana)

    with pytest.raises(ActionNotAllowed):
        hours_proposals.accept(proposal_id=old.pk, by=boss, seen=[])

    assert HoursProposal.objects.waiting().get() == new


def test_nobody_decides_what_they_asked_for(dana):
    dana.user.groups.add(factories.Group.objects.get(name="coordinator"))

    with pytest.raises(ActionNotAllowed):
        hours_proposals.accept(proposal_id=propose(dana).pk, by=dana.user, seen=[])


def test_day_that_is_over_is_refused(dana):
    with pytest.raises(ActionNotAllowed):
        propose(dana, from_day=date(2027, 1, 3))


@pytest.mark.parametrize("role", ["counselor", "clinician"])
def test_colleague_decides_nothing(dana, role):
    with pytest.raises(ActionNotAllowed):
        hours_proposals.decline(proposal_id=propose(dana).pk, by=make_user(role), answer="No")


def test_desk_counts_what_waits_for_its_reader(client, dana, boss):
    propose(dana)
    client.force_login(boss)

    assert client.get("/admin/").context["hours_proposals"] == 1


@pytest.mark.parametrize(
    "columns",
    [
        {"outcome": "declined", "decided_at": NOW, "answer": ""},
        {"outcome": "accepted", "decided_at": None},
        {"outcome": "accepted", "decided_at": NOW, "decided_by": None},
        {"outcome": "", "decided_at": NOW},
    ],
)
def test_postgres_refuses_a_state_that_cannot_be(dana, boss, columns):
    proposal = propose(dana)
    decided = {"decided_by": boss} | columns

    with pytest.raises(Error), transaction.atomic():
        HoursProposal.objects.filter(pk=proposal.pk).update(**decided)


def test_postgres_refuses_a_decision_by_who_asked(dana):
    proposal = propose(dana)

    with pytest.raises(Error), transaction.atomic():
        HoursProposal.objects.filter(pk=proposal.pk).update(
            outcome="accepted", decided_at=NOW, decided_by=dana.user
        )


def test_postgres_keeps_what_was_decided(dana, boss):
    proposal = propose(dana)
    hours_proposals.decline(proposal_id=proposal.pk, by=boss, answer="No")

    with pytest.raises(Error), transaction.atomic():
        HoursProposal.objects.filter(pk=proposal.pk).update(answer="Yes")
