"""Counselors, hours, closures, rules and consent texts, as the director keeps them."""

from datetime import date, time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from admissions.intake.models import ConsentVersion
from admissions.scheduling.models import Counselor, ExtraHours, ModeRules, WeeklyHours
from programs.models import Location
from tests.support import factories
from tests.support.desk import NOW, booked, minutes

pytestmark = pytest.mark.django_db
COUNSELOR = "/admin/admissions/counselor/"
RULES = {
    "length": 45, "buffer_before": 0, "buffer_after": 15, "minimum_notice": 30, "start_grid": 30,
    "horizon": 14, "move_until": 0, "cancel_until": 0,
}  # fmt: skip


def counselor_form(*hours, **columns):
    """What the browser posts for a new counselor with these (weekday, opens, closes)."""
    data = {
        "user": factories.make_user("counselor").pk,
        "public_name": "Mina",
        "is_taking_consultations": "on",
        "languages": ["en", "es"],
        "modes": ["phone"],
        "location": Location.objects.first().pk,
        "share": 100,
        "weekly_hours-TOTAL_FORMS": len(hours),
        "weekly_hours-INITIAL_FORMS": 0,
        "extra_hours-TOTAL_FORMS": 0,
        "extra_hours-INITIAL_FORMS": 0,
    }
    for number, (weekday, opens, closes) in enumerate(hours):
        data[f"weekly_hours-{number}-weekday"] = weekday
        data[f"weekly_hours-{number}-opens"] = opens
        data[f"weekly_hours-{number}-closes"] = closes
    return data | columns


def extra_hours(*hours):
    """What the browser posts beside it for these (on, opens, closes)."""
    data = {"extra_hours-TOTAL_FORMS": len(hours)}
    for number, values in enumerate(hours):
        for name, value in zip(("on", "opens", "closes"), values, strict=True):
            data[f"extra_hours-{number}-{name}"] = value
    return data


def test_counselor_is_added_with_hours(client, director):
    client.post(COUNSELOR + "add/", counselor_form((0, "09:00", "12:00"), (0, "13:00", "17:00")))

    counselor = Counselor.objects.get()
    hours = list(counselor.weekly_hours.values_list("weekday", "opens", "closes"))
    assert (counselor.languages, counselor.modes) == (["en", "es"], ["phone"])
    assert hours == [(0, time(9), time(12)), (0, time(13), time(17))]


@pytest.mark.parametrize(
    ("hours", "message"),
    [
        ([(0, "09:00", "12:00"), (0, "11:00", "17:00")], "Hours overlap on Monday."),
        ([(2, "09:00", "17:00"), (2, "10:00", "11:00")], "Hours overlap on Wednesday."),
        ([(0, "09:00", "12:00"), (0, "09:00", "12:00")], "Hours overlap on Monday."),
    ],
)
def test_counselor_with_overlapping_hours_is_refused(client, director, hours, message):
    response = client.post(COUNSELOR + "add/", counselor_form(*hours))

    formset = response.context["inline_admin_formsets"][0].formset
    assert (formset.non_form_errors(), Counselor.objects.count()) == ([message], 0)


def test_counselor_with_touching_hours_is_welcome(client, director):
    client.post(COUNSELOR + "add/", counselor_form((0, "09:00", "12:00"), (0, "12:00", "17:00")))

    assert WeeklyHours.objects.count() == 2


@pytest.mark.parametrize(
    "apart",
    [
        {"weekly_hours-0-modes": ["video"], "weekly_hours-1-modes": ["phone"]},
        {"weekly_hours-0-valid_until": "2027-01-03", "weekly_hours-1-valid_from": "2027-01-04"},
    ],
    ids=["by mode", "by date"],
)
def test_counselor_with_hours_apart_is_welcome(client, director, apart):
    typed = counselor_form((0, "09:00", "12:00"), (0, "11:00", "17:00"), **apart)

    client.post(COUNSELOR + "add/", typed)

    assert WeeklyHours.objects.count() == 2


