"""A consultation that moves to another way to talk: to a call, to video, to a visit."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from admissions.admin.triage import timeline
from admissions.exceptions import ActionNotAllowed, SlotTaken
from admissions.messaging.models import Message
from admissions.scheduling.models import Mode
from programs.models import Location
from tests.support.bookings import book, move
from tests.support.factories import make_counselor
from tests.support.rows import audit_of, everything
from tests.support.visitor import browser, read_form, url

PACIFIC = ZoneInfo("America/Los_Angeles")
NOW = datetime(2027, 1, 4, 8, tzinfo=PACIFIC)
NINE, NOON = NOW.replace(day=5, hour=9), NOW.replace(day=5, hour=12)

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NOW)]
audit = audit_of("type", "source", "consultation")


@pytest.fixture
def request_of_jo():
    make_counselor()
    return book(NINE, email="jo@example.com", may_email=True)


def kinds_of(consultation):
    return [message.kind for message in consultation.messages.order_by("pk")]


def send_move(request, starts_at, *, mode, **changed):
    client = browser(request)
    form = read_form(client.get(url("move_consultation"), {"mode": mode}), "move_consultation")
    values = form.values | {"at": f"{starts_at.astimezone(ZoneInfo('UTC')):%Y%m%dT%H%M%SZ}"}
    return client.post(url("move_consultation"), values | changed)


def test_time_stays_and_the_way_changes(request_of_jo):
    moved = move(request_of_jo, NINE, mode=Mode.VIDEO)

    assert request_of_jo.standing_consultation() == moved
    assert (moved.starts_at, moved.mode) == (NINE, Mode.VIDEO)
    assert audit(request_of_jo)[1:] == [("consultation_moved", "requester", moved)]
    # Not that somebody else will talk with them: that is told of a time that was handed over.
    assert kinds_of(moved)[0] == Message.Kind.CONFIRMATION


def test_new_time_and_way_are_told_as_a_new_time(request_of_jo):
    moved = move(request_of_jo, NOON, mode=Mode.VIDEO)

    assert (moved.starts_at, moved.mode) == (NOON, Mode.VIDEO)
    assert kinds_of(moved)[0] == Message.Kind.MOVED


def test_visit_has_the_place_that_was_asked_for(request_of_jo):
    tustin = Location.objects.create(
        name="Tustin", street_address="1 Elm St", city="Tustin", postal_code="92780", sort_order=2
    )
    make_counselor(location=tustin)

    moved = move(request_of_jo, NINE, mode=Mode.IN_PERSON, location=tustin.pk)

    assert (moved.mode, moved.location) == (Mode.IN_PERSON, tustin)


def test_visit_that_becomes_a_call_permits_the_call():
    make_counselor()
    request = book(NINE, mode=Mode.IN_PERSON, may_call=False)

    moved = move(request, NINE, mode=Mode.PHONE)

    request.refresh_from_db()
    assert (moved.mode, request.may_call) == (Mode.PHONE, True)
    assert ("plan_changed", "requester", moved) in audit(request)


def test_visit_that_becomes_a_call_is_bound_to_no_place():
    make_counselor(modes=[Mode.IN_PERSON])
    tustin = Location.objects.create(
        name="Tustin", street_address="1 Elm St", city="Tustin", postal_code="92780"
    )
    far = make_counselor(location=tustin, modes=[Mode.PHONE])
    request = book(NINE, mode=Mode.IN_PERSON)

    assert move(request, NINE, mode=Mode.PHONE).counselor == far


def test_call_without_a_number_is_refused():
    make_counselor()
    request = book(NINE, mode=Mode.VIDEO, phone="", email="jo@example.com")
    before = everything()

    with pytest.raises(ActionNotAllowed):
        move(request, NINE, mode=Mode.PHONE)

    assert everything() == before


def test_way_that_nobody_offers_then_changes_nothing():
    make_counselor(modes=[Mode.PHONE])
    make_counselor(modes=[Mode.VIDEO], opens=time(13))
    request = book(NINE)
    before = everything()

    with pytest.raises(SlotTaken):
        move(request, NINE, mode=Mode.VIDEO)

    assert everything() == before


def test_same_way_at_the_same_time_sends_nothing(request_of_jo):
    messages = Message.objects.count()

    kept = move(request_of_jo, NINE, mode=Mode.PHONE)

    assert kept == request_of_jo.consultations.get()
    assert Message.objects.count() == messages


def test_timeline_of_staff_tells_the_new_way(request_of_jo):
    move(request_of_jo, NINE, mode=Mode.VIDEO)

    lines = [(each.what, each.detail) for each in timeline.timeline_entries(request_of_jo, now=NOW)]

    moved = next(detail for what, detail in lines if what == "Moved the consultation")
    assert moved.startswith("Video with Dana")


def test_page_offers_the_ways_and_takes_one(request_of_jo):
    page = browser(request_of_jo).get(url("move_consultation")).content.decode()
    sent = send_move(request_of_jo, NINE, mode=Mode.VIDEO)

    assert f'href="{url("move_consultation")}?mode=video"' in page
    assert sent.status_code == 302
    assert request_of_jo.standing_consultation().mode == Mode.VIDEO


def test_own_time_is_offered_only_in_another_way(request_of_jo):
    client = browser(request_of_jo)

    by_phone = read_form(client.get(url("move_consultation")), "move_consultation").buttons
    by_video = read_form(
        client.get(url("move_consultation"), {"mode": "video"}), "move_consultation"
    ).buttons

    own = ("at", "20270105T170000Z")
    assert own not in by_phone
    # Before all others.
    assert by_video[0] == own


def test_page_says_when_the_own_time_is_not_open_another_way():
    make_counselor(modes=[Mode.PHONE])
    make_counselor(modes=[Mode.VIDEO], opens=time(13))
    request = book(NINE)

    page = browser(request).get(url("move_consultation"), {"mode": "video"}).content.decode()

    assert "Your current time is not open for this way to talk." in page
    assert "20270105T170000Z" not in page


def test_form_whose_way_is_gone_changes_nothing(request_of_jo):
    sent = send_move(request_of_jo, NOON, mode=Mode.VIDEO, place="99")

    assert sent.status_code == 409
    assert request_of_jo.standing_consultation().mode == Mode.PHONE
