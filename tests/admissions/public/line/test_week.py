"""Every hour of a week, in both languages, whoever answers after hours: no page says more."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.template.loader import get_template
from django.utils import translation

from admissions.intake.phone_line import find_line_answer
from admissions.intake.phone_line_words import describe_line
from admissions.public.callback_form import CallbackForm
from admissions.public.callback_promise import describe_callback_promise, describe_urgent_promise
from admissions.scheduling.roster import load_roster
from programs.context_processors import Center
from tests.support.factories import answer_after_hours, make_counselor, make_request

from .said import faults_of, words_of

pytestmark = pytest.mark.django_db
ZONE = ZoneInfo("America/Los_Angeles")
MONDAY = datetime(2026, 11, 23, tzinfo=ZONE)
OPENS, CLOSES = time(9), time(17)
WORKDAYS = range(5)
# Every hour of a week, and the minutes before each closing, too short for a call.
MOMENTS = [MONDAY + timedelta(hours=hour) for hour in range(7 * 24)] + [
    MONDAY + timedelta(days=day, hours=16, minutes=57) for day in WORKDAYS
]
# What tells who answers, or by when we call: the parts of pages, each drawn at each moment.
PARTS = [
    "admissions/_call_panel.html",
    "admissions/_no_slot_soon.html",
    "admissions/_danger_first.html",
    "programs/_ways_to_reach_us.html",
    "programs/_call_us.html",
    "programs/_call_label.html",
]


def is_staffed(at):
    return at.weekday() in WORKDAYS and OPENS <= at.time() < CLOSES


def is_called_within_minutes(at):
    """Whether five minutes are left of the hours."""
    return is_staffed(at) and is_staffed(at + timedelta(minutes=4, seconds=59))


def next_opening(at):
    days = (at.date() + timedelta(days=n) for n in range(8))
    openings = (datetime.combine(day, OPENS, tzinfo=ZONE) for day in days)
    return next(each for each in openings if each > at and each.weekday() in WORKDAYS)


@pytest.fixture
def roster():
    make_counselor(opens=OPENS, closes=CLOSES, days=WORKDAYS, languages=["en", "es"])
    return load_roster(MONDAY)


@pytest.fixture
def draw(roster):
    """Every part of a page about the line at one moment, one after the other."""
    center, templates = Center(), [get_template(part) for part in PARTS]
    danger = make_request(is_in_danger=True)

    def draw_parts(at):
        answer = find_line_answer(now=at, roster=roster)
        form = CallbackForm()
        promise = describe_callback_promise(now=at, zone=ZONE, roster=roster)
        form.name_soonest_time(promise)
        urgent = describe_urgent_promise(now=at, zone=ZONE, roster=roster)
        values = {
            "center": center,
            "phone_line": describe_line(answer, now=at, zone=ZONE),
            "consultation_request": danger,
            "key": "key",
        }
        drawn = [
            part.render(values | {"call_promise": urgent if "danger" in name else promise})
            for name, part in zip(PARTS, templates, strict=True)
        ]
        return " ".join([*drawn, str(form["good_time"])])

    return draw_parts


@pytest.mark.parametrize("by", ["on_call", "service", "nobody"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_no_hour_of_a_week_says_now_beside_later_or_leaves_open_who_answers(draw, language, by):
    answer_after_hours(by)

    with translation.override(language):
        found = {
            str(at): faults_of(
                draw(at),
                language=language,
                is_staffed=is_staffed(at),
                by=by,
                is_call_now=is_called_within_minutes(at),
            )
            for at in MOMENTS
        }

    assert {at: faults for at, faults in found.items() if faults} == {}
    assert len(found) == 7 * 24 + 5


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_closed_hour_without_anyone_says_when_we_answer_again(roster, language):
    answer_after_hours("nobody")
    clock = {"en": "9:00 am (PST)", "es": "9:00 a. m. (PST)"}[language]
    closed = [at for at in MOMENTS if not is_staffed(at)]

    with translation.override(language):
        said = {
            at: words_of(
                describe_line(find_line_answer(now=at, roster=roster), now=at, zone=ZONE).sentence
            )
            for at in closed
        }

    days = {"en": ("today", "tomorrow", "Monday"), "es": ("hoy", "mañana", "lunes")}[language]
    expected = [days[min((next_opening(at).date() - at.date()).days, 2)] for at in closed]
    assert [at for at, words in said.items() if clock not in words] == []
    assert [day in said[at] for at, day in zip(closed, expected, strict=True)] == [True] * len(
        closed
    )