@pytest.mark.parametrize(
    "together",
    [
        {"weekly_hours-0-modes": ["video", "phone"], "weekly_hours-1-modes": ["phone"]},
        {"weekly_hours-0-modes": ["video"]},
        {"weekly_hours-0-valid_until": "2027-01-04", "weekly_hours-1-valid_from": "2027-01-04"},
    ],
    ids=["a shared mode", "every mode", "a shared day"],
)
def test_counselor_with_hours_that_meet_is_refused(client, director, together):
    typed = counselor_form((0, "09:00", "12:00"), (0, "11:00", "17:00"), **together)

    response = client.post(COUNSELOR + "add/", typed)

    formset = response.context["inline_admin_formsets"][0].formset
    assert formset.non_form_errors() == ["Hours overlap on Monday."]
    assert Counselor.objects.count() == 0


def test_counselor_with_hours_that_end_before_they_begin_is_refused(client, director):
    dates = {"weekly_hours-0-valid_from": "2027-01-04", "weekly_hours-0-valid_until": "2027-01-03"}

    response = client.post(COUNSELOR + "add/", counselor_form((0, "09:00", "12:00"), **dates))

    formset = response.context["inline_admin_formsets"][0].formset
    assert formset.forms[0].non_field_errors() == ["The last day must not be before the first day."]
    assert Counselor.objects.count() == 0


def test_counselor_cannot_close_before_opening(client, director):
    response = client.post(COUNSELOR + "add/", counselor_form((0, "17:00", "09:00")))

    formset = response.context["inline_admin_formsets"][0].formset
    assert formset.forms[0].non_field_errors() == ["Closing time must be after opening time."]
    assert Counselor.objects.count() == 0


def test_counselor_is_added_with_extra_hours(client, director):
    extra = extra_hours(("2026-12-05", "10:00", "12:00"), ("2026-12-05", "12:00", "14:00"))

    client.post(COUNSELOR + "add/", counselor_form(**extra))

    assert list(ExtraHours.objects.values_list("on", "opens", "closes")) == [
        (date(2026, 12, 5), time(10), time(12)),
        (date(2026, 12, 5), time(12), time(14)),
    ]


@pytest.mark.parametrize(
    ("opens", "closes", "message"),
    [
        ("17:00", "09:00", "Closing time must be after opening time."),
        (
            "02:30",
            "05:00",
            "The clocks change on Sunday, March 14: 2:30 a.m. does not exist then.",
        ),
        (
            "01:00",
            "02:00",
            "The clocks change on Sunday, March 14: 2 a.m. does not exist then.",
        ),
    ],
)
def test_counselor_with_extra_hours_of_no_real_time_is_refused(
    client, director, opens, closes, message
):
    extra = extra_hours(("2027-03-14", opens, closes))

    response = client.post(COUNSELOR + "add/", counselor_form(**extra))

    formset = response.context["inline_admin_formsets"][1].formset
    assert formset.forms[0].non_field_errors() == [message]
    assert Counselor.objects.count() == 0


@pytest.mark.parametrize("midnight", ["00:00", "24:00"])
def test_hours_may_close_at_midnight_however_it_is_written(client, director, midnight):
    extra = extra_hours(("2026-12-05", "16:00", midnight))

    client.post(COUNSELOR + "add/", counselor_form((0, "16:00", midnight), **extra))

    for model in (WeeklyHours, ExtraHours):
        assert list(model.objects.values_list("opens", "closes")) == [(time(16), time(0))]


def test_hours_until_midnight_overlap_what_opens_before_it(client, director):
    form = counselor_form((0, "16:00", "00:00"), (0, "23:00", "23:30"))

    client.post(COUNSELOR + "add/", form)

    assert Counselor.objects.count() == 0


def test_counselor_with_extra_hours_around_a_skipped_hour_is_welcome(client, director):
    extra = extra_hours(("2027-03-14", "01:00", "03:00"))

    client.post(COUNSELOR + "add/", counselor_form(**extra))

    assert ExtraHours.objects.count() == 1


