"""How long a session lasts, and who ends it."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings

from admissions.accounts import sessions
from admissions.accounts.models import Session, hash_session_key
from admissions.accounts.session_backend import SessionStore
from tests.support import factories
from users.models import User

from .conftest import LOGIN, NOW, TYPES, Browser, code_of, events, make_staff

STAY, SECURITY, END = "/admin/stay/", "/admin/security/", "/admin/security/sessions/"
BY_ITSELF = {"X-Live-Refresh": "1"}


@pytest.fixture
def desk(someone, kim):
    """Kim, signed in."""
    someone.sign_in(kim)
    return someone


@pytest.fixture
def elsewhere(desk, kim):
    """Kim with another browser."""
    other = Browser(HTTP_USER_AGENT="Mozilla/5.0 (iPhone) Version/17.0 Safari/605.1")
    other.sign_in(kim, off=1)
    return other


def left(someone):
    return someone.get(STAY, headers=BY_ITSELF).json()["left"]


@pytest.mark.parametrize(("minutes", "is_in"), [(14, True), (16, False)])
@pytest.mark.security(31)
def test_session_ends_after_fifteen_minutes_without_a_click(desk, later, minutes, is_in):
    later(minutes=minutes)

    assert desk.is_in() == is_in


def test_every_click_begins_the_fifteen_minutes_anew(desk, later):
    for minutes in range(14, 100, 14):
        later(minutes=minutes)
        desk.get(SECURITY)

    assert desk.is_in()


@pytest.mark.security(31)
def test_session_ends_after_ten_hours_however_busy(desk, later):
    for minutes in [*range(14, 600, 14), 599]:
        later(minutes=minutes)
        assert desk.is_in()
    later(minutes=601)

    assert not desk.is_in()


def test_page_that_refreshes_itself_keeps_no_session_alive(desk, later):
    for minutes in range(1, 15):
        later(minutes=minutes)
        assert desk.get(SECURITY, headers=BY_ITSELF).status_code == 200
    later(minutes=15, seconds=1)

    assert not desk.is_in()


def test_post_is_someone_even_if_it_claims_to_be_by_itself(desk, later):
    later(minutes=10)

    answer = desk.post(STAY, headers=BY_ITSELF)

    assert answer.json() == {"left": 900}


def test_asking_how_long_is_left_takes_nothing_and_gives_nothing(desk, later):
    later(minutes=10)

    assert [left(desk), left(desk)] == [300, 300]


def test_cookie_of_the_session_ends_with_the_browser(desk):
    cookie = desk.cookies["session"]

    assert cookie["max-age"] == ""
    assert cookie["expires"] == ""
    assert cookie["httponly"]


@pytest.mark.security(32)
def test_sign_out_ends_the_session_on_the_server(desk, kim):
    kept = desk.cookies["session"].value
    page = desk.post("/admin/logout/")
    thief = Browser()
    thief.cookies["session"] = kept

    assert page.status_code == 200
    assert not thief.is_in()
    assert events()[1:] == [(TYPES.SIGNED_OUT, kim, "", "")]


def test_signing_out_without_a_session_is_no_act(someone):
    assert someone.post("/admin/logout/").status_code == 302
    assert events() == []


def test_table_holds_no_key_that_opens_a_session(desk):
    (stored,) = Session.objects.filter(user__isnull=False).values_list("session_key", flat=True)
    thief = factories.StaffClient()
    thief.cookies[settings.SESSION_COOKIE_NAME] = stored

    assert stored != desk.session.session_key
    assert thief.get("/admin/").status_code == 302


def test_key_that_is_taken_is_tried_again_and_its_session_stands(monkeypatch):
    first, second = SessionStore(), SessionStore()
    first["typed"] = "hers"
    first.create()
    keys = iter([first.session_key, "f" * 32])
    monkeypatch.setattr(SessionStore, "_get_new_session_key", lambda store: next(keys))

    second["typed"] = "his"
    second.create()

    assert second.session_key == "f" * 32
    assert SessionStore(first.session_key)["typed"] == "hers"


@pytest.mark.parametrize("column", ["is_active", "is_staff"])
@pytest.mark.security(29)
def test_who_may_no_more_is_out_on_the_next_click(desk, column):
    User.objects.update(**{column: False})

    assert not desk.is_in()


def test_who_has_no_factor_any_more_is_out_on_the_next_click(desk):
    Authenticator.objects.all().delete()

    assert not desk.is_in()


@pytest.mark.security(30)
def test_new_password_gives_a_new_id_and_ends_all_others(desk, elsewhere, kim):
    before = desk.session.session_key
    new = "a-much-longer-walk-in-the-sun"

    desk.post("/admin/password_change/", {"new_password1": new, "new_password2": new})

    assert desk.is_in()
    assert not elsewhere.is_in()
    assert desk.session.session_key != before
    assert events()[-1] == (TYPES.PASSWORD_CHANGED, kim, "", "")


@pytest.mark.parametrize(
    ("password", "counts"),
    [("elevenchars", 0), ("password12345", 0), ("x7-" + "ok " * 40 + "é", 1)],
)
@pytest.mark.security(40)
def test_password_is_long_and_not_a_common_one(desk, kim, password, counts):
    form = {"new_password1": password, "new_password2": password}

    desk.post("/admin/password_change/", form)

    kim.refresh_from_db()
    assert kim.check_password(password) == bool(counts)


# One's own sessions


def test_sessions_are_listed_in_plain_words(desk, elsewhere):
    page = desk.get(SECURITY)

    listed = [(each.browser, each.is_this) for each in page.context["sessions"]]
    assert sorted(listed) == [("A browser", True), ("Safari on an iPhone", False)]
    text = page.content.decode()
    assert [key for key in Session.objects.values_list("pk", flat=True) if key in text] == []


def test_one_session_is_ended_by_its_owner(desk, elsewhere, kim):
    [other] = [each for each in desk.get(SECURITY).context["sessions"] if not each.is_this]

    desk.post(END, {"which": other.handle})

    assert desk.is_in()
    assert not elsewhere.is_in()
    assert events()[2:] == [(TYPES.SESSION_ENDED, kim, "", "one")]


def test_all_others_end_at_once(desk, elsewhere, kim):
    desk.post(END, {"which": "others"})

    assert desk.is_in()
    assert not elsewhere.is_in()
    assert events()[2:] == [(TYPES.SESSION_ENDED, kim, "", "others")]


def test_nobody_ends_the_session_of_another(desk):
    other = make_staff("director")
    theirs = factories.StaffClient()
    theirs.force_login(other)
    handle = sessions.session_handle(hash_session_key(theirs.session.session_key))

    desk.post(END, {"which": handle})

    assert theirs.get("/admin/").status_code == 200
    assert [type for type, *_rest in events()] == [TYPES.SIGNED_IN]


def test_ended_sessions_are_deleted_of_staff_after_a_day(desk, kim):
    Session.objects.create(session_key="v", expire_date=NOW)

    sessions.delete_expired_sessions(NOW + timedelta(hours=1))
    after_an_hour = list(Session.objects.values_list("user_id", flat=True))
    sessions.delete_expired_sessions(NOW + timedelta(hours=25))

    assert (after_an_hour, Session.objects.count()) == ([kim.pk], 0)


# Asked again


@pytest.fixture
def tired(desk, later):
    """Kim, eleven minutes after signing in."""
    later(minutes=11)
    return desk


APP = "/admin/security/app/"


@pytest.mark.security(44)
def test_confirmation_is_asked_for_after_ten_minutes(tired):
    assert tired.get(APP).url == "/admin/confirm/?next=%2Fadmin%2Fsecurity%2Fapp%2F"


def test_signing_in_counts_as_a_confirmation(desk, later):
    later(minutes=9)

    assert desk.get(APP).status_code == 200


@pytest.mark.parametrize("how", ["password", "code"])
def test_password_or_code_confirms(tired, kim, how):
    proof = factories.PASSWORD if how == "password" else code_of(kim)
    page = {"password": "/admin/confirm/", "code": "/admin/confirm/code/"}[how]

    answer = tired.post(page, {how: proof, "next": APP})

    assert (answer.url, tired.get(APP).status_code) == (APP, 200)
    assert events()[1:] == [(TYPES.CONFIRMED_AGAIN, kim, "", "")]


def test_wrong_confirmation_confirms_nothing(tired, kim):
    sent = [tired.post("/admin/confirm/", {"password": "wrong"}) for _n in range(6)]
    answers = [each.status_code for each in sent]

    assert (answers, tired.get(APP).status_code) == ([200] * 5 + [429], 302)
    assert events()[1:] == [(TYPES.SIGN_IN_FAILED, kim, "", "confirmation")] * 6


@pytest.mark.security(43)
def test_confirmation_leads_only_into_the_desk(tired):
    named = {"password": factories.PASSWORD, "next": "https://evil.example/admin/"}

    assert tired.post("/admin/confirm/", named).url == "/admin/"


@pytest.mark.security(44)
def test_form_sent_without_a_confirmation_waits_for_it(tired):
    new = {"note": "two words"}

    asked = tired.post("/admin/security/codes/", new)
    confirmed = tired.post("/admin/confirm/", {"password": factories.PASSWORD})

    assert asked.url.startswith("/admin/confirm/")
    assert confirmed.url == "/admin/unsent/"
    assert tired.get("/admin/unsent/").context["path"] == "/admin/security/codes/"
    assert [type for type, *_rest in events()] == [TYPES.SIGNED_IN, TYPES.CONFIRMED_AGAIN]


def test_login_page_sends_on_who_is_in(desk):
    assert desk.get(LOGIN).url == "/admin/"
