"""Wait for something sooner, and answer what is offered: one at a time, and many at once."""

import uuid
from functools import partial
from threading import Event
from time import monotonic, sleep

import pytest
from django.db import transaction

from admissions.booking import by_staff, tasks, waitlist
from admissions.exceptions import ActionNotAllowed, SlotTaken
from admissions.scheduling.models import Consultation, EarlierOffer, ModeRules, WaitlistEntry
from tests.support.factories import make_counselor, make_user
from tests.support.rivals import at_once, is_someone_waiting
from tests.support.waitlist import (
    FRIDAY,
    HOUR,
    MINUTE,
    NOW,
    TUESDAY,
    accept,
    book,
    decline,
    ended,
    free,
    join,
    left,
    make_center,
    on_offer,
    open_on_tuesday,
    sweep,
    wait,
)

pytestmark = pytest.mark.stopped_at(NOW)


def offered(*starts):
    """People who wait, the first of whom is offered Tuesday."""
    make_center()
    rival = book(TUESDAY)
    waiting = [wait(start) for start in starts or [FRIDAY]]
    free(rival)
    sweep(NOW)
    return waiting if starts else waiting[0]


def starts(request):
    return [each.starts_at for each in request.consultations.standing()]


# Joining and leaving


@pytest.mark.django_db
def test_joining_twice_is_one_wait():
    make_center()
    request = wait()

    again = join(request)

    assert (list(WaitlistEntry.objects.all()), left(request)) == ([again], [""])
    assert request.audit_events.filter(type="waitlist_joined").count() == 1


@pytest.mark.django_db
def test_leaving_takes_back_the_offer():
    request = offered()

    waitlist.leave_waitlist(key=uuid.uuid4(), request=request)

    assert (left(request), ended(request)) == (["asked"], ["withdrawn"])


@pytest.mark.django_db
def test_who_left_can_join_again_behind_the_others():
    first, second = offered(FRIDAY, FRIDAY + HOUR)
    waitlist.leave_waitlist(key=uuid.uuid4(), request=first)

    join(first)
    sweep(NOW)

    assert (on_offer(first), on_offer(second)) == ([], [TUESDAY])


@pytest.mark.django_db
def test_without_a_consultation_there_is_nothing_to_wait_for():
    make_center()
    request = book()
    free(request)

    with pytest.raises(ActionNotAllowed, match="There is no appointment to move"):
        join(request)


@pytest.mark.django_db
def test_staff_put_a_person_on_the_list_and_take_them_off():
    make_center()
    request, staff = book(), make_user()

    waitlist.add_to_waitlist(request_id=request.pk, by=staff)
    waitlist.remove_from_waitlist(request_id=request.pk, by=staff)

    events = request.audit_events.filter(type__startswith="waitlist")
    assert left(request) == ["by_staff"]
    assert [(each.type, each.actor) for each in events] == [
        ("waitlist_joined", staff),
        ("waitlist_left", staff),
    ]


@pytest.mark.django_db
def test_staff_cannot_put_someone_on_who_may_not_be_emailed():
    make_center()
    request = book(may_email=False)

    with pytest.raises(ActionNotAllowed, match="we don't have permission to write"):
        waitlist.add_to_waitlist(request_id=request.pk, by=make_user())

    assert WaitlistEntry.objects.count() == 0


# Answering


@pytest.mark.django_db
def test_accepting_takes_the_new_time_and_frees_the_old_in_one_step():
    request = offered()

    moved = accept(request)

    assert (starts(request), moved.sequence) == ([TUESDAY], 1)
    assert (ended(request), left(request)) == (["accepted"], ["found"])
    assert request.messages.filter(kind="moved", consultation=moved).count() == 1
    assert [each.type for each in request.audit_events.all()][-3:] == [
        "consultation_moved", "earlier_ended", "waitlist_left",
    ]  # fmt: skip


