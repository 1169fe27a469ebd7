"""Two tabs at one time: a correction, and the way back from a move."""

import uuid
from datetime import timedelta
from threading import Event

import pytest
from django.db import transaction

from admissions.booking import corrections, moves
from admissions.messaging.models import Message
from admissions.rate_limits.limits import Origin
from tests.support.bookings import book, move
from tests.support.factories import make_counselor
from tests.support.rivals import after, at_once, hold_until_awaited
from tests.support.visitor import MONDAY, TOMORROW_AT_TEN, browser, read_form, url

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


@pytest.mark.security(8)
def test_stranger_who_waits_while_the_owner_corrects_is_shown_out(real_commits):
    """They opened the page by the letter to the wrong address, and send it a moment too late."""
    make_counselor()
    request = book(TOMORROW_AT_TEN, email="jo@exmaple.com", may_email=True)
    stranger, is_held = browser(request), Event()
    form = read_form(stranger.get(url("correct_contact")), "correct_contact").values

    @transaction.atomic
    def owner_corrects():
        corrections.correct_contact(
            key=uuid.uuid4(),
            request=request,
            contact={"email": "jo@example.com"},
            language="en",
            origin=HERE,
        )
        is_held.set()
        hold_until_awaited()

    def stranger_corrects():
        return stranger.post(url("correct_contact"), form | {"email": "me@example.com"})

    _owner, answer = at_once([owner_corrects, after(is_held, stranger_corrects)])

    request.refresh_from_db()
    assert request.email == "jo@example.com"
    assert answer.status_code == 410
    assert stranger.get(url("manage")).status_code == 410


def test_two_tabs_undo_once(real_commits):
    make_counselor()
    moved = move(book(TOMORROW_AT_TEN), TOMORROW_AT_TEN + timedelta(hours=3))

    def undo():
        return moves.undo_move(key=uuid.uuid4(), request=moved.request, consultation_id=moved.pk)

    answers = at_once([undo, undo])

    assert sorted(type(each).__name__ for each in answers) == ["ActionNotAllowed", "Consultation"]
    assert moved.request.standing_consultation().starts_at == TOMORROW_AT_TEN
