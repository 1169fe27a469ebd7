"""Closures in whole days or parts, and holidays by ticking."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import time_machine

from admissions.scheduling import holidays
from admissions.scheduling.models import Closure, Consultation
from tests.support import factories
from tests.support.desk import NOW, booked, minutes, page_of
from tests.support.rivals import at_once

CLOSURE = "/admin/admissions/closure/"
HOLIDAYS = CLOSURE + "holidays/"
CHRISTMAS = datetime(2026, 12, 25, 8, tzinfo=UTC)


def typed(first_day, first_time="", last_day="", last_time="", **columns):
    names = {"first_day": first_day, "first_time": first_time, "last_day": last_day}
    return {"counselor": "", "reason": "", **names, "last_time": last_time, **columns}


@pytest.mark.parametrize(
    ("asked", "starts_at", "ends_at"),
    [
        (typed("2026-12-24"), "2026-12-24T08:00Z", "2026-12-25T08:00Z"),
        (typed("2026-12-24", last_day="2026-12-31"), "2026-12-24T08:00Z", "2027-01-01T08:00Z"),
        (typed("2026-12-24", "09:00", "", "17:00"), "2026-12-24T17:00Z", "2026-12-25T01:00Z"),
        (typed("2026-12-24", "13:00", "", "00:00"), "2026-12-24T21:00Z", "2026-12-25T08:00Z"),
        (typed("2026-12-24", "13:00"), "2026-12-24T21:00Z", "2026-12-25T08:00Z"),
        (
            typed("2026-12-24", "", "2026-12-26", "12:00"),
            "2026-12-24T08:00Z",
            "2026-12-26T20:00Z",
        ),
        # The day on which clocks go forward has 23 hours, that on which they go back has 25.
        (typed("2027-03-14"), "2027-03-14T08:00Z", "2027-03-15T07:00Z"),
        (typed("2027-11-07"), "2027-11-07T07:00Z", "2027-11-08T08:00Z"),
        # An hour that comes twice is closed both times.
        (typed("2027-11-07", "01:00", "", "01:30"), "2027-11-07T08:00Z", "2027-11-07T09:30Z"),
    ],
)
def test_closure_takes_whole_days_or_parts_by_the_centers_clock(
    client, director, asked, starts_at, ends_at
):
    client.post(CLOSURE + "add/", asked)

    closure = Closure.objects.get()
    assert (closure.starts_at, closure.ends_at) == (
        datetime.fromisoformat(starts_at),
        datetime.fromisoformat(ends_at),
    )


@pytest.mark.parametrize(
    ("asked", "field", "message"),
    [
        (typed("2026-12-24", "17:00", "", "09:00"), "__all__", "The end must be after the start."),
        (
            typed("2026-12-24", last_day="2026-12-23"),
            "__all__",
            "The end must be after the start.",
        ),
        (
            typed("2027-03-14", "02:30"),
            "__all__",
            "The clocks change on Sunday, March 14: 2:30 a.m. does not exist then.",
        ),
        (typed("yesterday"), "first_day", "Enter a valid date."),
        (typed(""), "first_day", "This field is required."),
        (
            typed("9999-12-31"),
            "first_day",
            "Ensure this value is less than or equal to 2100-01-01.",
        ),
    ],
)
def test_closure_of_no_real_time_is_refused(client, director, asked, field, message):
    response = client.post(CLOSURE + "add/", asked)

    errors = response.context["adminform"].form.errors
    assert (errors, Closure.objects.count()) == ({field: [message]}, 0)


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        (typed("2026-12-24", last_day="2026-12-31"), ("2026-12-24", None, "2026-12-31", None)),
        (
            typed("2026-12-24", "13:00", "", "17:30"),
            ("2026-12-24", "13:00:00", "2026-12-24", "17:30:00"),
        ),
    ],
)
def test_closure_is_shown_as_it_was_typed(client, director, asked, shown):
    client.post(CLOSURE + "add/", asked)

    page = client.get(f"{CLOSURE}{Closure.objects.get().pk}/change/")

    initial = page.context["adminform"].form.initial
    names = ("first_day", "first_time", "last_day", "last_time")
    assert tuple(initial[name] and str(initial[name]) for name in names) == shown


def test_closure_names_each_consultation_it_touches_with_a_link(client, director):
    consultation = booked(minutes(1440))
    booked(minutes(1440))
    asked = typed("2026-11-25", "14:30", "", "17:00", counselor=consultation.counselor.pk)

    response = client.post(CLOSURE + "add/", asked, follow=True)

    said = str(next(iter(response.context["messages"])))
    assert "1 consultation stands in this time." in said
    assert f'<a href="{page_of(consultation.request)}">Wed, Nov 25, 2:11 pm with Dana</a>' in said


def test_closure_asks_again_about_what_was_kept(client, director):
    kept = booked(minutes(1440), kept_at=NOW)
    beside = booked(minutes(4320), kept_at=NOW)

    client.post(CLOSURE + "add/", typed("2026-11-25"))

    kept_at = dict(Consultation.objects.values_list("pk", "kept_at"))
    assert kept_at == {kept.pk: None, beside.pk: NOW}


# Holidays


def names_of(response):
    return {f"{each.on}": each.name for each in response.context["holidays"]}


def test_holidays_are_those_of_the_country_and_the_state_for_twelve_months(client, director):
    named = names_of(client.get(HOLIDAYS))

    assert named["2026-11-26"] == "Thanksgiving Day"
    assert named["2026-11-27"] == "Day After Thanksgiving"
    assert named["2027-03-31"] == "Cesar Chavez Day"
    assert named["2027-06-18"] == "Juneteenth National Independence Day (observed)"
    assert named["2027-10-11"] == "Columbus Day"
    assert (min(named), max(named)) == ("2026-11-26", "2027-11-11")


def test_ticked_holidays_close_the_whole_center_all_day(client, director):
    client.post(HOLIDAYS, {"day": ["2026-12-25"]})

    closure = Closure.objects.get()
    assert (closure.counselor, closure.reason) == (None, "Christmas Day")
    assert (closure.starts_at, closure.ends_at) == (CHRISTMAS, CHRISTMAS + timedelta(days=1))


def test_holidays_ticked_twice_close_once(client, director):
    client.post(HOLIDAYS, {"day": ["2026-12-25"]})

    client.post(HOLIDAYS, {"day": ["2026-12-25", "2027-01-01"]})

    assert list(Closure.objects.values_list("reason", flat=True)) == [
        "Christmas Day",
        "New Year's Day",
    ]


def test_holiday_within_a_longer_closure_is_closed_already(client, director):
    client.post(CLOSURE + "add/", typed("2026-12-20", last_day="2026-12-31"))

    closed = [each.name for each in client.get(HOLIDAYS).context["holidays"] if each.is_closed]

    assert closed == ["Christmas Day"]


@pytest.mark.parametrize("day", ["2026-12-23", "no day", "2020-12-25", "9999-99-99"])
def test_what_is_no_holiday_ahead_closes_nothing(client, director, day):
    client.post(HOLIDAYS, {"day": [day]})

    assert Closure.objects.count() == 0


def test_holidays_name_each_consultation_they_touch(client, director):
    thanksgiving = booked(minutes(2 * 1440), kept_at=NOW)

    response = client.post(HOLIDAYS, {"day": ["2026-11-26"]}, follow=True)

    said = [str(each) for each in response.context["messages"]]
    assert said[0] == "Closed on 1 day."
    assert page_of(thanksgiving.request) in said[1]
    assert Consultation.objects.get().kept_at is None


@pytest.mark.parametrize("role", ["coordinator", "counselor"])
def test_holidays_are_not_added_without_the_directors_role(client, db, role):
    client.force_login(factories.make_user(role))

    response = client.post(HOLIDAYS, {"day": ["2026-12-25"]})

    assert (response.status_code, Closure.objects.count()) == (403, 0)


def test_holidays_added_at_once_close_once(real_commits):
    with time_machine.travel(NOW, tick=False):
        director = factories.make_user("director")
        days = [CHRISTMAS.date()]

        made = at_once([partial(holidays.close_on_holidays, days=days, by=director)] * 4)

    assert sorted(len(each) for each in made) == [0, 0, 0, 1]
    assert Closure.objects.count() == 1
