"""The director's figures against a plain recount, person by person and minute by minute."""

from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from admissions.intake import contact_hours
from admissions.intake.models import ConsultationRequest, ContactAttempt
from admissions.reporting import report
from admissions.reporting.funnel import FunnelOutcome, FunnelStep
from admissions.reporting.period import PERIOD_DAYS, period_until_now
from admissions.scheduling.models import Consultation, Shortage
from tests.support import factories
from tests.support.reports import recommend

pytestmark = pytest.mark.django_db

PACIFIC, MINUTE, DAY = ZoneInfo("America/Los_Angeles"), timedelta(minutes=1), timedelta(days=1)
# An ordinary week, and those in which the clocks go forward and back.
LAST_DAYS = [date(2027, 1, 14), date(2027, 3, 16), date(2027, 11, 9)]
ADMITTED = {"admitted_iop", "admitted_residential"}

minutes = st.integers(1, 3 * 1440)
attempts = st.lists(
    st.tuples(st.integers(0, 600) | minutes, st.sampled_from(["no_answer", "sent", "reached"])),
    max_size=3,
)
talks = st.lists(
    st.tuples(minutes, st.sampled_from(["completed", "no_show", "canceled_by_person"])), max_size=2
)
people = st.fixed_dictionaries(
    {
        "asked": st.integers(0, 9 * 1440),
        "language": st.sampled_from(["en", "es"]),
        "source": st.sampled_from(["callback", "callback", "booking", "staff"]),
        "good_time": st.sampled_from(["any", "any", "morning", "afternoon", "evening"]),
        "zone": st.sampled_from(["America/Los_Angeles", "America/New_York", "Asia/Kolkata"]),
        "disposition": st.sampled_from(
            ["", "", "", "withdrawn", "referred_out", "duplicate", "admitted_iop"]
        ),
        "attempts": attempts,
        "talks": talks,
    }
)
hours = st.tuples(
    st.integers(0, 6), st.sampled_from([(0, 3), (8, 16), (9, 17), (12, 20)]), st.booleans()
)
worlds = st.fixed_dictionaries(
    {
        "last": st.sampled_from(LAST_DAYS),
        "clock": st.integers(0, 1439),
        "days": st.sampled_from(PERIOD_DAYS),
        "language": st.sampled_from(["", "es"]),
        "people": st.lists(people, max_size=12),
        "hours": st.lists(hours, min_size=3, max_size=10),
        "short": st.tuples(st.integers(0, 9 * 1440), st.integers(1, 2000)),
    }
)


@settings(max_examples=40, deadline=None, database=None, derandomize=True)
@given(worlds)
def test_figures_are_those_of_a_plain_recount(world):
    with made(**world) as (now, opened):
        period = period_until_now(days=world["days"], now=now, language=world["language"])
        found = report.build_report(period, now=now)
        mine = Recount(now, world["days"], world["language"], opened)

        journeys, speed, shows = (
            found.figures.funnel,
            found.figures.response_times,
            found.figures.attendance,
        )
        assert [journeys.reached_step(step) for step in FunnelStep] == mine.reached_step()
        assert {each: journeys.count_ended(each) for each in FunnelOutcome} == mine.outcomes()
        assert (journeys.reached, journeys.booked_soon) == (mine.reached(), mine.booked_soon())
        assert speed.bands == mine.bands()
        assert speed.broken_promises == mine.broken_promises()
        assert near(speed.median_to_attempt) == near(mine.median_to_attempt())
        assert shows.attended_of_due == mine.attendance()
        assert found.coverage.asked == mine.asked_when()
        assert found.coverage.unstaffed == mine.unstaffed()
        assert found.coverage.during_shortage == mine.during_shortage()
        assert near(sum(found.coverage.staffed.values())) == near(mine.counselor_hours())


def near(figure):
    return None if figure is None else round(figure, 6)


@contextmanager
def made(*, last, clock, people, hours, short, **_asked):
    """The world for as long as it is looked at; and its hours as (language, weekday, opens)."""
    with transaction.atomic():
        now = (datetime.combine(last, time(0), tzinfo=PACIFIC) + clock * MINUTE).astimezone(UTC)
        opened = []
        for weekday, (opens, closes), is_spanish in hours:
            languages = ["en", "es"] if is_spanish else ["en"]
            span = {"opens": time(opens), "closes": time(closes), "days": [weekday]}
            factories.make_counselor(languages=languages, **span)
            opened.append((languages, weekday, span))
        # Their talks are hers, who has no hours.
        holder = factories.make_counselor(days=[])
        for each in people:
            make_person(each, now, holder)
        began, lasted = short
        Shortage.objects.create(
            language="en", began_at=now - began * MINUTE, ended_at=now - (began - lasted) * MINUTE
        )
        yield now, opened
        transaction.set_rollback(True)


def make_person(each, now, holder):
    asked = now - each["asked"] * MINUTE - timedelta(seconds=1)
    request = factories.make_request(
        created_at=asked,
        language=each["language"],
        source=each["source"],
        good_time=each["good_time"],
        time_zone=each["zone"],
    )
    for after, result in each["attempts"]:
        if asked + after * MINUTE <= now:
            request.attempts.create(
                by=holder.user, at=asked + after * MINUTE, channel="call", result=result
            )
    for after, status in each["talks"]:
        if asked + after * MINUTE < now:
            factories.make_consultation(
                request=request, counselor=holder, starts_at=asked + after * MINUTE,
                status=status, booked_at=asked,
            )  # fmt: skip
    if each["disposition"] in ADMITTED:
        recommend(request, holder.user, at=now)
    if each["disposition"]:
        ConsultationRequest.objects.filter(pk=request.pk).update(
            stage="closed", closed_at=now, due_at=None, disposition=each["disposition"]
        )