def test_counselor_with_overlapping_extra_hours_is_refused(client, director):
    extra = extra_hours(("2026-12-05", "10:00", "12:00"), ("2026-12-05", "11:00", "14:00"))

    response = client.post(COUNSELOR + "add/", counselor_form(**extra))

    formset = response.context["inline_admin_formsets"][1].formset
    assert formset.non_form_errors() == ["Hours overlap on Saturday, December 5."]
    assert Counselor.objects.count() == 0


def test_range_of_extra_hours_that_meets_another_is_refused(client, director):
    extra = extra_hours(("2026-12-05", "10:00", "12:00"), ("2026-12-01", "11:00", "14:00"))
    extra["extra_hours-1-until"] = "2026-12-06"

    response = client.post(COUNSELOR + "add/", counselor_form(**extra))

    formset = response.context["inline_admin_formsets"][1].formset
    assert formset.non_form_errors() == ["Hours overlap on Saturday, December 5."]


@pytest.mark.parametrize("until", ["2026-12-04", "2028-01-01", "9999-12-31"])
def test_range_of_extra_hours_that_makes_no_sense_is_refused(client, director, until):
    extra = extra_hours(("2026-12-05", "10:00", "12:00"))
    extra["extra_hours-0-until"] = until

    response = client.post(COUNSELOR + "add/", counselor_form(**extra))

    formset = response.context["inline_admin_formsets"][1].formset
    assert formset.forms[0].non_field_errors() == [
        "The last date must not be before the first, nor over a year after it."
    ]


def test_range_of_extra_hours_over_a_day_without_their_time_is_refused(client, director):
    extra = extra_hours(("2027-03-12", "02:15", "03:15"))
    extra["extra_hours-0-until"] = "2027-03-15"

    response = client.post(COUNSELOR + "add/", counselor_form(**extra))

    formset = response.context["inline_admin_formsets"][1].formset
    assert formset.forms[0].non_field_errors() == [
        "The clocks change on Sunday, March 14: 2:15 a.m. does not exist then."
    ]


def test_counselor_without_a_location_is_refused_beside_the_field(client, director):
    extra = extra_hours(("2026-12-05", "10:00", "12:00"))

    response = client.post(COUNSELOR + "add/", counselor_form(location="", **extra))

    assert list(response.context["adminform"].form.errors) == ["location"]


def test_extra_hours_of_the_past_are_kept_but_no_longer_shown(client, director):
    counselor = factories.make_counselor(days=[])
    for day in (23, 24):
        counselor.extra_hours.create(on=date(2026, 11, day), opens=time(9), closes=time(17))

    page = client.get(f"{COUNSELOR}{counselor.pk}/change/")

    formset = page.context["inline_admin_formsets"][1].formset
    assert [form.instance.on.day for form in formset.initial_forms] == [24]


def test_counselor_with_video_needs_a_link(client, director):
    response = client.post(COUNSELOR + "add/", counselor_form(modes=["video"]))

    errors = response.context["adminform"].form.non_field_errors()
    assert (errors, Counselor.objects.count()) == (["Video needs a meeting link."], 0)


def test_counselor_with_a_cap_of_nothing_is_refused(client, director):
    response = client.post(COUNSELOR + "add/", counselor_form(daily_cap=0))

    errors = response.context["adminform"].form.non_field_errors()
    assert (errors, Counselor.objects.count()) == (
        ["The daily cap must be at least 1, or empty."],
        0,
    )


@pytest.mark.parametrize("share", [9, 201])
def test_counselor_with_a_share_out_of_bounds_is_refused(client, director, share):
    response = client.post(COUNSELOR + "add/", counselor_form(share=share))

    errors = response.context["adminform"].form.non_field_errors()
    assert (errors, Counselor.objects.count()) == (
        ["The share must be from 10 to 200 percent."],
        0,
    )


