"""Two tabs at one time: a correction, and the way back from a move."""

import uuid
from datetime import timedelta

import pytest

from admissions.booking import corrections, moves
from admissions.messaging.models import Message
from admissions.rate_limits.limits import Origin
from tests.support.bookings import book, move
from tests.support.factories import make_counselor
from tests.support.rivals import at_once
from tests.support.visitor import MONDAY, TOMORROW_AT_TEN

pytestmark = pytest.mark.stopped_at(MONDAY)
HERE = Origin(network="192.0.2.7", session="")


def test_two_corrections_at_once_leave_one_address_and_its_letter(real_commits):
    make_counselor()
    request = book(TOMORROW_AT_TEN, email="jo@exmaple.com")
    addresses = ["one@example.com", "two@example.com"]

    def correct(email):
        return corrections.correct_contact(
            key=uuid.uuid4(), request=request, contact={"email": email}, language="en", origin=HERE
        )

    at_once([lambda email=each: correct(email) for each in addresses])

    request.refresh_from_db()
    assert request.email in addresses
    assert request.email_number == 2
    newest = Message.objects.filter(kind="confirmation").latest("pk")
    assert newest.dedupe_key == f"consultation:{newest.consultation_id}:2"


def test_two_tabs_undo_once(real_commits):
    make_counselor()
    moved = move(book(TOMORROW_AT_TEN), TOMORROW_AT_TEN + timedelta(hours=3))

    def undo():
        return moves.undo_move(key=uuid.uuid4(), request=moved.request, consultation_id=moved.pk)

    answers = at_once([undo, undo])

    assert sorted(type(each).__name__ for each in answers) == ["ActionNotAllowed", "Consultation"]
    assert moved.request.standing_consultation().starts_at == TOMORROW_AT_TEN