class Recount:
    """The same figures with nothing but loops over everyone."""

    def __init__(self, now, days, language, opened):
        self.now, self.language, self.opened = now, language, opened
        today = now.astimezone(PACIFIC).date()
        self.first = datetime.combine(today - (days - 1) * DAY, time(0), tzinfo=PACIFIC)
        everyone = ConsultationRequest.objects.all()
        self.asked = [
            each
            for each in everyone
            if self.first <= each.created_at < now
            and each.disposition != "duplicate"
            and language in ("", each.language)
        ]

    def attempts(self, each):
        return sorted(ContactAttempt.objects.filter(request=each), key=lambda one: one.at)

    def talks(self, each):
        return sorted(Consultation.objects.filter(request=each), key=lambda one: one.pk)

    def is_reached(self, each):
        talked = any(one.result == "reached" for one in self.attempts(each))
        return talked or any(one.status == "completed" for one in self.talks(each))

    def step(self, each):
        if each.disposition in ADMITTED:
            return FunnelStep.ADMITTED
        if any(one.status == "completed" for one in self.talks(each)):
            return FunnelStep.HELD
        if self.talks(each):
            return FunnelStep.BOOKED
        return FunnelStep.IN_TOUCH if self.is_reached(each) else FunnelStep.ASKED

    def reached_step(self):
        steps = [self.step(each) for each in self.asked]
        return [sum(came >= step for came in steps) for step in FunnelStep]

    def outcomes(self):
        said = {"": "open", "withdrawn": "lost", "referred_out": "referred"}
        ended = [said.get(each.disposition, "admitted") for each in self.asked]
        return {each: ended.count(each) for each in FunnelOutcome}

    def reached(self):
        return sum(self.is_reached(each) for each in self.asked)

    def booked_soon(self):
        firsts = [(each, self.talks(each)[0]) for each in self.asked if self.talks(each)]
        return sum(one.starts_at - each.created_at <= 2 * DAY for each, one in firsts)

    # Calls asked for

    def calls(self):
        """(minutes until the first try, staffed minutes of waiting, how it stands, promised)."""
        for each in self.asked:
            if each.source == "callback":
                tries = self.attempts(each)
                begun = contact_hours.find_next_good_time(
                    each.good_time, each.created_at, ZoneInfo(each.time_zone)
                )
                until = tries[0].at if tries else each.closed_at or self.now
                waited = self.staffed_minutes(begun, until)
                stands = "tried" if tries else "never" if each.is_closed else "waits"
                after = (until - each.created_at) / MINUTE
                promised = 5 if self.is_staffed_for(begun, 5) else 15
                yield after, waited, stands, promised

    def bands(self):
        calls, found = list(self.calls()), []
        for least, most in [(-1, 5), (5, 10), (10, 15), (15, 60), (60, 10**6)]:
            found.append(sum(s == "tried" and least < w <= most for _a, w, s, _p in calls))
        return [*found, *(sum(s == end for _a, _w, s, _p in calls) for end in ("waits", "never"))]

    def broken_promises(self):
        return sum(waited > promised for _after, waited, _stands, promised in self.calls())

    def median_to_attempt(self):
        tried = [after for after, _waited, stands, _promised in self.calls() if stands == "tried"]
        return median(tried) if tried else None

    # Hours, a minute at a time

    def on_hours(self, at):
        """How many counselors have hours at this moment; a clock that repeats shows them twice."""
        local = at.astimezone(PACIFIC)
        return sum(
            weekday == local.weekday()
            and span["opens"] <= local.time().replace(fold=0) < span["closes"]
            for languages, weekday, span in self.opened
            if self.language in ("", *languages)
        )

    def staffed_minutes(self, begin, end):
        at, found = begin, 0
        while at < end:
            # No hours begin or end within a minute, and those who ask do so a second before one.
            stop = min(end, at.replace(second=0, microsecond=0) + MINUTE)
            found += ((stop - at) / MINUTE) * bool(self.on_hours(at) and self.first <= at)
            at = stop
        return round(found, 6)

    def is_staffed_for(self, begin, count):
        return all(self.on_hours(begin + n * MINUTE / 2) for n in range(2 * count)) and (
            begin < self.now
        )

    def counselor_hours(self):
        at, found = self.first.astimezone(UTC), 0
        while at < self.now:
            found += self.on_hours(at) / 60
            at += MINUTE
        return found

    def asked_when(self):
        found = {}
        for each in self.asked:
            local = each.created_at.astimezone(PACIFIC)
            cell = local.weekday(), local.hour
            found[cell] = found.get(cell, 0) + 1
        return found

    def unstaffed(self):
        return sum(not self.on_hours(each.created_at) for each in self.asked)

    def during_shortage(self):
        (short,) = Shortage.objects.all()
        return sum(
            short.began_at <= each.created_at < short.ended_at and each.language == "en"
            for each in self.asked
        )

    def attendance(self):
        came = missed = 0
        for one in Consultation.objects.all():
            request = ConsultationRequest.objects.get(pk=one.request_id)
            if self.first <= one.starts_at < self.now and self.language in ("", request.language):
                came += one.status == "completed"
                missed += one.status == "no_show"
        return came, came + missed
