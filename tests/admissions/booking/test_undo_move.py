"""A move is taken back: the old time if it is still free, else the new one stays."""

import uuid
from datetime import timedelta

import pytest

from admissions.booking import callbacks, moves
from admissions.exceptions import ActionNotAllowed, SlotTaken
from admissions.messaging import delivery
from admissions.scheduling.models import Consultation, Mode
from tests.support.bookings import book, move
from tests.support.factories import make_counselor
from tests.support.rows import everything
from tests.support.visitor import MONDAY, TOMORROW_AT_TEN

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(MONDAY)]
LATER = TOMORROW_AT_TEN + timedelta(hours=3)


@pytest.fixture
def moved():
    make_counselor()
    return move(book(TOMORROW_AT_TEN), LATER)


def undo(consultation, *, key=None):
    return moves.undo_move(
        key=key or uuid.uuid4(), request=consultation.request, consultation_id=consultation.pk
    )


def test_old_time_and_its_counselor_are_put_back(moved):
    back = undo(moved)

    assert back.starts_at == TOMORROW_AT_TEN
    assert back.counselor_id == moved.moved_from.counselor_id
    assert [each.pk for each in moved.request.consultations.standing()] == [back.pk]
    assert (back.uid, back.sequence) == (moved.uid, moved.sequence + 1)


def test_counselor_of_the_old_time_is_asked_first(moved):
    former, other = moved.moved_from.counselor, make_counselor(public_name="Kim")
    Consultation.objects.filter(pk=moved.pk).update(counselor=other)
    moved.refresh_from_db()

    assert undo(moved).counselor == former


def test_old_time_that_was_taken_leaves_everything_as_it_is(moved):
    book(TOMORROW_AT_TEN, email="sam@example.com")
    before = everything()

    with pytest.raises(SlotTaken):
        undo(moved)

    assert everything() == before


def test_move_that_another_followed_is_not_undone(moved):
    move(moved.request, LATER + timedelta(hours=1))

    with pytest.raises(ActionNotAllowed):
        undo(moved)


def test_time_that_was_never_moved_is_not_undone():
    make_counselor()
    standing = book(TOMORROW_AT_TEN).standing_consultation()

    with pytest.raises(ActionNotAllowed):
        undo(standing)


def test_letter_of_the_move_that_had_not_gone_does_not_go(moved, inbox):
    back = undo(moved)

    for message in moved.request.messages.filter(kind="moved").order_by("pk"):
        delivery.deliver_message(message.pk)

    gone = moved.request.messages.filter(kind="moved").order_by("pk")
    assert [(each.state, each.reason) for each in gone] == [
        ("skipped", "not_standing"),
        ("sent", ""),
    ]
    assert gone.last().consultation == back


# The permission to call


@pytest.fixture
def moved_to_phone():
    make_counselor()
    request = book(TOMORROW_AT_TEN, mode=Mode.VIDEO, may_call=False)
    return move(request, LATER, mode=Mode.PHONE)


def may_call(consultation):
    return type(consultation.request).objects.get(pk=consultation.request_id).may_call


def test_permission_to_call_that_the_move_gave_is_taken_back_and_recorded(moved_to_phone):
    assert may_call(moved_to_phone)

    undo(moved_to_phone)

    assert not may_call(moved_to_phone)
    said = moved_to_phone.request.audit_events.filter(type="plan_changed")
    assert [(each.source, each.fields) for each in said] == [("requester", ["may_call"])] * 2


def test_permission_that_stood_before_the_move_stands_after_it():
    make_counselor()
    request = book(TOMORROW_AT_TEN, mode=Mode.VIDEO, may_call=True)

    undo(move(request, LATER, mode=Mode.PHONE))

    request.refresh_from_db()
    assert request.may_call


def test_call_asked_for_since_the_move_stays_permitted(moved_to_phone):
    callbacks.request_call_now(key=uuid.uuid4(), request=moved_to_phone.request)

    undo(moved_to_phone)

    assert may_call(moved_to_phone)


def test_call_that_is_put_back_is_permitted_again(moved_to_phone):
    undo(undo(moved_to_phone))

    assert may_call(moved_to_phone)
