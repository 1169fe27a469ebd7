"""What the week calendar knows: each counselor's day, stretch by stretch, by the center's clock."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from admissions.admin.scheduling import calendar_grid
from admissions.scheduling import availability, week_layout
from admissions.scheduling.assignment import SlotChoice
from admissions.scheduling.models import Closure, Counselor, ExternalCalendar, Mode, ModeRules
from programs.models import Location
from tests.support.factories import make_consultation, make_counselor

PACIFIC = ZoneInfo("America/Los_Angeles")
# A Monday, 10 am.
NOW = datetime(2027, 1, 4, 10, tzinfo=PACIFIC)
TODAY, TOMORROW = date(2027, 1, 4), date(2027, 1, 5)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NOW)]


def at(hour, minute=0, day=TOMORROW):
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=PACIFIC)


def diary(*, first=TOMORROW, last=None, now=NOW, mode=Mode.PHONE, **query):
    return week_layout.load_schedule(
        Counselor.objects.order_by("pk"),
        first=first,
        last=last or first,
        query=week_layout.SlotQuery(mode, **query),
        now=now,
    )


def shown(counselor, day=TOMORROW, **query):
    """(kind, from, until, what) of each stretch; a free one says its starts."""
    read = diary(first=day, **query)
    return [told(span) for span in week_layout.day_spans(read, counselor, day)]


def told(span):
    begin, end = (each.astimezone(PACIFIC) for each in (span.starts_at, span.ends_at))
    about = span.about
    if span.kind == week_layout.FREE:
        about = [f"{each.astimezone(PACIFIC):%H:%M}" for each in about]
    return span.kind, f"{begin:%H:%M}", f"{end:%H:%M}", about


def free(counselor, **query):
    return [start for kind, *_when, starts in shown(counselor, **query) if kind == "free"
            for start in starts]  # fmt: skip


# The stretches of one day


def test_day_is_free_within_hours_and_outside_them_not():
    counselor = make_counselor(opens=time(9), closes=time(11))

    assert shown(counselor) == [
        ("outside", "00:00", "09:00", None),
        ("free", "09:00", "09:30", ["09:00"]),
        ("free", "09:30", "10:00", ["09:30"]),
        ("free", "10:00", "10:30", ["10:00"]),
        ("idle", "10:30", "11:00", "short"),
        ("outside", "11:00", "00:00", None),
    ]


def test_day_that_is_open_to_midnight_has_nothing_outside_at_its_end():
    counselor = make_counselor(opens=time(23), closes=time(0))

    assert shown(counselor)[-2:] == [
        ("free", "23:00", "23:30", ["23:00"]),
        ("idle", "23:30", "00:00", "short"),
    ]


def test_consultation_is_held_with_its_buffer():
    counselor = make_counselor(opens=time(9), closes=time(10))
    consultation = make_consultation(starts_at=at(9), counselor=counselor)

    assert shown(counselor)[1:-1] == [
        ("held", "09:00", "09:45", consultation),
        ("buffer", "09:45", "10:00", None),
    ]


def test_closure_stands_around_what_is_held_in_it():
    counselor = make_counselor(opens=time(9), closes=time(12))
    consultation = make_consultation(starts_at=at(10), counselor=counselor)
    closure = Closure.objects.create(starts_at=at(9), ends_at=at(12))

    assert shown(counselor)[1:-1] == [
        ("closed", "09:00", "10:00", closure),
        ("held", "10:00", "10:45", consultation),
        ("buffer", "10:45", "11:00", None),
        ("closed", "11:00", "12:00", closure),
    ]


def test_busy_time_of_their_own_shows_within_hours_only():
    counselor = make_counselor(opens=time(9), closes=time(11))
    calendar = ExternalCalendar.objects.create(counselor=counselor, kind="upload", label="Own")
    calendar.busy_times.create(counselor=counselor, starts_at=at(10, 15), ends_at=at(15))
    colleague = make_counselor(opens=time(9), closes=time(11))

    assert shown(counselor) == [
        ("outside", "00:00", "09:00", None),
        ("free", "09:00", "09:30", ["09:00"]),
        ("idle", "09:30", "10:15", "short"),
        ("idle", "10:15", "11:00", "busy"),
        ("outside", "11:00", "00:00", None),
    ]
    assert "busy" not in [what for *_when, what in shown(colleague)]


def test_closure_of_a_colleague_closes_nothing_here():
    counselor, other = make_counselor(opens=time(9), closes=time(10)), make_counselor()
    Closure.objects.create(counselor=other, starts_at=at(9), ends_at=at(10))

    assert free(counselor) == ["09:00"]


def test_canceled_consultation_leaves_its_time_free():
    counselor = make_counselor(opens=time(9), closes=time(10))
    make_consultation(starts_at=at(9), counselor=counselor, status="canceled_by_person")

    assert free(counselor) == ["09:00"]


def test_consultation_that_ended_is_still_seen():
    counselor = make_counselor(opens=time(8), closes=time(10))
    ended = make_consultation(
        starts_at=at(9, day=TODAY), counselor=counselor, status="completed", ended_at=NOW
    )

    assert shown(counselor, TODAY)[1:-1] == [
        ("idle", "08:00", "09:00", "past"),
        ("ended", "09:00", "09:45", ended),
        ("idle", "09:45", "10:00", "past"),
    ]


def test_today_tells_past_from_too_soon():
    counselor = make_counselor(opens=time(9), closes=time(12))

    assert shown(counselor, TODAY)[1:-1] == [
        ("idle", "09:00", "10:00", "past"),
        ("idle", "10:00", "10:30", "soon"),
        ("free", "10:30", "11:00", ["10:30"]),
        ("free", "11:00", "11:30", ["11:00"]),
        ("idle", "11:30", "12:00", "short"),
    ]


@pytest.mark.parametrize(
    ("columns", "asked", "reason"),
    [
        ({"modes": ["video"]}, {}, "mode"),
        ({"languages": ["en"]}, {"spoken_language": "es"}, "language"),
        ({"is_taking_consultations": False}, {}, "paused"),
    ],
)
def test_day_without_a_start_says_why(columns, asked, reason):
    counselor = make_counselor(opens=time(9), closes=time(12), **columns)

    assert shown(counselor, **asked)[1:-1] == [("idle", "09:00", "12:00", reason)]


def test_day_beyond_the_horizon_is_not_open_yet():
    counselor = make_counselor(opens=time(9), closes=time(12))

    assert shown(counselor, TODAY + 20 * DAY)[1:-1] == [("idle", "09:00", "12:00", "later")]


def test_day_at_its_cap_is_full():
    counselor = make_counselor(opens=time(9), closes=time(12), daily_cap=1)
    make_consultation(starts_at=at(9), counselor=counselor)

    assert shown(counselor)[3] == ("idle", "10:00", "12:00", "full")


def test_starts_nearer_than_half_an_hour_share_a_cell():
    ModeRules.objects.filter(mode="phone").update(start_grid=15)
    counselor = make_counselor(opens=time(9), closes=time(10))

    assert shown(counselor)[1:-1] == [
        ("free", "09:00", "09:30", ["09:00", "09:15"]),
        ("idle", "09:30", "10:00", "short"),
    ]


def test_hours_of_another_zone_stand_at_the_centers_time():
    counselor = make_counselor(opens=time(12), closes=time(13))
    Location.objects.update(time_zone="America/New_York")

    assert free(counselor) == ["09:00"]


def test_looking_to_move_shows_starts_within_its_own_time():
    counselor = make_counselor(opens=time(9), closes=time(11))
    moving = make_consultation(starts_at=at(9), counselor=counselor)

    asked = {"request": moving.request, "moving": moving}
    assert shown(counselor, **asked)[1:4] == [
        ("moving", "09:00", "09:30", moving),
        ("free", "09:30", "10:00", ["09:30"]),
        ("free", "10:00", "10:30", ["10:00"]),
    ]


def test_every_open_slot_is_shown_once():
    """What availability offers is what staff can click, no more and no less."""
    for number in range(4):
        counselor = make_counselor(opens=time(8 + number), closes=time(15 + number))
        make_consultation(starts_at=at(11 + number), counselor=counselor)
    Closure.objects.create(starts_at=at(13, 10), ends_at=at(14, 20), counselor=counselor)
    last = TODAY + 15 * DAY

    read = diary(first=TODAY, last=last)
    clicked = [
        (start, who.pk)
        for who in read.counselors
        for ahead in range(16)
        for span in week_layout.day_spans(read, who, TODAY + ahead * DAY)
        if span.kind == week_layout.FREE
        for start in span.about
    ]

    slots = availability.open_slots(mode="phone", now=NOW)
    assert sorted(clicked) == sorted(
        (slot.starts_at, pk) for slot in slots for pk in slot.counselors
    )


def test_whoever_stopped_taking_consultations_is_seen_while_one_stands():
    paused = make_counselor(is_taking_consultations=False)
    make_counselor(is_taking_consultations=False)
    make_consultation(starts_at=at(9), counselor=paused)

    assert list(week_layout.working_counselors(TOMORROW, TOMORROW)) == [paused]


# The columns


def columns(first, days=7, *, now):
    """Every column of one counselor, and the hours beside them."""
    (band,) = calendar_grid.counselor_bands(
        diary(first=first, last=first + (days - 1) * DAY, now=now),
        first,
        first + (days - 1) * DAY,
    )
    return band.columns, [hour.name for hour in band.hours]


def rows(column):
    return [(entry.kind, entry.starts, entry.rows) for entry in column.entries]


def test_columns_are_equally_long_and_begin_at_the_first_hour():
    counselor = make_counselor(opens=time(9), closes=time(12), days=range(5))
    make_consultation(starts_at=at(9, 30), counselor=counselor)

    found, hours = columns(TODAY, now=NOW)

    assert hours == ["9 am", "10 am", "11 am"]
    assert [sum(entry.rows for entry in column.entries) for column in found] == [12] * 7


def test_week_in_which_an_hour_repeats_shows_it_twice(time_machine):
    now = datetime(2027, 11, 4, 10, tzinfo=PACIFIC)
    time_machine.move_to(now, tick=False)
    make_counselor(opens=time(0), closes=time(3))

    found, hours = columns(date(2027, 11, 6), 2, now=now)

    assert hours == ["12 am", "1 am", "1 am again", "2 am"]
    assert [entry.starts for entry in found[1].entries if entry.kind == "free"] == [
        "12:00 am", "12:30 am",
        "1:00 am (PDT)", "1:30 am (PDT)", "1:00 am (PST)", "1:30 am (PST)",
        "2:00 am",
    ]  # fmt: skip
    assert rows(found[0])[4:6] == [("skipped", "", 4), ("free", "2:00 am", 2)]
    assert [sum(entry.rows for entry in column.entries) for column in found] == [16, 16]


def test_week_in_which_an_hour_is_skipped_lacks_it(time_machine):
    now = datetime(2027, 3, 11, 10, tzinfo=PACIFIC)
    time_machine.move_to(now, tick=False)
    make_counselor(opens=time(0), closes=time(5))

    found, hours = columns(date(2027, 3, 13), 2, now=now)

    assert hours == ["12 am", "1 am", "2 am", "3 am", "4 am"]
    assert rows(found[1])[2:6] == [
        ("free", "1:00 am", 2), ("free", "1:30 am", 2), ("skipped", "", 4), ("free", "3:00 am", 2),
    ]  # fmt: skip
    assert [sum(entry.rows for entry in column.entries) for column in found] == [20, 20]


def test_day_on_which_an_hour_is_skipped_has_no_row_for_it(time_machine):
    now = datetime(2027, 3, 11, 10, tzinfo=PACIFIC)
    time_machine.move_to(now, tick=False)
    make_counselor(opens=time(0), closes=time(5))

    _found, hours = columns(date(2027, 3, 14), 1, now=now)

    assert hours == ["12 am", "1 am", "3 am", "4 am"]


@pytest.mark.parametrize(
    ("first", "days", "names"),
    [
        (date(2027, 1, 4), 7, "PST"),
        (date(2027, 3, 8), 7, "PST and PDT"),
        (date(2027, 11, 7), 1, "PDT and PST"),
    ],
)
def test_zone_is_named_and_both_are_in_a_week_that_changes(first, days, names):
    assert calendar_grid.describe_zones(first, days) == names


def test_times_off_the_quarter_hour_keep_their_words():
    counselor = make_counselor(opens=time(9), closes=time(12))
    Closure.objects.create(
        counselor=counselor, starts_at=at(9, 7) + timedelta(seconds=3), ends_at=at(9, 11)
    )

    (column,) = columns(TOMORROW, 1, now=NOW)[0]

    assert ("closed", "9:07 am", 1) in rows(column)
    assert sum(entry.rows for entry in column.entries) == 12


def test_many_counselors_stand_in_bands_of_seven():
    for _each in range(9):
        make_counselor()

    bands = calendar_grid.day_bands(diary(), TOMORROW, TOMORROW)

    assert [len(band.columns) for band in bands] == [7, 2]


@pytest.mark.parametrize(
    ("held_at", "names"),
    [(10, ["Other", "Other", "Other"]), (15, ["Chosen", "Chosen", "Chosen"])],
    ids=["a colleague where the chosen one is not free", "the chosen one where they are"],
)
def test_nearest_names_who_has_the_time(held_at, names):
    make_counselor(public_name="Other")
    chosen = make_counselor(public_name="Chosen")
    make_consultation(starts_at=at(held_at), counselor=chosen)
    lost = SlotChoice(at(10).astimezone(UTC), "phone", chosen.pk)

    found = calendar_grid.nearest_alternatives(lost, week_layout.SlotQuery("phone"), now=NOW)

    assert [each.words for each in found] == [
        f"Tue, Jan 5, {clock} am with {name}"
        for clock, name in zip(["9:30", "10:00", "10:30"], names, strict=True)
    ]