@pytest.mark.django_db
def test_accepted_time_leaves_the_old_one_to_the_next_in_line():
    first, second = offered(FRIDAY, FRIDAY + 6 * HOUR)

    accept(first)
    sweep(NOW)

    assert on_offer(second) == [FRIDAY]


@pytest.mark.django_db
def test_accepting_twice_moves_once():
    request, key = offered(), uuid.uuid4()

    first = accept(request, key=key)
    again, another_tab = accept(request, key=key), accept(request)

    assert (again, another_tab, request.consultations.count()) == (first, first, 2)


@pytest.mark.django_db
def test_accepting_what_was_just_booked_keeps_the_old_time():
    request = offered()
    book(TUESDAY)

    assert (accept(request), accept(request)) == (None, None)

    assert (starts(request), ended(request), left(request)) == ([FRIDAY], ["gone"], [""])
    assert request.messages.filter(kind="moved").count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("later", [2 * HOUR, 3 * HOUR])
def test_accepting_after_the_expiry_changes_nothing(time_machine, later):
    request = offered()

    time_machine.move_to(NOW + later, tick=False)

    with pytest.raises(ActionNotAllowed, match="This offer has ended"):
        accept(request)
    assert starts(request) == [FRIDAY]


@pytest.mark.django_db
def test_accepting_what_was_declined_changes_nothing():
    request = offered()
    decline(request)

    with pytest.raises(ActionNotAllowed, match="This offer has ended"):
        accept(request)
    assert (starts(request), ended(request)) == ([FRIDAY], ["declined"])


@pytest.mark.django_db
def test_offer_of_another_person_cannot_be_accepted():
    _first, second = offered(FRIDAY, FRIDAY + HOUR)

    with pytest.raises(ActionNotAllowed, match="This offer has ended"):
        accept(second)
    assert starts(second) == [FRIDAY + HOUR]


@pytest.mark.django_db
def test_accepting_past_the_cut_off_is_refused(django_assert_num_queries):
    request = offered()
    ModeRules.objects.filter(mode="phone").update(move_until=5 * 24 * 60)

    with pytest.raises(ActionNotAllowed, match="too soon"):
        accept(request)
    assert (starts(request), on_offer(request)) == ([FRIDAY], [TUESDAY])


@pytest.mark.django_db
def test_declining_an_offer_that_was_accepted_changes_nothing():
    request = offered()
    accept(request)

    decline(request)

    assert ended(request) == ["accepted"]


# Woken by what frees a time


@pytest.mark.django_db
def test_canceling_wakes_the_offers_once_it_commits(
    django_capture_on_commit_callbacks, monkeypatch
):
    make_center()
    rival, request = book(TUESDAY), wait()

    with django_capture_on_commit_callbacks() as woken:
        free(rival)

    assert tasks.offer_opened_slots.delay in woken
    assert on_offer(request) == []


@pytest.mark.django_db
def test_canceling_wakes_nobody_when_nobody_waits(django_capture_on_commit_callbacks):
    make_center()
    rival = book(TUESDAY)

    with django_capture_on_commit_callbacks() as woken:
        free(rival)

    assert tasks.offer_opened_slots.delay not in woken


# Many at once


def outcomes(answers):
    return sorted(type(answer).__name__ for answer in answers)


def two_offers_of_one_opening():
    """Two people hold offers of Tuesday, and then one of the two counselors is gone."""
    make_center()
    colleague = make_counselor(days=[4])
    open_on_tuesday(colleague)
    rivals = [book(TUESDAY), book(TUESDAY)]
    waiting = [wait(), wait(FRIDAY + HOUR)]
    for rival in rivals:
        free(rival)
    sweep(NOW)
    colleague.is_taking_consultations = False
    colleague.save()
    return waiting


def test_of_two_who_accept_the_last_opening_at_once_one_has_it(real_commits):
    first, second = two_offers_of_one_opening()

    answers = at_once([partial(accept, first), partial(accept, second)])

    assert outcomes(answers) == ["Consultation", "NoneType"]
    assert sorted([*ended(first), *ended(second)]) == ["accepted", "gone"]
    assert sorted([*starts(first), *starts(second)])[0] == TUESDAY
    assert len({*starts(first), *starts(second)}) == 2


