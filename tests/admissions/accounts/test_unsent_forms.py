"""What someone was writing when their session ended is not lost, and nobody else's to see."""

import pytest
from django.test import Client

from admissions.accounts import unsent_forms
from admissions.accounts.models import Session
from admissions.accounts.session_backend import SessionStore
from admissions.intake.models import ContactAttempt
from tests.support import factories

from .conftest import LOGIN, Browser, make_staff

NOTE = "Called back twice,\nno answer <yet>"
KEPT = "/admin/unsent/"


@pytest.fixture
def request_(db):
    return factories.make_request()


@pytest.fixture
def log(request_):
    """The address of a form of the desk."""
    return f"/admin/admissions/consultationrequest/{request_.pk}/log/"


@pytest.fixture
def late(someone, kim, later):
    """Kim, whose session ended while they wrote."""
    someone.sign_in(kim)
    later(minutes=20)
    return someone


def send(someone, log, *, origin=None, **more):
    page = f"http://testserver{log.removesuffix('log/')}change/"
    form = {"outcome": "call:no_answer", "note": NOTE}
    headers = {"referer": page} | ({"origin": origin} if origin else {})
    return someone.post(log, form | more, headers=headers)


def test_form_of_an_ended_session_leads_to_sign_in_and_does_nothing(late, log):
    answer = send(late, log)

    assert answer.url == f"{LOGIN}?next={log.removesuffix('log/')}change/"
    assert ContactAttempt.objects.count() == 0


def test_sign_in_page_says_that_it_is_kept(late, log):
    page = late.get(send(late, log).url)

    assert "What you typed is kept" in page.content.decode()


def test_owner_gets_it_back_and_sends_it_with_a_click(late, log, kim):
    send(late, log)
    answer = late.sign_in(kim)
    page = late.get(answer.url)
    done_before = ContactAttempt.objects.count()

    assert (answer.url, page.context["path"]) == (KEPT, log)
    assert page.context["words"] == [("note", NOTE)]
    assert "no answer &lt;yet&gt;" in page.content.decode()
    late.post(log, dict(page.context["words"] + page.context["others"]))
    assert (done_before, ContactAttempt.objects.get().note.split()) == (0, NOTE.split())


def test_it_is_gone_once_something_was_sent(late, log, kim):
    send(late, log)
    late.sign_in(kim)
    late.post(log, {"channel": "phone"})

    assert late.get(KEPT).url == "/admin/"


def test_owner_may_let_it_go(late, log, kim):
    send(late, log)
    late.sign_in(kim)

    answer = late.post(KEPT)

    assert answer.url == f"{log.removesuffix('log/')}change/"
    assert (late.get(KEPT).url, ContactAttempt.objects.count()) == ("/admin/", 0)


def test_nobody_else_at_the_same_browser_gets_it(late, log):
    send(late, log)
    other = make_staff("director")
    factories.make_factor(other)

    answer = late.sign_in(other)

    assert (answer.url, late.get(KEPT).url) == ("/admin/", "/admin/")
    assert unsent_forms.UNSENT_SESSION_KEY not in late.session


def test_database_holds_it_only_encrypted(late, log):
    send(late, log)

    rows = list(Session.objects.values_list("session_data", flat=True))
    kept = [row for row in rows if unsent_forms.UNSENT_SESSION_KEY in SessionStore().decode(row)]
    assert [row[:3] for row in kept] == ["e1."]


def test_it_is_kept_for_half_an_hour(late, log, kim, later):
    send(late, log)
    later(minutes=40)
    late.get(LOGIN)
    late.give_password(kim)
    later(minutes=51)

    assert late.sign_in(kim).url == "/admin/"


@pytest.mark.parametrize("why", ["no session", "password", "too much", "signed out"])
def test_what_is_not_kept(late, log, kim, why):
    someone = Browser() if why == "no session" else late
    if why == "signed out":
        late.sign_in(kim)
        late.post("/admin/logout/")
    more = {"password": {"password1": "secret words"}, "too much": {"more": "x " * 40_000}}

    send(someone, log, **more.get(why, {}))

    assert unsent_forms.UNSENT_SESSION_KEY not in someone.session


# Signed in again in another tab: the token of this one is no good any more


@pytest.fixture
def strict(kim):
    """Kim, signed in, in a tab whose form was drawn before that."""
    tab = factories.StaffClient(enforce_csrf_checks=True)
    tab.force_login(kim)
    return tab


@pytest.mark.security(65)
def test_form_of_an_older_tab_is_offered_again(strict, log):
    answer = send(strict, log, origin="http://testserver")

    assert answer.url == KEPT
    assert strict.get(KEPT).context["words"] == [("note", NOTE)]
    assert ContactAttempt.objects.count() == 0


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example"])
def test_form_from_elsewhere_is_refused(strict, log, origin):
    answer = send(strict, log, origin=origin)

    assert answer.status_code == 403
    assert unsent_forms.UNSENT_SESSION_KEY not in strict.session
    assert ContactAttempt.objects.count() == 0


@pytest.mark.security(65)
def test_older_tab_of_someone_signed_out_is_refused(log):
    tab = Client(enforce_csrf_checks=True)

    assert send(tab, log, origin="http://testserver").status_code == 403


@pytest.mark.django_db
def test_referer_that_is_no_address_leads_to_the_first_page():
    answer = Client().post("/admin/security/", {"a": "b"}, headers={"referer": "http://[bad"})

    assert answer.status_code == 302
