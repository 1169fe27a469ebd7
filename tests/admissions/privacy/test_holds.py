"""Legal holds: placed with a reason, lifted with a reason, and stronger than everything else."""

import pytest
from django.db import ProgrammingError, transaction
from django.utils import timezone

from admissions.exceptions import ActionNotAllowed
from admissions.intake.models import ConsultationRequest
from admissions.privacy import holds, removal
from admissions.privacy.models import LegalHold
from tests.admissions.privacy.people import make_closed, read_all
from tests.support.factories import make_request, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def by():
    return make_user("director")


def place(by, *requests, reason="Smith v. Center"):
    return holds.place_holds(request_ids=[each.pk for each in requests], reason=reason, by=by)


def remove():
    return removal.remove_expired_data(now=timezone.now())


def test_hold_is_placed_on_all_requests_of_a_person(by):
    first, second = make_request(), make_closed(days=10)

    placed = place(by, first, second)

    assert {each.request for each in placed} == {first, second}
    assert [each.audit_events.get().type for each in (first, second)] == ["hold_placed"] * 2
    assert "Smith" not in str(read_all("admissions_legalhold"))


def test_held_request_keeps_its_hold(by):
    request = make_request()
    place(by, request)

    assert place(by, request, reason="Another") == []

    assert LegalHold.objects.get().reason == "Smith v. Center"


def test_lifting_lets_the_rules_go_on(by):
    request = make_closed(days=4000)
    [hold] = place(by, request)
    assert remove() == 0

    holds.lift_hold(hold_id=hold.pk, reason="Settled", by=by)

    assert remove() == 1
    hold.refresh_from_db()
    assert (hold.lifted_by, hold.lift_reason) == (by, "Settled")
    with pytest.raises(ActionNotAllowed, match="lifted already"):
        holds.lift_hold(hold_id=hold.pk, reason="Again", by=by)


def test_nothing_is_left_to_hold_after_a_removal(by):
    request = make_closed(days=4000)
    remove()

    with pytest.raises(ActionNotAllowed, match="removed already"):
        place(by, request)
    with pytest.raises(ProgrammingError, match="holds_something"), transaction.atomic():
        LegalHold.objects.create(request=request, reason="x", placed_by=by)


def test_postgres_refuses_to_remove_what_is_held(by):
    request = make_closed(days=4000)
    place(by, request)
    group = removal.lock_group(request.pk, is_waiting=True)

    with pytest.raises(ProgrammingError, match="legal hold"), transaction.atomic():
        removal.remove_group(group, rule="clinical")

    assert ConsultationRequest.objects.get().preferred_name == "Jo"


def test_hold_stays_as_it_was_placed(by):
    [hold] = place(by, make_request())
    rows = LegalHold.objects.filter(pk=hold.pk)

    for act in (
        rows.delete,
        lambda: rows.update(reason="Something else"),
        lambda: rows.update(reason=""),
        lambda: rows.update(placed_by=make_user()),
    ):
        with pytest.raises(ProgrammingError), transaction.atomic():
            act()
    holds.lift_hold(hold_id=hold.pk, reason="Settled", by=by)
    with pytest.raises(ProgrammingError, match="ends_once"), transaction.atomic():
        rows.update(lifted_at=None, lifted_by=None)
