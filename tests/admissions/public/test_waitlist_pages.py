"""Ask for something sooner and answer an offer, on the pages of a browser."""

import uuid

import pytest
from django.urls import reverse

from admissions.booking import waitlist
from admissions.intake import contact_plan
from admissions.intake.models import ConsultationRequest
from admissions.scheduling.models import WaitlistEntry
from tests.support.visitor import FormReader, Visitor
from tests.support.waitlist import (
    FRIDAY,
    HOUR,
    NOW,
    TUESDAY,
    book,
    ended,
    free,
    left,
    make_center,
    on_offer,
    sweep,
    wait,
)

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NOW)]
MANAGE, BOOKED = "/consultation/manage/", "/consultation/booked/"


@pytest.fixture
def center():
    return make_center()


def browser_of(request, *, has_booked=False):
    """A browser in which the person has opened the link of their email."""
    visitor = Visitor()
    session = visitor.session
    session["manages"] = str(request.pk)
    if has_booked:
        session["request"] = str(request.pk)
    session.save()
    return visitor


def form_on(page, name):
    action = reverse(f"admissions:{name}")
    return next(form for form in FormReader(page.content.decode()).forms if form.action == action)


def send(visitor, name, page=MANAGE, **pressed):
    form = form_on(visitor.get(page), name)
    return visitor.post(form.action, form.values | pressed)


def words(page):
    return " ".join(page.content.decode().split())


def with_offer():
    rival = book(TUESDAY)
    request = wait()
    free(rival)
    sweep(NOW)
    return request


# Join and leave


@pytest.mark.parametrize("page", [MANAGE, BOOKED])
def test_asking_for_something_sooner_comes_back_to_the_page_that_says_so(center, page):
    request = book()
    visitor = browser_of(request, has_booked=True)

    response = send(visitor, "join_waitlist", page)

    assert (response.status_code, response.url, left(request)) == (302, page, [""])
    assert "If an earlier time opens up, we will write to you." in words(visitor.get(page))


def test_stopping_to_look_brings_the_question_back(center):
    request = wait()
    visitor = browser_of(request)

    send(visitor, "leave_waitlist")

    assert left(request) == ["asked"]
    assert "Tell me if an earlier time opens up" in words(visitor.get(MANAGE))


def test_person_can_join_leave_and_join_in_one_browser(center):
    request = book()
    visitor = browser_of(request)

    for name in ("join_waitlist", "leave_waitlist", "join_waitlist"):
        send(visitor, name)

    assert left(request) == ["asked", ""]


def test_joining_twice_with_one_key_is_once(center):
    request = book()
    visitor = browser_of(request)
    form = form_on(visitor.get(MANAGE), "join_waitlist")

    answers = [visitor.post(form.action, form.values).status_code for _each in range(2)]

    assert (answers, left(request)) == ([302, 302], [""])


@pytest.mark.parametrize("columns", [{"may_email": False}, {"email": "", "may_email": False}])
def test_page_says_why_someone_without_email_cannot_join(center, columns):
    page = browser_of(book(**columns)).get(MANAGE)

    assert "We can't email you, so please call us and ask." in words(page).replace("&#x27;", "'")
    assert reverse("admissions:join_waitlist") not in page.content.decode()


def test_page_asks_nothing_when_nothing_sooner_can_open(center, time_machine):
    request = book()
    time_machine.move_to(FRIDAY - 2 * HOUR, tick=False)

    page = browser_of(request).get(MANAGE)

    assert reverse("admissions:join_waitlist") not in page.content.decode()


def test_forged_key_joins_nothing(center):
    request = book()
    visitor = browser_of(request)
    form = form_on(visitor.get(MANAGE), "join_waitlist")

    visitor.post(form.action, form.values | {"key": "forged"})

    assert WaitlistEntry.objects.count() == 0


@pytest.mark.parametrize("name", ["join_waitlist", "leave_waitlist", "answer_offer"])
def test_nothing_is_done_by_looking_or_without_the_link(center, name):
    request = with_offer()

    looked = browser_of(request).get(reverse(f"admissions:{name}")).status_code
    strange = Visitor().post(reverse(f"admissions:{name}")).status_code

    assert (looked, strange, on_offer(request)) == (405, 410, [TUESDAY])


# Answer


def test_manage_page_shows_the_offer_and_by_when_to_answer(center):
    page = browser_of(with_offer()).get(MANAGE)

    assert "<b>Tuesday, January 5, 1:00 pm (PST)</b>" in words(page)
    assert "Please answer by Monday, January 4, 12:00 pm (PST)." in words(page)


