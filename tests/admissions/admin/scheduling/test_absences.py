"""Going away, and what is left behind: what staff see and save."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from admissions.scheduling.models import Closure, Consultation, Counselor
from tests.support import factories
from tests.support.desk import booked, minutes, page_of
from users.models import User

pytestmark = pytest.mark.django_db
TOMORROW = {"first_day": "2026-11-25", "first_time": "", "last_day": "", "last_time": ""}
DAY = 1440


@pytest.fixture
def dana():
    return factories.make_counselor()


@pytest.fixture
def mina(dana):
    return factories.make_counselor(public_name="Mina")


def away_of(counselor, name="away"):
    return f"/admin/admissions/counselor/{counselor.pk}/{name}/"


def decided(**decisions):
    return {**TOMORROW, "reason": "Training", **decisions}


def rows(response):
    """(when, initial choice, choices) of each consultation on the page."""
    return [
        (row.when, row.field.value(), [value for value, _label in row.field.field.choices])
        for row in response.context["rows"]
    ]


def errors(response):
    return {name: list(each) for name, each in response.context["form"].errors.items()}


def said(response):
    return [str(each) for each in response.context["messages"]]


# The page


def test_page_first_asks_when(client, coordinator, dana):
    response = client.get(away_of(dana))

    assert (response.context["rows"], list(response.context["when"].errors)) == (None, [])


def test_page_lists_what_stands_then_with_the_best_colleague_chosen(
    client, coordinator, dana, mina
):
    booked(minutes(DAY - 11), counselor=dana)
    booked(minutes(3 * DAY), counselor=dana)

    response = client.get(away_of(dana), TOMORROW)

    assert rows(response) == [
        ("Wed, Nov 25, 2:00 pm", f"to-{mina.pk}", ["", f"to-{mina.pk}", "keep", "free"])
    ]


def test_page_without_a_fitting_colleague_chooses_nothing_for_us(client, coordinator, dana):
    booked(minutes(DAY - 11), counselor=dana)

    response = client.get(away_of(dana), TOMORROW)

    assert rows(response) == [("Wed, Nov 25, 2:00 pm", "", ["", "keep", "free"])]


def test_page_says_when_the_time_is_over(client, coordinator, dana):
    response = client.get(away_of(dana), TOMORROW | {"first_day": "2026-11-23"})

    assert response.context["when"].errors == {"first_day": ["This time is over. Choose another."]}


@pytest.mark.parametrize("count", [1, 30])
def test_page_costs_the_same_with_1_and_30_rows(client, coordinator, dana, mina, count):
    for number in range(count):
        booked(minutes(DAY + 60 * number - 11), counselor=dana)
    asked = TOMORROW | {"last_day": "2026-12-02"}
    client.get(away_of(dana), asked)

    with CaptureQueriesContext(connection) as captured:
        response = client.get(away_of(dana), asked)

    assert (len(response.context["rows"]), len(captured)) == (count, 17)


# Saving


def test_one_post_hands_over_keeps_and_cancels(client, coordinator, dana, mina):
    handed, kept, freed = (booked(minutes(DAY - 11 + 60 * n), counselor=dana) for n in range(3))
    choices = {
        f"decision_{handed.pk}": f"to-{mina.pk}",
        f"decision_{kept.pk}": "keep",
        f"decision_{freed.pk}": "free",
    }

    response = client.post(away_of(dana), decided(**choices), follow=True)

    standing = Consultation.objects.standing().order_by("starts_at")
    assert [(each.counselor, bool(each.kept_at)) for each in standing] == [
        (mina, False),
        (dana, True),
    ]
    assert Closure.objects.get().reason == "Training"
    assert said(response)[0].startswith("Saved for Dana: 1 handed over, 1 kept, 1 canceled.")


def test_one_that_came_in_meanwhile_brings_the_page_back_with_it(client, coordinator, dana, mina):
    seen = booked(minutes(DAY - 11), counselor=dana)
    unseen = booked(minutes(DAY + 49), counselor=dana)

    response = client.post(away_of(dana), decided(**{f"decision_{seen.pk}": f"to-{mina.pk}"}))

    assert errors(response) == {f"decision_{unseen.pk}": ["Choose what becomes of it."]}
    assert [row[1] for row in rows(response)] == [f"to-{mina.pk}", None]
    assert (Closure.objects.count(), Consultation.objects.standing().count()) == (0, 2)


def test_colleague_taken_meanwhile_brings_the_page_back(client, coordinator, dana, mina):
    consultation = booked(minutes(DAY - 11), counselor=dana)
    booked(minutes(DAY - 11), counselor=mina)

    response = client.post(
        away_of(dana), decided(**{f"decision_{consultation.pk}": f"to-{mina.pk}"})
    )

    assert errors(response) == {
        f"decision_{consultation.pk}": ["This colleague is no longer free then. Choose again."]
    }
    assert said(response) == ["Nothing is saved yet. Look at what is marked below."]
    assert Closure.objects.count() == 0


def test_full_day_of_a_colleague_brings_the_page_back_with_its_choices(
    client, coordinator, dana, mina
):
    """Each of two fits alone; only the second of both does not: the service has the last word."""
    Counselor.objects.filter(pk=mina.pk).update(daily_cap=1)
    first, second = (booked(minutes(DAY - 11 + 60 * n), counselor=dana) for n in range(2))
    choices = {f"decision_{each.pk}": f"to-{mina.pk}" for each in (first, second)}

    response = client.post(away_of(dana), decided(**choices))

    assert errors(response) == {
        f"decision_{second.pk}": ["This colleague is no longer free then. Choose again."]
    }
    assert (Closure.objects.count(), said(response)) == (
        0,
        ["Nothing is saved yet. Look at what is marked below."],
    )


@pytest.mark.security(24)
def test_nobody_is_to_be_canceled_by_a_forged_choice(client, coordinator, dana):
    consultation = booked(minutes(DAY - 11), counselor=dana)
    stranger = factories.make_counselor(languages=["es"])

    for forged in (f"to-{stranger.pk}", "to-0", "to-", "drop", "to-x"):
        client.post(away_of(dana), decided(**{f"decision_{consultation.pk}": forged}))

    consultation.refresh_from_db()
    assert consultation.is_standing
    assert Closure.objects.count() == 0


def test_get_changes_nothing(client, coordinator, dana, mina):
    consultation = booked(minutes(DAY - 11), counselor=dana)

    client.get(away_of(dana), decided(**{f"decision_{consultation.pk}": "free"}))

    consultation.refresh_from_db()
    assert consultation.is_standing
    assert Closure.objects.count() == 0


# Who may


@pytest.mark.parametrize("role", ["director", "coordinator"])
def test_director_and_coordinator_hand_over_for_anyone(client, dana, role):
    client.force_login(factories.make_user(role))

    response = client.post(away_of(dana), decided())

    assert (response.status_code, Closure.objects.count()) == (302, 1)


def test_counselor_hands_over_for_themself(client, dana):
    client.force_login(dana.user)

    response = client.post(away_of(dana), decided())

    assert (response.status_code, Closure.objects.count()) == (302, 1)


@pytest.mark.parametrize("name", ["away", "gaps"])
@pytest.mark.security(20)
def test_counselor_does_not_hand_over_for_a_colleague(client, dana, mina, name):
    client.force_login(mina.user)

    response = client.post(away_of(dana, name), decided())

    assert (response.status_code, Closure.objects.count()) == (403, 0)


def test_counselors_page_leads_to_time_away_only_those_who_may(client, dana, mina):
    page = f"/admin/admissions/counselor/{dana.pk}/change/"
    found = {}
    for name, user in {"own": dana.user, "colleague": mina.user}.items():
        client.force_login(user)
        found[name] = away_of(dana) in client.get(page).content.decode()

    assert found == {"own": True, "colleague": False}


# Someone who left


@pytest.fixture
def left_behind(dana, mina):
    consultation = booked(minutes(DAY - 11), counselor=dana)
    User.objects.filter(pk=dana.user_id).update(is_active=False)
    return consultation


def test_today_lists_what_someone_left_behind(client, coordinator, dana, left_behind):
    response = client.get("/admin/")

    (uncovered,) = response.context["today"].uncovered
    assert uncovered.consultation == left_behind
    assert uncovered.when == "tomorrow 2:00 pm"
    assert uncovered.why == "Dana no longer works here"
    assert uncovered.may_decide
    assert away_of(dana, "gaps") in response.content.decode()


def test_today_leads_a_colleague_to_the_request(client, mina, dana, left_behind):
    client.force_login(mina.user)

    html = client.get("/admin/").content.decode()

    assert away_of(dana, "gaps") not in html
    assert page_of(left_behind.request) in html


def test_request_page_says_that_its_counselor_is_gone(client, coordinator, left_behind):
    html = client.get(page_of(left_behind.request)).content.decode()

    assert "Dana no longer works here." in re.sub(r"\s+", " ", html)


def test_gaps_page_hands_over_and_offers_no_keeping_with_someone_gone(
    client, coordinator, dana, mina, left_behind
):
    page = client.get(away_of(dana, "gaps"))

    client.post(away_of(dana, "gaps"), {f"decision_{left_behind.pk}": f"to-{mina.pk}"})

    assert rows(page)[0][2] == ["", f"to-{mina.pk}", "free"]
    assert [each.counselor for each in Consultation.objects.standing()] == [mina]
    assert client.get("/admin/").context["today"].uncovered == []


def counselor_form(counselor, **columns):
    return {
        "user": counselor.user_id, "public_name": "Dana", "is_taking_consultations": "on",
        "languages": ["en"], "modes": ["phone"], "location": counselor.location_id, "share": 100,
        "weekly_hours-TOTAL_FORMS": 0, "weekly_hours-INITIAL_FORMS": 0,
        "extra_hours-TOTAL_FORMS": 0, "extra_hours-INITIAL_FORMS": 0, **columns,
    }  # fmt: skip


def test_pausing_a_counselor_says_what_stands_and_leads_to_the_page(client, dana):
    booked(minutes(DAY - 11), counselor=dana)
    client.force_login(factories.make_user("director"))
    page = f"/admin/admissions/counselor/{dana.pk}/change/"

    response = client.post(page, counselor_form(dana, is_taking_consultations=""), follow=True)

    assert away_of(dana, "gaps") in " ".join(said(response))
    assert "1 consultation of Dana stands in time that they no longer have." in " ".join(
        said(response)
    )


def test_taking_hours_away_says_what_stands_outside_them(client, dana):
    booked(minutes(DAY - 11), counselor=dana)
    client.force_login(factories.make_user("director"))
    tuesday = dana.weekly_hours.get(weekday=2)
    hours = {
        "weekly_hours-TOTAL_FORMS": 1, "weekly_hours-INITIAL_FORMS": 1,
        "weekly_hours-0-id": tuesday.pk, "weekly_hours-0-counselor": dana.pk,
        "weekly_hours-0-weekday": 2, "weekly_hours-0-opens": "09:00",
        "weekly_hours-0-closes": "12:00",
    }  # fmt: skip

    response = client.post(
        f"/admin/admissions/counselor/{dana.pk}/change/",
        counselor_form(dana, **hours),
        follow=True,
    )

    assert away_of(dana, "gaps") in " ".join(said(response))


def test_ending_a_sign_in_says_what_stands(client, dana):
    booked(minutes(DAY - 11), counselor=dana)
    client.force_login(factories.make_user(None, is_superuser=True))
    typed = {
        "username": dana.user.username, "date_joined_0": "2026-11-01", "date_joined_1": "10:00",
        "is_staff": "on", "email": dana.user.email,
    }  # fmt: skip

    response = client.post(f"/admin/users/user/{dana.user_id}/change/", typed, follow=True)

    assert not User.objects.get(pk=dana.user_id).is_active
    assert away_of(dana, "gaps") in " ".join(said(response))