def test_counselor_without_a_mode_is_refused(client, director):
    response = client.post(COUNSELOR + "add/", counselor_form(modes=[]))

    assert list(response.context["adminform"].form.errors) == ["modes"]


@pytest.mark.parametrize(
    ("column", "value"),
    [("length", 0), ("start_grid", 0), ("start_grid", 4), ("horizon", 91), ("horizon", 0)],
)
def test_rules_out_of_bounds_are_refused_beside_the_field(client, director, column, value):
    response = client.post("/admin/admissions/moderules/phone/change/", RULES | {column: value})

    assert list(response.context["adminform"].form.errors) == [column]
    assert getattr(ModeRules.objects.get(mode="phone"), column) == RULES[column]


def test_rules_are_changed_by_the_director(client, director):
    typed = RULES | {"length": 60, "buffer_before": 5, "move_until": 120, "cancel_until": 60}

    client.post("/admin/admissions/moderules/phone/change/", typed)

    kept = ModeRules.objects.filter(mode="phone").values(*typed).get()
    assert kept == typed


def test_consent_of_new_words_becomes_a_version(client, director):
    typed = {
        "key": "news", "language": "en", "text": "Write to me sometimes.",
        "effective_from": "2026-11-24T14:00",
    }  # fmt: skip

    client.post("/admin/admissions/consentversion/add/", typed)

    assert ConsentVersion.objects.current(language="en")["news"].text == "Write to me sometimes."


def test_consent_of_the_same_words_is_refused(client, director):
    text = ConsentVersion.objects.get(key="news", language="en").text
    typed = {
        "key": "news", "language": "en", "text": text,
        "effective_from": "2026-11-24T14:00",
    }  # fmt: skip

    response = client.post("/admin/admissions/consentversion/add/", typed)

    assert response.context["adminform"].form.non_field_errors() == [
        "These very words are a version already."
    ]


def test_calendar_goes_day_by_day(client, director):
    counselor = factories.make_counselor()
    booked(minutes(49), counselor=counselor)
    booked(minutes(1489), counselor=counselor)
    booked(minutes(-1440), counselor=counselor)

    days = client.get("/admin/admissions/consultation/").context["days"]

    assert [(day.name, [held.time for held in day.held]) for day in days] == [
        ("Today, Tuesday, November 24", ["3:00 pm to 3:45 pm"]),
        ("Tomorrow, Wednesday, November 25", ["3:00 pm to 3:45 pm"]),
    ]


def test_calendar_keeps_the_past_apart(client, director):
    booked(minutes(-1440))

    days = client.get("/admin/admissions/consultation/", {"when": "past"}).context["days"]

    assert [day.name for day in days] == ["Monday, November 23"]


@pytest.mark.parametrize("desk", ["consultation", "message"])
def test_ledgers_refuse_to_filter_by_a_person(client, director, desk):
    response = client.get(
        f"/admin/admissions/{desk}/", {"request__preferred_name__startswith": "J"}
    )

    assert response.status_code == 400


def test_ledger_leads_from_an_email_to_its_request(client, director):
    request = factories.make_request()
    factories.make_message("moved", request=request, due_at=NOW)

    html = client.get("/admin/admissions/message/").content.decode()

    assert f'/consultationrequest/{request.pk}/change/">{request.reference}</a>' in html


def test_counselor_asks_as_much_for_many_hours_as_for_one(
    client, director, django_assert_num_queries
):
    counselor = factories.make_counselor(days=[0])
    address, counts = f"{COUNSELOR}{counselor.pk}/change/", []
    for days in ([], range(1, 7)):
        for day in days:
            counselor.weekly_hours.create(weekday=day, opens=time(9), closes=time(17))
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            page = client.get(address)
        counts.append(len(queries))

    assert counts[0] == counts[1]
    # Seven rows, an empty one, and the one that a script copies.
    assert page.content.decode().count(">Their own<") == 7 + 2
