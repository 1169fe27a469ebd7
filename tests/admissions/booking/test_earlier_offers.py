"""Which time that opened is offered to whom, for how long, and how an offer ends."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import ProgrammingError

from admissions.booking import by_staff, earlier_offers, moves
from admissions.exceptions import ActionNotAllowed, MoveNotAllowed
from admissions.intake import contact_plan
from admissions.intake.models import ConsultationRequest
from admissions.messaging.models import Message
from admissions.scheduling.models import (
    Closure,
    Consultation,
    Counselor,
    EarlierOffer,
    Mode,
    ModeRules,
    WaitlistEntry,
)
from admissions.triage import contact_attempts, outcomes
from programs.models import Location
from tests.support.factories import make_counselor, make_request, make_user
from tests.support.waitlist import (
    DAY,
    FRIDAY,
    HOUR,
    MINUTE,
    NOW,
    PACIFIC,
    TUESDAY,
    accept,
    book,
    decline,
    ended,
    free,
    join,
    left,
    letters_to,
    make_center,
    on_offer,
    open_on_tuesday,
    sweep,
    wait,
)

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NOW)]


@pytest.fixture
def center():
    return make_center()


# What is offered, and to whom


def test_time_that_frees_up_is_offered_to_who_waits(center):
    rival = book(TUESDAY)
    request = wait()

    free(rival)
    owed = sweep(NOW)

    assert (owed, on_offer(request)) == ([request.pk], [TUESDAY])
    (letter,) = letters_to(request)
    assert (letter.due_at, letter.consultation.starts_at) == (NOW, FRIDAY)
    assert letter.offer == request.earlier_offers.get()


def test_time_that_is_new_in_the_hours_is_offered_too(center):
    request = wait()
    wednesday = TUESDAY + DAY

    open_on_tuesday(center, wednesday)
    sweep(NOW)

    assert on_offer(request) == [wednesday]


def test_time_that_was_open_when_they_joined_is_not_offered(center):
    request = wait()

    sweep(NOW)

    assert on_offer(request) == []


def test_time_that_was_open_is_offered_once_it_was_taken_and_freed(center):
    request = wait()
    rival = book(TUESDAY)
    sweep(NOW)

    free(rival)
    sweep(NOW + MINUTE)

    assert on_offer(request) == [TUESDAY]


def test_one_time_is_offered_to_one_person_in_order_of_joining(center):
    rival = book(TUESDAY)
    second_to_book = book(FRIDAY + HOUR)
    first, third = wait(FRIDAY), wait(FRIDAY + 2 * HOUR)
    join(second_to_book)

    free(rival)
    sweep(NOW)
    sweep(NOW)

    assert [on_offer(each) for each in (first, third, second_to_book)] == [[TUESDAY], [], []]


def test_second_in_line_is_offered_the_second_time_that_opened(center):
    waiting = [wait(), wait(FRIDAY + HOUR)]

    open_on_tuesday(center, TUESDAY + DAY)
    open_on_tuesday(center, TUESDAY + 2 * DAY)
    sweep(NOW)

    assert [on_offer(each) for each in waiting] == [[TUESDAY + DAY], [TUESDAY + 2 * DAY]]


def test_two_free_counselors_are_two_offers_of_one_start(center):
    colleague = make_counselor(days=[4])
    open_on_tuesday(colleague)
    rivals = [book(TUESDAY), book(TUESDAY)]
    waiting = [wait(), wait(), wait(FRIDAY + HOUR)]

    for rival in rivals:
        free(rival)
    sweep(NOW)

    assert [on_offer(each) for each in waiting] == [[TUESDAY], [TUESDAY], []]


def test_overlapping_starts_of_one_counselor_are_not_offered_to_two(center):
    rival = book(TUESDAY)
    waiting = [wait(), wait(FRIDAY + HOUR)]

    free(rival)
    open_on_tuesday(center, TUESDAY + HOUR / 2)
    sweep(NOW)

    assert [on_offer(each) for each in waiting] == [[TUESDAY], []]


def test_soonest_of_what_opened_is_offered(center):
    request = wait()

    open_on_tuesday(center, TUESDAY + 2 * DAY)
    open_on_tuesday(center, TUESDAY + DAY)
    sweep(NOW)

    assert on_offer(request) == [TUESDAY + DAY]


@pytest.mark.parametrize(("sooner_by", "offered"), [(2 * HOUR, True), (2 * HOUR - HOUR / 2, False)])
def test_only_a_time_at_least_two_hours_sooner_is_offered(sooner_by, offered):
    counselor = make_counselor(days=[4], opens=time(9), closes=time(10))
    request = wait()

    open_on_tuesday(counselor, FRIDAY - sooner_by)
    sweep(NOW)

    assert bool(on_offer(request)) is offered


@pytest.mark.parametrize("columns", [{"languages": ["es"]}, {"modes": [Mode.VIDEO]}])
def test_time_of_a_counselor_who_does_not_fit_is_not_offered(center, columns):
    request = wait()
    other = make_counselor(days=[4], **columns)

    open_on_tuesday(other, TUESDAY + DAY)
    sweep(NOW)

    assert on_offer(request) == []


def test_nobody_holds_two_offers(center):
    rival = book(TUESDAY)
    request = wait()
    free(rival)
    sweep(NOW)

    open_on_tuesday(center, TUESDAY + DAY)
    sweep(NOW + MINUTE)

    assert on_offer(request) == [TUESDAY]


def test_next_round_without_news_changes_nothing_and_writes_to_nobody(center):
    rival = book(TUESDAY)
    request = wait()
    free(rival)
    sweep(NOW)

    owed = sweep(NOW + MINUTE)

    assert (owed, len(letters_to(request))) == ([], 1)


# Expiry, and the next in line


def test_offer_that_nobody_answers_goes_to_the_next_person(center, time_machine):
    rival = book(TUESDAY)
    first, second = wait(), wait(FRIDAY + HOUR)
    free(rival)
    sweep(NOW)

    time_machine.move_to(NOW + 2 * HOUR - MINUTE, tick=False)
    sweep(NOW + 2 * HOUR - MINUTE)
    before = on_offer(second)
    time_machine.move_to(NOW + 2 * HOUR, tick=False)
    sweep(NOW + 2 * HOUR)

    assert (before, on_offer(second)) == ([], [TUESDAY])
    assert (on_offer(first), ended(first)) == ([], ["expired"])


def test_declined_offer_goes_to_the_next_person_and_never_back(center):
    rival = book(TUESDAY)
    first, second = wait(), wait(FRIDAY + HOUR)
    free(rival)
    sweep(NOW)

    decline(first)
    sweep(NOW + MINUTE)
    decline(second)
    sweep(NOW + 2 * MINUTE)

    assert (on_offer(first), on_offer(second)) == ([], [])
    assert (ended(first), ended(second)) == (["declined"], ["declined"])


def test_declined_start_is_not_offered_again_even_when_it_frees_up_again(center):
    rival = book(TUESDAY)
    request = wait()
    free(rival)
    sweep(NOW)
    decline(request)
    rival = book(TUESDAY)
    sweep(NOW)

    free(rival)
    sweep(NOW)

    assert (on_offer(request), left(request)) == ([], [""])


def test_who_declined_is_asked_only_about_what_opens_later(center):
    request = wait()
    open_on_tuesday(center, TUESDAY + DAY)
    open_on_tuesday(center, TUESDAY + 2 * DAY)
    sweep(NOW)

    decline(request)
    sweep(NOW)
    quiet = on_offer(request)
    open_on_tuesday(center, TUESDAY + DAY + 2 * HOUR)
    sweep(NOW)

    assert (quiet, on_offer(request)) == ([], [TUESDAY + DAY + 2 * HOUR])


@pytest.mark.parametrize(
    ("now", "starts_at", "expires_at"),
    [
        (NOW, TUESDAY, NOW + 2 * HOUR),
        (NOW, NOW + 2 * HOUR, NOW + 1.5 * HOUR),
        (NOW, NOW + HOUR, NOW + HOUR / 2),
        (NOW + 9 * HOUR, TUESDAY, NOW + 23 * HOUR),
        (NOW + 9 * HOUR, NOW + 22.5 * HOUR, NOW + 22 * HOUR),
    ],
    ids=["two hours", "until the notice", "half an hour", "until nine", "morning notice"],
)
def test_offer_expires_after_two_hours_of_day_and_never_past_the_notice(
    time_machine, now, starts_at, expires_at
):
    counselor = make_counselor(days=[4])
    request = wait()
    time_machine.move_to(now, tick=False)
    open_on_tuesday(counselor, starts_at)

    sweep(now)

    assert request.earlier_offers.get().expires_at == expires_at


def test_time_without_half_an_hour_to_answer_is_not_offered(center, time_machine):
    request = wait()
    time_machine.move_to(NOW + MINUTE, tick=False)

    open_on_tuesday(center, NOW + HOUR)
    sweep(NOW + MINUTE)

    assert on_offer(request) == []


def test_offer_ends_before_the_cut_off_for_moving(center, time_machine):
    ModeRules.objects.filter(mode="phone").update(move_until=24 * 60)
    request = wait()
    almost = FRIDAY - DAY - HOUR
    time_machine.move_to(almost, tick=False)

    open_on_tuesday(center, datetime(2027, 1, 7, 15, tzinfo=PACIFIC))
    sweep(almost)

    assert request.earlier_offers.get().expires_at == FRIDAY - DAY


# Quiet hours and the contact plan


@pytest.mark.parametrize(
    ("clock", "offered"),
    [
        ((4, 20, 30), False),
        ((4, 20, 29), True),
        ((4, 21, 0), False),
        ((5, 7, 59), False),
        ((5, 8, 0), True),
    ],
)
def test_nobody_is_offered_a_time_in_their_quiet_hours(center, time_machine, clock, offered):
    rival = book(TUESDAY)
    request = wait()
    now = datetime(2027, 1, *clock, tzinfo=PACIFIC)
    time_machine.move_to(now, tick=False)

    free(rival)
    sweep(now)

    assert bool(on_offer(request)) is offered


def test_sleeper_is_passed_by_and_the_next_who_is_awake_is_asked(center):
    rival = book(TUESDAY)
    asleep, awake = wait(time_zone="Asia/Kathmandu"), wait(FRIDAY + HOUR)

    free(rival)
    sweep(NOW)

    assert (on_offer(asleep), on_offer(awake)) == ([], [TUESDAY])


def test_time_that_opened_at_night_is_offered_in_the_morning(center, time_machine):
    rival = book(TUESDAY)
    request = wait()
    night, morning = NOW + 13 * HOUR, NOW + 22 * HOUR
    time_machine.move_to(night, tick=False)
    free(rival)
    sweep(night)
    at_night = on_offer(request)

    time_machine.move_to(morning, tick=False)
    sweep(morning)

    assert (at_night, on_offer(request)) == ([], [TUESDAY])


def test_person_is_asked_in_the_part_of_the_day_that_suits_them(center, time_machine):
    rival = book(TUESDAY)
    request = wait(good_time="evening")
    free(rival)
    sweep(NOW)
    in_the_morning = on_offer(request)

    time_machine.move_to(NOW + 7 * HOUR, tick=False)
    sweep(NOW + 7 * HOUR)

    assert (in_the_morning, on_offer(request)) == ([], [TUESDAY])


@pytest.mark.parametrize("columns", [{"may_email": False}, {"email": "", "may_email": False}])
def test_who_may_not_be_emailed_cannot_join(center, columns):
    request = book(**columns)

    with pytest.raises(ActionNotAllowed):
        join(request)

    assert WaitlistEntry.objects.count() == 0


def test_permission_taken_back_ends_the_wait_and_the_offer(center, time_machine):
    rival = book(TUESDAY)
    request, second = wait(), wait(FRIDAY + HOUR)
    free(rival)
    sweep(NOW)

    contact_plan.stop_emails(
        key="5a0c6c8c-6d0d-4cbb-9d4e-000000000001", request=request, owns_email=True
    )
    sweep(NOW)

    assert (ended(request), left(request)) == (["withdrawn"], ["no_email"])
    assert on_offer(second) == [TUESDAY]


def test_stop_that_staff_heard_ends_the_wait(center):
    request, staff = wait(), make_user()

    contact_attempts.log_attempt(
        request_id=request.pk, by=staff, channel="call", result="asked_to_stop", note=""
    )

    assert left(request) == ["no_email"]


def test_address_that_refuses_the_letter_ends_the_wait(center):
    rival = book(TUESDAY)
    request, second = wait(), wait(FRIDAY + HOUR)
    free(rival)
    sweep(NOW)
    Message.objects.filter(kind="earlier_offer").update(
        state="failed", reason="refused", finished_at=NOW
    )

    sweep(NOW)

    assert (left(request), on_offer(second)) == (["no_email"], [TUESDAY])


# A time that went


def test_offer_of_a_time_that_was_booked_is_gone_and_told(center):
    rival = book(TUESDAY)
    request = wait()
    free(rival)
    sweep(NOW)
    mark_sent(request)

    book(TUESDAY)
    owed = sweep(NOW + MINUTE)

    assert (ended(request), left(request), owed) == (["gone"], [""], [request.pk])
    (taken,) = letters_to(request, Message.Kind.EARLIER_OFFER_TAKEN)
    assert taken.offer == request.earlier_offers.get(number=0)


def mark_sent(request):
    letters = request.messages.filter(kind="earlier_offer")
    letters.update(state="sent", finished_at=NOW)


def test_who_never_got_the_offer_is_not_told_that_it_went(center):
    rival = book(TUESDAY)
    request = wait()
    free(rival)
    sweep(NOW)

    book(TUESDAY)
    owed = sweep(NOW + MINUTE)

    assert (owed, letters_to(request, Message.Kind.EARLIER_OFFER_TAKEN)) == ([], [])


def test_time_that_went_is_offered_again_when_it_comes_back(center):
    rival = book(TUESDAY)
    request = wait()
    free(rival)
    sweep(NOW)
    rival = book(TUESDAY)
    sweep(NOW)

    free(rival)
    sweep(NOW)

    assert (ended(request), on_offer(request)) == (["gone"], [TUESDAY])


def test_word_that_a_time_went_waits_for_the_morning(center, time_machine):
    rival = book(TUESDAY)
    request = wait()
    evening = NOW + 9 * HOUR
    time_machine.move_to(evening, tick=False)
    free(rival)
    sweep(evening)
    mark_sent(request)

    night = NOW + 12 * HOUR
    time_machine.move_to(night, tick=False)
    book(TUESDAY)
    sweep(night)

    (letter,) = letters_to(request, Message.Kind.EARLIER_OFFER_TAKEN)
    assert letter.due_at == NOW + 22 * HOUR


def test_offer_stands_while_another_counselor_is_free_then(center):
    rival = book(TUESDAY)
    request, second = wait(), wait(FRIDAY + HOUR)
    free(rival)
    sweep(NOW)
    colleague = make_counselor(days=[4])
    open_on_tuesday(colleague)

    Counselor.objects.filter(pk=center.pk).update(is_taking_consultations=False)
    sweep(NOW)

    assert (on_offer(request), on_offer(second)) == ([TUESDAY], [])
    assert request.earlier_offers.get().counselor == colleague


def test_closed_time_is_offered_no_longer(center):
    rival = book(TUESDAY)
    request = wait()
    free(rival)
    sweep(NOW)

    Closure.objects.create(starts_at=TUESDAY, ends_at=TUESDAY + HOUR)
    sweep(NOW)

    assert (on_offer(request), ended(request)) == ([], ["gone"])


# How a wait ends


def test_canceling_ends_the_wait(center):
    request = wait()

    free(request)

    assert left(request) == ["ended"]


def test_own_move_ends_the_wait_and_frees_the_offer_for_the_next(center):
    rival = book(TUESDAY)
    request, second = wait(), wait(FRIDAY + HOUR)
    free(rival)
    sweep(NOW)

    moves.move_consultation(
        key="5a0c6c8c-6d0d-4cbb-9d4e-000000000002", request=request, starts_at=FRIDAY + 3 * HOUR
    )
    sweep(NOW)

    assert (left(request), ended(request), on_offer(second)) == (
        ["moved"], ["withdrawn"], [TUESDAY],
    )  # fmt: skip


def test_move_by_staff_keeps_the_wait_and_asks_anew_about_the_new_time(center):
    rival = book(TUESDAY)
    request, staff = wait(), make_user()
    free(rival)
    sweep(NOW)

    by_staff.reschedule_consultation(request_id=request.pk, starts_at=FRIDAY + 3 * HOUR, by=staff)
    sweep(NOW)

    assert (left(request), ended(request), on_offer(request)) == ([""], ["withdrawn"], [TUESDAY])
    assert request.earlier_offers.open().get().consultation == request.standing_consultation()


def test_closing_the_request_ends_the_wait(center):
    request = wait()

    outcomes.close_request(
        request_id=request.pk, by=make_user(), disposition="withdrawn", reason="other", note=""
    )

    assert left(request) == ["ended"]


def test_wait_ends_by_itself_once_nothing_sooner_can_open(center, time_machine):
    request = wait()
    last_moment = FRIDAY - 3 * HOUR

    time_machine.move_to(last_moment, tick=False)
    sweep(last_moment)
    until_then = left(request)
    time_machine.move_to(last_moment + MINUTE, tick=False)
    sweep(last_moment + MINUTE)

    assert (until_then, left(request)) == ([""], ["too_late"])


def test_wait_of_someone_whose_time_has_come_ends(center, time_machine):
    request = wait()

    time_machine.move_to(FRIDAY, tick=False)
    sweep(FRIDAY)

    assert left(request) == ["ended"]


# What the database refuses


def offer_row(request, counselor, starts_at=TUESDAY, **columns):
    rules = ModeRules.objects.get(mode="phone")
    return EarlierOffer(
        waitlist_entry=request.waitlist_entries.latest("pk"),
        request=request,
        consultation=request.consultations.latest("pk"),
        counselor=counselor,
        mode="phone",
        starts_at=starts_at,
        held=rules.held_bounds(starts_at),
        offered_at=NOW,
        **{"number": 0, "expires_at": NOW + HOUR} | columns,
    )


def refusal(row) -> str:
    """The name of the constraint that refuses this row."""
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        row.save()
    return refused.value.__cause__.diag.constraint_name


def test_database_refuses_two_open_offers_of_one_person(center):
    request = wait()
    offer_row(request, center).save()

    second = offer_row(request, center, TUESDAY + DAY, number=1)

    assert refusal(second) == "earlier_offer_one_per_request"


def test_database_refuses_to_offer_one_counselors_time_to_two(center):
    first, second = wait(), wait(FRIDAY + HOUR)
    offer_row(first, center).save()

    overlapping = offer_row(second, center, TUESDAY + HOUR / 2)

    assert refusal(overlapping) == "earlier_offer_to_one_person_at_a_time"


def test_database_refuses_an_offer_that_outlives_its_start(center):
    late = offer_row(wait(), center, expires_at=TUESDAY + MINUTE)

    assert refusal(late) == "earlier_offer_expires_before_it_starts"


def test_database_refuses_a_second_wait_of_one_request(center):
    request = wait()

    assert refusal(WaitlistEntry(request=request)) == "waitlist_entry_once_per_request"


def test_database_refuses_a_wait_that_ended_for_no_reason():
    assert (
        refusal(WaitlistEntry(request=make_request(), left_at=NOW))
        == "waitlist_entry_left_for_a_reason"
    )


@pytest.mark.parametrize("state", ["accepted", "declined", "expired", "gone", "withdrawn"])
def test_offer_that_ended_never_opens_again(center, state):
    offer = offer_row(wait(), center)
    offer.save()
    offer.end_as(state)

    with pytest.raises(ProgrammingError), transaction.atomic():
        EarlierOffer.objects.update(state="open", ended_at=None)
    with pytest.raises(MoveNotAllowed):
        offer.end_as("declined" if state != "declined" else "accepted")


# A round costs the same for anyone


def test_sleeping_list_costs_few_queries_each(center, django_assert_max_num_queries):
    for place in range(4):
        wait(FRIDAY + place * HOUR)

    with django_assert_max_num_queries(8 + 4 * 13):
        sweep(NOW)


def test_offer_keeps_no_personal_data(center):
    rival = book(TUESDAY)
    request = wait()
    free(rival)
    sweep(NOW)
    offer = request.earlier_offers.get()

    assert str(offer) == f"earlier offer {offer.pk}"
    assert accept(request).starts_at == TUESDAY
    assert Consultation.objects.standing().count() == 1


def test_quiet_zone_of_the_person_counts_and_not_ours(center, time_machine):
    rival = book(TUESDAY)
    request = wait(time_zone="America/New_York")
    evening_there = datetime(2027, 1, 4, 21, tzinfo=ZoneInfo("America/New_York"))
    time_machine.move_to(evening_there, tick=False)

    free(rival)
    sweep(evening_there)

    assert on_offer(request) == []


def test_end_of_an_offer_says_who_did_it(center):
    rival = book(TUESDAY)
    request = wait()
    free(rival)
    sweep(NOW)

    decline(request)

    events = request.audit_events.filter(type__in=["earlier_offered", "earlier_ended"])
    assert [(each.source, each.code) for each in events] == [
        ("system", ""),
        ("requester", "declined"),
    ]
    assert earlier_offers.list_offered_times() == []


def test_in_person_time_is_offered_and_taken_at_the_same_place_only(center):
    request = book()
    Consultation.objects.update(mode=Mode.IN_PERSON)
    join(request)
    place = Location.objects.create(name="Elsewhere", sort_order=9)
    elsewhere, here = make_counselor(days=[4], location=place), make_counselor(days=[4])

    open_on_tuesday(elsewhere, TUESDAY + DAY)
    sweep(NOW)
    none = on_offer(request)
    open_on_tuesday(here, TUESDAY + DAY)
    sweep(NOW)

    assert (none, on_offer(request)) == ([], [TUESDAY + DAY])
    assert accept(request).counselor == here


def test_sweep_goes_on_behind_a_person_whose_row_is_broken():
    counselor = make_center()
    rival = book(TUESDAY)
    broken, next_in_line = wait(), wait(FRIDAY + HOUR)
    ConsultationRequest.objects.filter(pk=broken.pk).update(time_zone="Nowhere/At_All")
    free(rival)

    owed = sweep(NOW)

    assert (owed, on_offer(next_in_line)) == ([next_in_line.pk], [TUESDAY])
    assert counselor.consultations.standing().count() == 2


def test_one_person_with_two_requests_is_offered_one_time_at_a_time(center):
    other = make_counselor(days=[])
    open_on_tuesday(other)
    rivals = [book(TUESDAY), book(TUESDAY)]
    first = wait(email="Jo@example.com")
    second, stranger = wait(FRIDAY + HOUR, email="jo@example.com"), wait(FRIDAY + 2 * HOUR)
    for rival in rivals:
        free(rival)

    sweep(NOW)

    assert [on_offer(each) for each in (first, second, stranger)] == [[TUESDAY], [], [TUESDAY]]