def test_looking_at_an_offer_changes_nothing(center):
    request = with_offer()

    browser_of(request).get(MANAGE)

    assert on_offer(request) == [TUESDAY]


def test_taking_the_time_moves_the_appointment(center):
    request = with_offer()
    visitor = browser_of(request)

    response = send(visitor, "answer_offer", answer="accept")

    assert (response.url, request.standing_consultation().starts_at) == (MANAGE, TUESDAY)
    assert "An earlier time is open" not in words(visitor.get(MANAGE))


def test_taking_the_time_with_a_double_click_moves_once(center):
    request = with_offer()
    visitor = browser_of(request)
    form = form_on(visitor.get(MANAGE), "answer_offer")

    answers = [visitor.post(form.action, form.values | {"answer": "accept"}) for _each in range(2)]

    assert [each.status_code for each in answers] == [302, 302]
    assert request.consultations.count() == 2


def test_keeping_the_time_goes_on_looking(center):
    request = with_offer()
    visitor = browser_of(request)

    response = send(visitor, "answer_offer", answer="decline")

    assert (response.url, ended(request), left(request)) == (MANAGE, ["declined"], [""])
    assert request.standing_consultation().starts_at == FRIDAY
    assert "If an earlier time opens up, we will write to you." in words(visitor.get(MANAGE))


def test_time_that_was_just_taken_is_told_kindly_however_often_they_click(center):
    request = with_offer()
    visitor = browser_of(request)
    form = form_on(visitor.get(MANAGE), "answer_offer")
    book(TUESDAY)

    answers = [visitor.post(form.action, form.values | {"answer": "accept"}) for _each in range(2)]

    kind = (
        "Someone just took that time. Your appointment on Friday, January 8, 9:00 am (PST)"
        " has not changed. We will keep looking."
    )
    assert [each.status_code for each in answers] == [409, 409]
    assert [kind in words(each) for each in answers] == [True, True]
    assert request.standing_consultation().starts_at == FRIDAY


def test_page_of_an_offer_whose_time_went_says_so_without_a_button(center):
    request = with_offer()
    book(TUESDAY)

    page = browser_of(request).get(MANAGE)

    assert "Your appointment has not changed. We will keep looking." in words(page)
    assert reverse("admissions:answer_offer") not in page.content.decode()


def test_answer_after_the_expiry_is_told_and_changes_nothing(center, time_machine):
    request = with_offer()
    visitor = browser_of(request)
    form = form_on(visitor.get(MANAGE), "answer_offer")
    request.earlier_offers.update(expires_at=NOW + HOUR / 4)
    time_machine.move_to(NOW + HOUR / 4, tick=False)

    response = visitor.post(form.action, form.values | {"answer": "accept"})

    assert response.status_code == 409
    assert "This offer has ended. Your appointment stays as it is." in words(response)
    assert request.standing_consultation().starts_at == FRIDAY


@pytest.mark.parametrize(
    "changed",
    [{"key": ""}, {"number": "1"}, {"number": "x"}, {"answer": "perhaps"}, {"answer": ""}],
    ids=["no key", "another offer", "no number", "another answer", "no answer"],
)
def test_answer_that_we_did_not_ask_for_changes_nothing(center, changed):
    request = with_offer()
    visitor = browser_of(request)
    form = form_on(visitor.get(MANAGE), "answer_offer")

    response = visitor.post(form.action, form.values | {"answer": "accept"} | changed)

    assert response.status_code == 409
    assert (on_offer(request), request.standing_consultation().starts_at) == ([TUESDAY], FRIDAY)


def test_offer_is_of_nobody_else(center):
    request = with_offer()
    stranger = browser_of(book(FRIDAY + HOUR))
    form = form_on(browser_of(request).get(MANAGE), "answer_offer")

    response = stranger.post(form.action, form.values | {"answer": "accept"})

    assert (response.status_code, on_offer(request)) == (409, [TUESDAY])


def test_pages_without_a_wait_ask_little_of_the_database(center, django_assert_max_num_queries):
    visitor = browser_of(book())
    visitor.get(MANAGE)

    with django_assert_max_num_queries(24):
        visitor.get(MANAGE)


def test_person_whose_emails_stopped_waits_no_longer(center):
    request = wait()

    contact_plan.stop_emails(key=uuid.uuid4(), request=request, owns_email=True)

    assert waitlist.refusal_to_join(ConsultationRequest.objects.get(pk=request.pk)) == "no_email"
    assert left(request) == ["no_email"]