def test_acceptor_against_a_visitor_who_books_the_time_one_has_it(real_commits):
    request = offered()

    answer, visitor = at_once([partial(accept, request), partial(book, TUESDAY)])

    has_won = isinstance(answer, Consultation)
    assert has_won is isinstance(visitor, SlotTaken)
    assert starts(request) == [TUESDAY if has_won else FRIDAY]
    assert ended(request) == ["accepted" if has_won else "gone"]


def test_acceptor_against_their_own_cancel_ends_as_if_one_came_after_the_other(real_commits):
    for _each in range(5):
        Consultation.objects.standing().update(status="canceled_by_center")
        EarlierOffer.objects.open().update(state="withdrawn", ended_at=NOW)
        WaitlistEntry.objects.open().update(left_at=NOW, left_because="asked")
        request = offered()

        answer, canceled = at_once([partial(accept, request), partial(free, request)])

        assert (starts(request), on_offer(request)) == ([], [])
        assert isinstance(canceled, Consultation)
        assert isinstance(answer, Consultation | ActionNotAllowed)


def test_accepting_ten_times_at_once_moves_once(real_commits):
    request, key = offered(), uuid.uuid4()

    answers = at_once([partial(accept, request, key=key)] * 10)

    assert answers == [request.standing_consultation()] * 10
    assert request.consultations.count() == 2


def test_rounds_at_once_offer_one_opening_once(real_commits):
    make_center()
    rival = book(TUESDAY)
    waiting = [wait(FRIDAY + place * HOUR) for place in range(4)]
    free(rival)

    answers = at_once([partial(sweep, NOW)] * 6)

    assert sorted(answers) == [[]] * 5 + [[waiting[0].pk]]
    assert [on_offer(each) for each in waiting] == [[TUESDAY], [], [], []]


def test_round_beside_someone_who_leaves_offers_them_nothing(real_commits):
    make_center()
    rival, request = book(TUESDAY), wait()
    free(rival)
    is_leaving = Event()

    def sweep_while_they_leave():
        is_leaving.wait(timeout=30)
        return sweep(NOW)

    _left, owed = at_once([partial(leave_slowly, request, is_leaving), sweep_while_they_leave])

    assert (owed, on_offer(request), left(request)) == ([], [], ["asked"])


@transaction.atomic
def leave_slowly(request, is_leaving):
    """Leave the list, and commit only once somebody waits for it."""
    waitlist.leave_waitlist(key=uuid.uuid4(), request=request)
    is_leaving.set()
    until = monotonic() + 10
    while not is_someone_waiting() and monotonic() < until:
        sleep(0.02)


def test_joining_ten_times_at_once_is_one_wait(real_commits):
    make_center()
    request = book()

    answers = at_once([partial(join, request)] * 10)

    assert answers == [WaitlistEntry.objects.get()] * 10


def test_acceptors_rounds_and_visitors_at_once_keep_every_promise(real_commits):
    staff = make_user()
    first, second, third = offered(FRIDAY, FRIDAY + HOUR, FRIDAY + 5 * HOUR)

    answers = at_once(
        [
            partial(accept, first),
            partial(sweep, NOW + MINUTE),
            partial(sweep, NOW + MINUTE),
            partial(book, TUESDAY),
            partial(
                by_staff.reschedule_consultation,
                request_id=second.pk,
                starts_at=FRIDAY + 3 * HOUR,
                by=staff,
            ),
            partial(waitlist.remove_from_waitlist, request_id=third.pk, by=staff),
        ]
    )

    kinds = {"Consultation", "ConsultationRequest", "list", "NoneType", "SlotTaken"}
    assert set(outcomes(answers)) <= kinds
    assert Consultation.objects.standing().filter(starts_at=TUESDAY).count() == 1
    assert [len(starts(each)) for each in (first, second, third)] == [1, 1, 1]
