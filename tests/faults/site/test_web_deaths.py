"""A web dies while it books: all or nothing, and who sends the form again has one appointment."""

import pytest

from tests.faults.conftest import IS_LONG

from .checker import Checker, read_letters
from .visitor import NoAnswer, Visitor

PLACES = ("half_booked", "after_commit", "before_response")
TIMES = 10 if IS_LONG else 1


@pytest.fixture
def quick_site(stage):
    """A worker and a beat, and a web that does not die."""
    stage.begin()
    stage.other = stage.nemesis.start_web()
    return stage


def book_where_a_web_dies(stage, history, place, times=1):
    """Each person sends their form to a web that dies of it, and again to another."""
    doomed = stage.nemesis.start_web(failpoint=f"{place}:kill")
    for _person in range(times):
        who, start = stage.people.address(), next(stage.people.starts)
        visitor = Visitor([stage.other.port])
        filled = visitor.open_details(start, email=who, may_email="on", time_zone=stage.people.zone)
        told = {"who": who, "op": "book", "key": filled["key"]}
        history.add("invoke", **told, value=start.isoformat())
        visitor.ports = [doomed.port]
        with pytest.raises(NoAnswer):
            visitor.send_details(filled)
        history.nemesis(f"web killed: {place}")
        visitor.ports = [stage.other.port]
        answer = visitor.send_details(filled)
        end = "ok" if answer.location == "/consultation/booked/" else "fail"
        history.add(end, **told, status=answer.status)


def broken(stage, history):
    stage.until(stage.is_quiet)
    return Checker(history, read_letters(stage.sink.letters)).judge()


def test_form_sent_again_after_a_death_has_booked_once(quick_site, history):
    for place in PLACES:
        book_where_a_web_dies(quick_site, history, place, TIMES)

    assert len(history.acknowledged()) == len(PLACES) * TIMES
    assert broken(quick_site, history) == {}


def test_form_sent_again_without_the_key_books_twice(quick_site, history):
    """The control."""
    quick_site.nemesis.lift("key")

    book_where_a_web_dies(quick_site, history, "after_commit")

    assert "booked twice" in broken(quick_site, history)


def test_half_a_booking_without_the_transaction_is_never_told(quick_site, history):
    """The control: what was written before the death stands, and what was not is missing."""
    quick_site.nemesis.lift("transaction")

    book_where_a_web_dies(quick_site, history, "half_booked")

    assert broken(quick_site, history).keys() >= {"not told", "not audited"}
