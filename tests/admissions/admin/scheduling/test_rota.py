"""The page of the on-call rota: kept by coordinator and director, seen by all who answer."""

from datetime import timedelta

import pytest

from admissions.audit.models import AuditEvent
from admissions.scheduling.models import OnCallShift
from tests.support.desk import NOW, minutes, told
from tests.support.factories import make_shift, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NOW)]
PAGE = "/admin/admissions/oncallshift/"
# NOW is Tuesday, November 24, 2:11 pm at the center.
TONIGHT = {"first_day": "2026-11-24", "first_time": "20:00", "last_time": "08:00"}


@pytest.fixture
def by(client):
    user = make_user("coordinator", first_name="Ola")
    client.force_login(user)
    return user


@pytest.fixture
def kim():
    return make_user(first_name="Kim")


def events():
    found = AuditEvent.objects.without_views().filter(object_type="oncallshift")
    return [(each.type, each.actor, each.staff) for each in found]


def test_shift_past_midnight_is_stored_and_recorded(client, by, kim):
    answer = client.post(PAGE + "add/", {**TONIGHT, "person": kim.pk, "note": "Quiet."})

    shift = OnCallShift.objects.get()
    assert answer.status_code == 302
    assert (shift.ends_at - shift.starts_at, shift.note) == (timedelta(hours=12), "Quiet.")
    assert events() == [("record_added", by, kim)]


def test_second_first_person_is_refused_in_words_and_nothing_typed_is_lost(client, by, kim):
    make_shift(kim, minutes(60), minutes(600))

    page = client.post(PAGE + "add/", {**TONIGHT, "person": by.pk, "note": "Mine"})

    assert OnCallShift.objects.count() == 1
    words = page.content.decode()
    assert "Somebody is first on call in a part of that time already." in words
    assert "Mine" in words


def test_note_of_a_shift_is_changed(client, by, kim):
    shift = make_shift(kim, minutes(-60), minutes(60))
    page = client.get(PAGE, {"shift": shift.pk})
    initial = page.context["form"].initial
    data = {name: "" if value is None else value for name, value in initial.items()}

    client.post(f"{PAGE}{shift.pk}/change/", {**data, "note": "Call Dana first."})

    shift.refresh_from_db()
    assert shift.note == "Call Dana first."
    assert AuditEvent.objects.filter(object_type="oncallshift").last().fields == ["note"]


def test_running_shift_ends_now_and_one_to_come_is_taken_out(client, by, kim):
    running, later = (
        make_shift(kim, minutes(-60), minutes(60)),
        make_shift(kim, minutes(60), minutes(120)),
    )

    for each in (running, later):
        client.post(f"{PAGE}{each.pk}/remove/")

    assert list(OnCallShift.objects.values_list("pk", "ends_at")) == [(running.pk, NOW)]
    assert [kind for kind, *_who in events()] == ["record_changed", "record_deleted"]


def test_shift_that_is_over_stays(client, by, kim):
    shift = make_shift(kim, minutes(-120), minutes(-60))

    answer = client.post(f"{PAGE}{shift.pk}/remove/", follow=True)

    assert OnCallShift.objects.filter(pk=shift.pk).exists()
    assert "That shift is over." in told(answer)[0]


def test_week_is_copied_by_the_wall_clock_without_who_left_and_without_notes(client, by, kim):
    gone = make_user()
    make_shift(kim, minutes(60), minutes(120), back_up=gone, note="x")
    make_shift(gone, minutes(120), minutes(180))
    gone.is_active = False
    gone.save(update_fields=["is_active"])

    client.post(PAGE + "copy/", {"from": "2026-11-24"})
    client.post(PAGE + "copy/", {"from": "2026-11-24"})

    copied = OnCallShift.objects.order_by("starts_at").last()
    assert OnCallShift.objects.count() == 3
    assert copied.starts_at == minutes(60) + timedelta(days=7)
    assert (copied.person, copied.back_up, copied.note) == (kim, None, "")


def test_week_shows_gaps_and_who_has_left(client, by, kim):
    make_shift(kim, minutes(60), minutes(120))
    kim.is_active = False
    kim.save(update_fields=["is_active"])

    words = client.get(PAGE).content.decode()

    assert "Kim has left." in words
    assert "Nobody is on call" in words


@pytest.mark.parametrize("asked", ["", "x", "9999-12-31", "2026-13-01"])
def test_any_address_shows_a_week(client, by, asked):
    assert client.get(PAGE, {"from": asked, "shift": "99999999999"}).status_code == 200


def test_today_says_who_is_on_call_until_when_and_the_note(client, by, kim):
    make_shift(kim, minutes(-60), minutes(60), back_up=by, note="Bring the key.")

    words = client.get("/admin/").content.decode()

    assert "Kim until 3:11 pm, back-up Ola." in words
    assert "Bring the key." in words
