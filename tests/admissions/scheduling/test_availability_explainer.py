"""Each rule that hides a time is named; and what is not hidden is what is offered."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings

from admissions.scheduling import availability_explainer, explainer_context
from admissions.scheduling.availability import open_slots
from admissions.scheduling.models import Closure, Mode, ModeRules
from tests.support.factories import make_consultation, make_counselor

from .test_availability_properties import DAY, made, make_busy, worlds

pytestmark = pytest.mark.django_db

PACIFIC = ZoneInfo("America/Los_Angeles")
TUESDAY = date(2027, 1, 5)
NOW = datetime(2027, 1, 4, 6, tzinfo=PACIFIC)


def local(hour, minute=0, on=TUESDAY):
    return datetime.combine(on, time(hour, minute), tzinfo=PACIFIC)


def asked(counselor, *, mode=Mode.PHONE, language="", on=TUESDAY, now=NOW):
    counselors = explainer_context.counselors_to_explain().filter(pk=counselor.pk)
    (one,) = explainer_context.load_contexts(
        list(counselors), mode=mode, language=language, on=on, now=now
    )
    return one


def hidden_by(counselor, at, **question):
    reasons = availability_explainer.find_blocking_rules(asked(counselor, **question), at)
    return [(reason.rule, reason.text) for reason in reasons]


def test_nothing_hides_an_offered_time():
    assert hidden_by(make_counselor(), local(9)) == []


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (local(8), [("hours", "Outside their hours, 9:00 am–5:00 pm.")]),
        (
            local(16, 30),
            [("hours", "Too long: 45 minutes do not fit before their hours end at 5:00 pm.")],
        ),
        (
            local(9, 10),
            [("grid", "Off the grid: a consultation may start every 30 minutes from midnight.")],
        ),
        (
            local(9, on=date(2027, 1, 19)),
            [("horizon", "Too far ahead: only 14 days are offered.")],
        ),
        (local(9, on=date(2027, 1, 3)), [("notice", "Too soon: 30 minutes of notice are needed.")]),
    ],
)
def test_rule_of_the_mode_or_the_hours_is_named(at, expected):
    assert hidden_by(make_counselor(), at, on=at.date()) == expected


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"is_taking_consultations": False}, "They take no consultations at present."),
        ({"modes": [Mode.VIDEO]}, "They do not take consultations of this kind: Phone."),
        ({"languages": ["es"]}, "They do not speak this language."),
    ],
)
def test_what_a_counselor_does_not_do_is_named(columns, expected):
    counselor = make_counselor(**columns)

    words = [words for _rule, words in hidden_by(counselor, local(9), language="en")]

    assert words == [expected]


def test_counselor_who_has_left_is_named():
    counselor = make_counselor()
    counselor.user.is_active = False
    counselor.user.save()

    assert [rule for rule, _words in hidden_by(counselor, local(9))] == ["left"]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"weekday": 0}, "They have no hours on Tuesday."),
        ({"modes": [Mode.VIDEO]}, "Their hours on this day are only for: Video."),
        (
            {"valid_until": date(2027, 1, 4)},
            "Their hours on Tuesday do not count on this date: see first and last day.",
        ),
    ],
)
def test_hours_that_do_not_count_are_named(columns, expected):
    counselor = make_counselor(days=[1])
    counselor.weekly_hours.update(**columns)

    assert hidden_by(counselor, local(9)) == [("hours", expected)]


def test_closures_are_named_with_their_reason():
    counselor = make_counselor()
    Closure.objects.create(starts_at=local(9), ends_at=local(10), reason="Fire drill")
    Closure.objects.create(counselor=counselor, starts_at=local(9, 30), ends_at=local(11))

    assert [words for _rule, words in hidden_by(counselor, local(9))] == [
        "The whole center is closed, Tue, Jan 5, 9:00 am to 10:00 am (Fire drill).",
        "Closed, Tue, Jan 5, 9:30 am to 11:00 am.",
    ]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (local(9, 30), "Held by {}, 10:00 am to 10:45 am."),
        (local(10), "Held by {}, 10:00 am to 10:45 am."),
        (local(9), ""),
        (local(11), ""),
    ],
)
def test_consultation_that_holds_the_time_is_named_by_its_reference(at, expected):
    counselor = make_counselor()
    consultation = make_consultation(starts_at=local(10), counselor=counselor)

    words = [words for _rule, words in hidden_by(counselor, at)]

    assert words == ([expected.format(consultation.request.reference)] if expected else [])


def test_time_kept_free_beside_a_consultation_is_named():
    ModeRules.objects.filter(mode=Mode.PHONE).update(start_grid=15)
    counselor = make_counselor()
    consultation = make_consultation(starts_at=local(10), counselor=counselor)

    ((_rule, words),) = hidden_by(counselor, local(10, 45))

    assert words == (
        f"Too close to {consultation.request.reference}, 10:00 am to 10:45 am, "
        "and the time kept free beside it."
    )


def test_busy_time_of_their_own_is_named_with_what_reaches_into_it():
    counselor, at = make_counselor(), local(11)
    make_busy(counselor, at, 60)

    found = [hidden_by(counselor, local(hour, 30)) for hour in (9, 10, 11, 12)]

    named = [("busy", "Busy in a calendar of their own, Tue, Jan 5, 11:00 am to 12:00 pm.")]
    assert found == [[], named, named, []]


def test_full_day_is_named():
    counselor = make_counselor(daily_cap=1)
    make_consultation(starts_at=local(14), counselor=counselor)

    assert hidden_by(counselor, local(9)) == [("cap", "Their day is full: at most 1 consultation.")]


def test_day_is_told_in_stretches_of_one_reason():
    counselor = make_counselor(opens=time(9), closes=time(11))

    stretches = availability_explainer.explain_day(asked(counselor), TUESDAY)

    assert [
        (each.first, each.last, [reason.rule for reason in each.reasons]) for each in stretches
    ] == [
        ("12:00 am", "8:30 am", ["hours"]),
        ("9:00 am", "10:00 am", []),
        ("10:30 am", "10:30 am", ["hours"]),
        ("11:00 am", "11:30 pm", ["hours"]),
    ]


def test_day_that_is_open_to_midnight_is_told_so():
    counselor = make_counselor(opens=time(22), closes=time(0))

    stretches = availability_explainer.explain_day(asked(counselor), TUESDAY)

    assert [(each.first, each.last) for each in stretches] == [
        ("12:00 am", "9:30 pm"),
        ("10:00 pm", "11:00 pm"),
        ("11:30 pm", "11:30 pm"),
    ]
    assert [each.text for each in stretches[0].reasons] == [
        "Outside their hours, 10:00 pm–12:00 am."
    ]


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2027, 3, 14), []),
        (date(2027, 11, 7), ["1:30 am (PDT)", "1:30 am (PST)"]),
        (TUESDAY, ["1:30 am"]),
    ],
)
def test_time_on_a_day_when_clocks_change_is_each_moment_that_shows_it(on, expected):
    question = asked(make_counselor(), on=on)
    shown = time(2, 30) if on.month == 3 else time(1, 30)

    assert [
        each.first for each in availability_explainer.explain_time(question, on, shown)
    ] == expected


@settings(max_examples=20, deadline=None, database=None, derandomize=True)
@given(worlds)
def test_what_no_rule_hides_is_what_is_offered(world):
    with made(**world) as (counselors, now):
        offered = {
            (slot.starts_at, pk)
            for slot in open_slots(mode=Mode.PHONE, now=now)
            for pk in slot.counselors
        }
        near = [world["first_day"] + ahead * DAY for ahead in range(-1, 7)]
        explained = set().union(*(unhidden(each, near, now) for each in counselors))

    assert offered == explained


def unhidden(counselor, days, now):
    """(start, id) of every start on these days that no rule hides."""
    found = set()
    for on in days:
        question = asked(counselor, on=on, now=now)
        midnight = datetime.combine(on, time(0), tzinfo=PACIFIC).astimezone(UTC)
        # The grids in question are of 15, 20, 30 and 60 minutes.
        for minute in (n for n in range(0, 25 * 60, 5) if n % 15 == 0 or n % 20 == 0):
            start = midnight + timedelta(minutes=minute)
            if start.astimezone(
                PACIFIC
            ).date() == on and not availability_explainer.find_blocking_rules(question, start):
                found.add((start, counselor.pk))
    return found
