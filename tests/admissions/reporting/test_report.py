"""Each of the director's figures, against a few people counted by hand."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from admissions.care.models import StaffCredential
from admissions.reporting import report
from admissions.reporting.attendance import LeadTime
from admissions.reporting.funnel import FunnelOutcome, FunnelStep
from admissions.reporting.period import period_of_whole_days, period_until_now
from admissions.scheduling.models import Closure, Shortage
from programs.models import Credential, Program
from tests.support import factories
from tests.support.care import level
from tests.support.factories import make_message
from tests.support.reports import DAY, HOUR, NOW, admit, ago, ask, attempt, recommend, refer, talk

pytestmark = pytest.mark.django_db


def look_at(*, days=7, now=NOW, **codes):
    return report.build_report(period_until_now(days=days, now=now, **codes), now=now)


@pytest.fixture
def dana():
    """A counselor at the phones from nine to five on every day."""
    return factories.make_counselor(user=factories.make_user("counselor", first_name="Dana"))


@pytest.fixture
def by(dana):
    return dana.user


# Days


@pytest.mark.parametrize(
    ("days", "begins"),
    [
        (1, datetime(2026, 11, 24, 8, tzinfo=UTC)),
        (7, datetime(2026, 11, 18, 8, tzinfo=UTC)),
        # The clocks went back on November 1: midnight was an hour earlier before.
        (30, datetime(2026, 10, 26, 7, tzinfo=UTC)),
    ],
)
def test_days_begin_at_midnight_by_the_centers_clock(days, begins):
    period = period_until_now(days=days, now=NOW)

    assert (period.begin, period.end) == (begins, NOW)


def test_request_counts_from_the_first_moment_of_the_day():
    midnight = datetime(2026, 11, 24, 8, tzinfo=UTC)
    ask(midnight)
    ask(midnight - timedelta(microseconds=1))

    assert look_at(days=1).figures.funnel.total == 1


def test_days_before_end_at_the_same_time_of_day():
    period = period_until_now(days=30, now=NOW).previous

    # 2:11 pm on October 25, in summer time.
    assert (period.begin, period.end) == (
        datetime(2026, 9, 26, 7, tzinfo=UTC),
        datetime(2026, 10, 25, 21, 11, tzinfo=UTC),
    )


def test_whole_days_leave_today_out():
    period = period_of_whole_days(days=30, now=NOW)

    assert (period.begin, period.end) == (
        datetime(2026, 10, 25, 7, tzinfo=UTC),
        datetime(2026, 11, 24, 8, tzinfo=UTC),
    )


# Journeys


def test_nobody_makes_no_figures():
    found = look_at()

    assert found.figures.funnel.total == 0
    assert (found.figures.funnel.worst_step, found.figures.funnel.median_days_to_held) == (
        None,
        None,
    )
    assert (found.figures.response_times.bands, found.figures.response_times.median_to_attempt) == (
        [0] * 7,
        None,
    )
    assert found.figures.attendance.attended_of_due == (0, 0)
    assert (found.coverage.total, found.losses, found.safety.minutes) == (0, {}, None)


def test_journeys_count_the_furthest_step_and_how_it_stands(dana, by):
    ask()
    ask(disposition="unable_to_reach", close_reason="no_response")
    attempt(ask(), by=by, after=5, result="reached")
    attempt(ask(disposition="declined_by_person"), by=by, after=5, result="replied")
    talk(ask(source="booking"), dana, at=ago(days=-1), status="scheduled")
    talk(ask(), dana, at=ago(hours=2))
    held = ask()
    talk(held, dana, at=ago(hours=3))
    recommend(held, by)
    referred = ask(disposition="referred_out")
    recommend(referred, by)
    admit(ask(), by)

    journeys = look_at().figures.funnel

    assert [journeys.reached_step(step) for step in FunnelStep] == [9, 7, 5, 4, 3, 1]
    assert [journeys.stopped_at(step, FunnelOutcome.LOST) for step in FunnelStep] == [
        1,
        1,
        0,
        0,
        0,
        0,
    ]
    assert [journeys.stopped_at(step, FunnelOutcome.OPEN) for step in FunnelStep] == [
        1,
        1,
        1,
        1,
        1,
        0,
    ]
    assert journeys.stopped_at(FunnelStep.RECOMMENDED, FunnelOutcome.REFERRED) == 1
    assert journeys.count_ended(FunnelOutcome.ADMITTED) == 1
    assert journeys.reached == 4


def test_most_are_lost_where_the_most_stopped(dana):
    for _person in range(2):
        talk(ask(disposition="withdrawn"), dana, at=NOW, status="canceled_by_person")
    ask(disposition="unable_to_reach")

    assert look_at().figures.funnel.worst_step == FunnelStep.BOOKED


def test_duplicates_and_tests_are_nobody():
    ask(disposition="duplicate")
    ask(disposition="spam_or_test")
    ask()

    assert look_at().figures.funnel.total == 1


def test_try_without_an_answer_is_no_contact(by):
    for result in ["no_answer", "voicemail", "sent", "wrong_number", "asked_to_stop"]:
        attempt(ask(), by=by, after=5, result=result)

    assert look_at().figures.funnel.reached == 0


def test_narrowed_look_counts_only_its_own():
    iop = Program.objects.get(slug="iop")
    ask(language="es", program_interest=iop)
    ask(language="es", source="staff")
    ask()

    totals = [
        look_at(**codes).figures.funnel.total
        for codes in [
            {"language": "es"},
            {"program": "iop"},
            {"program": "none"},
            {"source": "callback"},
            {"language": "es", "source": "staff"},
        ]
    ]

    assert totals == [2, 1, 2, 2, 1]


def test_mix_counts_who_asked_was_held_and_was_admitted(dana, by):
    ask(language="es")
    talk(ask(language="es"), dana, at=ago(hours=3))
    admit(ask(language="es"), by)

    mix = look_at().figures.funnel.count_by("language")

    assert mix == {"es": {"asked": 3, "held": 2, "admitted": 1}}


def test_first_booking_counts_as_soon_within_48_hours(dana):
    asked = ago(days=5)
    talk(ask(asked), dana, at=asked + 48 * HOUR)
    late = ask(asked)
    talk(late, dana, at=asked + 49 * HOUR, status="no_show")
    talk(late, dana, at=asked + 10 * HOUR, booked_at=asked + HOUR)

    journeys = look_at().figures.funnel

    assert (journeys.booked, journeys.booked_soon, journeys.held) == (2, 1, 2)


def test_days_to_the_consultation_are_the_median_of_the_first_held(dana):
    asked = ago(days=6)
    for days in (1, 2, 5):
        talk(ask(asked), dana, at=asked + days * DAY)
    twice = ask(asked)
    talk(twice, dana, at=asked + 2 * DAY + HOUR)
    talk(twice, dana, at=asked + 5 * DAY + HOUR)

    # 1, 2, 2 and an hour, 5: halfway between the two in the middle.
    assert look_at().figures.funnel.median_days_to_held == pytest.approx(2 + 1 / 48)


# Speed


def test_tries_fall_into_bands_of_staffed_minutes(dana, by):
    asked = ago(hours=4)
    for after in (5, 6, 10, 11, 15, 16, 60, 61):
        attempt(ask(asked), by=by, after=after)

    speed = look_at().figures.response_times

    assert speed.bands == [1, 2, 2, 2, 1, 0, 0]
    assert (speed.broken_promises, speed.over_alert, speed.over_escalation, speed.over_breach) == (
        7,
        5,
        3,
        1,
    )
    assert speed.median_to_attempt == 13


def test_clock_of_a_promise_rests_while_nobody_has_hours(dana, by):
    evening = datetime(2026, 11, 24, 2, tzinfo=UTC)  # Monday, 6 pm
    kept, broken = ask(evening), ask(evening)
    attempt(kept, by=by, after=15 * 60 + 15)
    attempt(broken, by=by, after=15 * 60 + 16)

    speed = look_at().figures.response_times

    # A quarter past the next opening was promised.
    assert (speed.bands[:4], speed.broken_promises) == ([0, 0, 1, 1], 1)
    assert (speed.median_to_attempt, speed.median_staffed_to_attempt) == (15 * 60 + 15.5, 15.5)


def test_clock_begins_with_the_part_of_the_day_they_asked_for(dana, by):
    morning = datetime(2026, 11, 24, 18, tzinfo=UTC)  # 10 am
    attempt(ask(morning, good_time="afternoon"), by=by, after=124)
    attempt(ask(morning, good_time="morning"), by=by, after=124)

    assert look_at().figures.response_times.bands[:5] == [1, 0, 0, 0, 1]


def test_those_who_wait_count_as_broken_while_they_wait(dana, by):
    ask(ago(minutes=6))
    ask(ago(minutes=4))
    ask(ago(minutes=20), disposition="withdrawn", closed_at=ago(minutes=14))
    ask(ago(minutes=20), disposition="withdrawn", closed_at=ago(minutes=16))

    speed = look_at().figures.response_times

    assert (speed.bands, speed.broken_promises) == ([0, 0, 0, 0, 0, 2, 2], 2)


def test_closed_center_stops_the_clock(dana, by):
    Closure.objects.create(starts_at=ago(hours=2), ends_at=NOW)
    attempt(ask(ago(hours=1)), by=by, after=30)

    assert look_at().figures.response_times.within_target == 1


def test_first_talk_may_come_after_the_first_try(dana, by):
    asked = ask(ago(hours=3))
    attempt(asked, by=by, after=4)
    attempt(asked, by=by, after=90, result="reached")

    speed = look_at().figures.response_times

    assert (speed.attempted, speed.contacted, speed.median_to_attempt, speed.median_to_contact) == (
        1,
        1,
        4,
        90,
    )


def test_who_booked_a_time_does_not_wait_for_a_try(dana):
    talk(ask(source="booking"), dana, at=ago(days=-1), status="scheduled")

    assert look_at().figures.response_times.asked == 0


def test_danger_is_answered_in_the_median_of_minutes():
    for after in (2, 4, 9):
        ask(ago(hours=3), is_in_danger=True, safety_answered_at=ago(minutes=180 - after))
    ask(ago(hours=3), is_in_danger=True)

    safety = look_at().safety

    assert (safety.said, safety.answered, safety.minutes) == (4, 3, 4)


# Consultations


def test_shows_count_by_lead_and_mode(dana):
    def due(status, lead, at, **columns):
        talk(ask(at - 10 * DAY), dana, at=at, status=status, booked_at=at - lead, **columns)

    due("completed", DAY, ago(hours=30))
    due("completed", DAY + HOUR, ago(hours=28), mode="video")
    due("no_show", 2 * DAY, ago(hours=26))
    due("completed", 4 * DAY, ago(hours=24))
    due("no_show", 7 * DAY, ago(hours=22), mode="video")
    due("no_show", 8 * DAY, ago(hours=20))
    due("canceled_by_person", DAY, ago(hours=18))

    shows = look_at().figures.attendance

    assert shows.attended_of_due == (3, 6)
    assert shows.by_lead_time() == {
        LeadTime.DAY: (1, 1),
        LeadTime.TWO_DAYS: (1, 2),
        LeadTime.FOUR_DAYS: (1, 1),
        LeadTime.WEEK: (0, 1),
        LeadTime.LONGER: (0, 1),
    }
    assert shows.by_mode() == {"phone": (2, 4), "video": (1, 2)}


def test_shows_are_those_that_began_in_these_days(dana):
    talk(ask(ago(days=9)), dana, at=ago(days=8))
    talk(ask(ago(days=9)), dana, at=ago(days=2))

    found = look_at()

    assert (
        found.figures.attendance.attended_of_due,
        found.previous.attendance.attended_of_due,
    ) == ((1, 1), (1, 1))


def test_no_show_is_booked_again_by_what_was_booked_after_it(dana):
    again, gone = ask(ago(days=4)), ask(ago(days=4))
    talk(again, dana, at=ago(days=3), status="no_show")
    talk(again, dana, at=ago(days=-1), status="scheduled", booked_at=ago(days=2))
    talk(gone, dana, at=ago(days=2), status="canceled_by_person", booked_at=ago(days=4))
    talk(gone, dana, at=ago(days=1), status="no_show", booked_at=ago(days=4))

    shows = look_at().figures.attendance

    assert (shows.no_shows, shows.rebooked) == (2, 1)


# Outcomes


def test_losses_name_why_those_ended_who_were_neither_admitted_nor_referred(by):
    ask(disposition="declined_by_person", close_reason="cost")
    ask(disposition="declined_by_person", close_reason="cost")
    ask(disposition="unable_to_reach", close_reason="no_response")
    ask(disposition="referred_out", close_reason="needs_higher_level")
    ask(disposition="duplicate", close_reason="other")
    admit(ask(), by)

    found = look_at()

    assert found.losses == {"cost": 2, "no_response": 1}
    assert found.admissions == {"admitted_iop": 1}


def test_recommendations_count_the_newest_of_each_request(by):
    amended = ask()
    recommend(amended, by, agreed=None)
    recommend(amended, by, agreed="2.1")
    recommend(ask(), by, recommended="3.5", agreed="2.1", why="preference")
    recommend(ask(), by, agreed=None)
    recommend(ask(), by, at=ago(days=8))

    made = look_at().recommendations

    iop, residential = level("2.1").pk, level("3.5").pk
    assert made.pairs == {(iop, iop): 1, (residential, iop): 1, (iop, None): 1}
    assert (made.as_recommended, made.different, made.undecided) == (1, 1, 1)
    assert made.reasons == {"preference": 1}


def test_referrals_count_confirmed_hand_overs(by):
    refer(ask(), by, is_confirmed=True)
    refer(ask(), by)
    refer(ask(), by, at=ago(days=9))

    sent = look_at().referrals

    assert (sent.made, sent.confirmed) == (2, 1)


# Hours


def test_coverage_sets_requests_against_counselor_hours(dana):
    factories.make_counselor(opens=time(16), closes=time(17, 30), days=[1])
    ask(datetime(2026, 11, 24, 17, 30, tzinfo=UTC))  # Tuesday, 9:30 am
    ask(datetime(2026, 11, 24, 10, tzinfo=UTC))  # 2 am

    covered = look_at(days=7).coverage

    # Since Wednesday until Tuesday, 2:11 pm: the sixteenth hour of today is yet to come.
    assert covered.asked == {(1, 9): 1, (1, 2): 1}
    assert (covered.staffed[1, 9], covered.staffed[0, 16]) == (1, 1)
    assert covered.staffed[1, 14] == pytest.approx(11 / 60)
    assert (1, 16) not in covered.staffed
    assert covered.is_uncovered((1, 2))
    assert (covered.total, covered.unstaffed) == (2, 1)


def test_hour_that_comes_twice_has_twice_the_hours():
    factories.make_counselor(opens=time(0), closes=time(3), days=[6])
    now = datetime(2026, 11, 2, 8, tzinfo=UTC)  # midnight after the clocks went back
    ask(datetime(2026, 11, 1, 8, 30, tzinfo=UTC))  # 1:30 am
    ask(datetime(2026, 11, 1, 9, 30, tzinfo=UTC))  # 1:30 am, an hour later

    covered = look_at(days=2, now=now).coverage

    assert (covered.asked[6, 1], covered.staffed[6, 1], covered.staffed[6, 2]) == (2, 2, 1)


def test_coverage_counts_only_counselors_of_the_language_looked_at(dana):
    factories.make_counselor(languages=["es"], opens=time(13), closes=time(14))
    ask(datetime(2026, 11, 24, 17, 30, tzinfo=UTC), language="es")

    covered = look_at(language="es").coverage

    assert (sorted({hour for _day, hour in covered.staffed}), covered.unstaffed) == ([13], 1)


def test_unmet_demand_is_who_asked_while_nothing_was_free():
    Shortage.objects.create(language="en", began_at=ago(hours=5), ended_at=ago(hours=2))
    Shortage.objects.create(language="en", began_at=ago(days=40), ended_at=ago(days=39))
    lasting = Shortage.objects.create(language="es", began_at=ago(hours=1))
    ask(ago(hours=3))
    ask(ago(hours=2))
    ask(ago(minutes=30), language="es")

    covered = look_at().coverage

    assert (covered.during_shortage, len(covered.shortages)) == (2, 2)
    assert look_at(language="es").coverage.shortages == [lasting]


# The desk


def test_open_requests_count_by_stage_whenever_they_were_made(by):
    ask(ago(days=90), due_at=ago(days=80))
    ask(owner=by, claimed_at=NOW, due_at=NOW + HOUR)
    ask(stage="contacted", is_in_danger=True, due_at=NOW + HOUR)
    ask(disposition="withdrawn")

    standing = look_at(days=1).backlog

    assert standing.stages == {"new": 2, "contacted": 1}
    assert (
        standing.total,
        standing.unclaimed,
        standing.overdue,
        standing.awaiting_safety_answer,
    ) == (3, 2, 1, 1)


def test_work_stands_by_name_and_knows_no_admissions(dana, by):
    zoe = factories.make_counselor(user=factories.make_user("counselor", first_name="Zoe"))
    mine = ask(owner=by, claimed_at=NOW)
    attempt(mine, by=by, after=5)
    attempt(mine, by=by, after=9)
    admit(ask(), zoe.user)
    talk(ask(), zoe, at=ago(hours=2))
    talk(ask(), zoe, at=ago(days=20))

    work = look_at().workload

    assert [(each.user, each.open, each.attempts, each.held) for each in work] == [
        (by, 1, 2, 0),
        (zoe.user, 0, 0, 1),
    ]


def test_lost_emails_are_those_that_fell_due_in_these_days():
    request = ask()

    def lost(kind, state, due_at):
        make_message(
            kind,
            request=request,
            state=state,
            due_at=due_at,
            finished_at=NOW,
            reason="refused",
        )

    lost("no_contact_1", "failed", ago(hours=1))
    lost("no_contact_2", "bounced", ago(hours=1))
    lost("staff_new_request", "failed", ago(hours=1))
    lost("no_contact_3", "failed", ago(days=9))
    lost("callback_late", "skipped", ago(hours=1))

    lost = look_at().lost_emails

    assert (lost.to_people, lost.to_staff) == (2, 1)


def test_renewals_name_what_runs_out_within_90_days(by):
    Credential.objects.update(expires_on=date(2027, 12, 1))
    StaffCredential.objects.create(user=by, title="LMFT", number="1", expires_on=date(2027, 2, 22))
    StaffCredential.objects.create(user=by, title="LAADC", number="2", expires_on=date(2027, 2, 23))

    assert [(str(each.credential), each.days_left) for each in look_at().renewals] == [("LMFT", 90)]


def test_questions_are_as_many_with_many_people(dana, by):
    period = period_until_now(days=7, now=NOW)
    attempt(ask(), by=by, after=5)
    with CaptureQueriesContext(connection) as of_one:
        report.build_report(period, now=NOW)
    for hours in range(15):
        talk(ask(), dana, at=NOW - HOUR * (1 + hours))
        admit(ask(owner=by, claimed_at=NOW), by)
        attempt(ask(language="es"), by=factories.make_user(), after=5)

    with CaptureQueriesContext(connection) as of_many:
        report.build_report(period, now=NOW)

    assert len(of_many) == len(of_one) == 22
