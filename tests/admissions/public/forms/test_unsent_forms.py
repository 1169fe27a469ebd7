"""A form whose token, cookie or visit is gone comes back as it was typed, and does nothing."""

from datetime import timedelta

import pytest
from django.urls import reverse

from admissions.intake import manage_links
from admissions.intake.models import ConsultationRequest
from admissions.scheduling.models import Consultation
from tests.support.factories import make_consultation
from tests.support.visitor import MONDAY, TOMORROW_AT_TEN, Visitor, read_form, url

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(MONDAY)]
OURS = {"origin": "http://testserver"}
REASON = "Moved to <b>Zanzibar</b>"
TYPED = {"cancel_consultation": {"reason": REASON}, "change_contact_plan": {"good_time": "evening"}}
NAMES = list(TYPED)


class Guest(Visitor):
    """A browser that opens the links of letters."""

    def open_link(self, request):
        token = manage_links.issue_tokens(request)[0]
        return self.get(reverse("admissions:open_manage_link", args=[token]))


class Refuser(Visitor):
    """A browser that keeps no cookies."""

    def request(self, **sent):
        self.cookies.clear()
        return super().request(**sent)


@pytest.fixture
def booked():
    return make_consultation(starts_at=TOMORROW_AT_TEN).request


@pytest.fixture
def visitor(booked):
    """A browser that checks tokens, in which the link of the request was opened."""
    visitor = Guest(enforce_csrf_checks=True)
    visitor.open_link(booked)
    return visitor


def plan(request):
    return ConsultationRequest.objects.values_list("good_time", "stage").get(pk=request.pk)


def nothing_was_done(request):
    is_standing = request.standing_consultation().status == Consultation.Status.SCHEDULED
    return is_standing and plan(request)[0] == "any"


def filled(visitor, name):
    return read_form(visitor.get(url(name)), name).values | TYPED[name]


def is_kept(page, name):
    (field, typed), *_rest = TYPED[name].items()
    return read_form(page, name).values[field] == typed


def end_visit(visitor):
    """What thirty minutes without a click do."""
    visitor.session.flush()
    del visitor.cookies["session"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.security(64)
def test_personal_form_without_its_cookie_is_given_back(visitor, booked, name):
    values = filled(visitor, name)
    del visitor.cookies["csrf"]

    page = visitor.post(url(name), values, headers=OURS)

    assert page.status_code == 403
    assert is_kept(page, name)
    assert b"<b>Zanzibar" not in page.content
    assert nothing_was_done(booked)
    again = visitor.post(url(name), read_form(page, name).values, headers=OURS)
    assert again["Location"] == url("manage")


@pytest.mark.parametrize("origin", [{}, {"origin": "null"}, {"origin": "https://evil.example"}])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.security(64)
def test_personal_form_that_no_page_of_ours_vouches_for_is_not_given_back(
    visitor, booked, name, origin
):
    values = filled(visitor, name)
    del visitor.cookies["csrf"]

    page = visitor.post(url(name), values, headers=origin)

    assert page.status_code == 403
    assert b"Zanzibar" not in page.content
    assert b"<form" not in page.content
    assert nothing_was_done(booked)


@pytest.mark.parametrize("has_cookie", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_form_of_an_ended_visit_waits_for_the_link(visitor, booked, name, has_cookie):
    values = filled(visitor, name)
    end_visit(visitor)
    if not has_cookie:
        del visitor.cookies["csrf"]

    visitor.post(url(name), values, headers=OURS)
    leads_to = visitor.open_link(booked)["Location"]

    assert leads_to == url(name)
    assert is_kept(visitor.get(leads_to), name)
    assert nothing_was_done(booked)
    assert not is_kept(visitor.get(leads_to), name)


@pytest.mark.security(64)
def test_form_of_an_ended_visit_shows_nothing_until_the_link_is_opened(visitor):
    values = filled(visitor, "cancel_consultation")
    end_visit(visitor)

    page = visitor.post(url("cancel_consultation"), values, headers=OURS)

    assert b"Zanzibar" not in page.content
    assert visitor.get(url("cancel_consultation")).status_code == page.status_code


def test_what_was_typed_for_one_request_is_shown_with_no_other(visitor):
    values = filled(visitor, "cancel_consultation")
    end_visit(visitor)
    visitor.post(url("cancel_consultation"), values, headers=OURS)
    other = make_consultation(starts_at=TOMORROW_AT_TEN + timedelta(hours=2)).request

    assert visitor.open_link(other)["Location"] == url("manage")
    assert b"Zanzibar" not in visitor.get(url("cancel_consultation")).content


def test_what_was_typed_is_kept_for_half_an_hour_though_the_session_goes_on(
    visitor, booked, time_machine
):
    values = filled(visitor, "cancel_consultation")
    end_visit(visitor)
    visitor.post(url("cancel_consultation"), values, headers=OURS)
    time_machine.move_to(MONDAY + timedelta(minutes=20), tick=False)
    visitor.get(url("request_callback"))
    time_machine.move_to(MONDAY + timedelta(minutes=31), tick=False)

    assert visitor.open_link(booked)["Location"] == url("manage")


def test_key_that_is_not_ours_keeps_nothing(visitor, booked):
    values = filled(visitor, "cancel_consultation") | {"key": f"cancel {booked.pk}"}
    end_visit(visitor)

    visitor.post(url("cancel_consultation"), values, headers=OURS)

    assert visitor.open_link(booked)["Location"] == url("manage")


# Cookies that a browser refuses


@pytest.fixture
def refuser():
    return Refuser(enforce_csrf_checks=True)


def test_browser_without_cookies_hears_of_them_and_of_the_line_and_keeps_what_was_typed(refuser):
    page = refuser.post(url("request_callback"), refuser.open_callback(), headers=OURS)

    again = refuser.post(
        url("request_callback"), read_form(page, "request_callback").values, headers=OURS
    )

    assert "Nothing was sent yet. Please check the form and send it once more." in page.text
    for shown in (page, again):
        assert "Sending needs cookies" in shown.text
        assert "tel:+1-714-555-0134" in shown.text
        assert read_form(shown, "request_callback").values["preferred_name"] == "Jo"
    assert "This browser blocks cookies" in again.text
    assert "This browser blocks cookies" not in page.text
    assert ConsultationRequest.objects.count() == 0


def test_page_of_a_refusal_without_an_origin_speaks_of_cookies(refuser):
    page = refuser.post(url("request_callback"), refuser.open_callback())

    assert page.status_code == 403
    assert "cookies" in page.text


def test_form_for_a_time_that_cannot_be_read_comes_back_as_the_page_of_times(refuser):
    values = {"at": "nonsense", "preferred_name": "Jo"}

    page = refuser.post(url("details"), values, headers=OURS)

    assert page.status_code == 409


def test_cancel_form_of_nothing_that_stands_leads_on_though_its_token_is_gone(visitor):
    visitor.post(url("cancel_consultation"), filled(visitor, "cancel_consultation"), headers=OURS)
    del visitor.cookies["csrf"]

    page = visitor.post(url("cancel_consultation"), {"reason": "again"}, headers=OURS)

    assert (page.status_code, page["Location"]) == (302, url("manage"))
