"""Password, then code, then the desk; and no way around either."""

import math
import re

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection
from django.test import Client
from django.urls import NoReverseMatch, reverse

from admissions.accounts import demo, two_factor
from admissions.accounts.models import Session, hash_session_key
from admissions.encryption import decrypt_text
from tests.support import factories
from users.models import User

from .conftest import CODE, LOGIN, NOW, SET_UP, TYPES, Browser, code_of, events, make_staff

INSIDE = [
    "/admin/",
    "/admin/admissions/consultationrequest/",
    "/admin/security/",
    "/admin/security/app/",
    "/admin/confirm/",
    "/admin/confirm/code/",
    "/admin/confirm/passkey/",
    "/admin/security/passkeys/add/",
    "/admin/unsent/",
    "/admin/stay/",
    "/admin/password_change/",
    "/admin/jsi18n/",
]


def test_password_and_code_open_the_desk(someone, kim):
    halfway = someone.give_password(kim)
    answer = someone.give_code(code_of(kim))

    assert halfway.url == CODE
    assert answer.url == "/admin/"
    assert someone.is_in()
    assert events() == [(TYPES.SIGNED_IN, kim, "", "")]


@pytest.mark.parametrize("address", INSIDE)
@pytest.mark.security(33)
def test_password_alone_opens_nothing(someone, kim, address):
    someone.give_password(kim)

    assert someone.get(address).url == f"{LOGIN}?next={address}"


@pytest.mark.parametrize("address", INSIDE)
@pytest.mark.security(33)
def test_session_without_the_factor_opens_nothing(kim, address):
    """One from before there was a second factor, or from anywhere else."""
    old = Client()
    old.force_login(kim)

    assert old.get(address).url == f"{LOGIN}?next={address}"


def test_session_of_the_password_alone_opens_nothing(kim):
    old = Client()
    old.force_login(kim)
    session = old.session
    session.update(factories.proof(kim, at=NOW.timestamp()))
    session[AUTHENTICATION_METHODS_SESSION_KEY].pop()
    session.save()

    assert old.get("/admin/").status_code == 302


def test_factor_of_someone_else_opens_nothing(kim):
    old = Client()
    old.force_login(kim)
    session = old.session
    session.update(factories.proof(make_staff("counselor"), at=NOW.timestamp()))
    session.save()

    assert old.get("/admin/").status_code == 302


def test_next_person_in_a_browser_is_shown_another_secret(someone):
    first, second = make_staff("counselor"), make_staff("counselor")
    Authenticator.objects.all().delete()

    someone.give_password(first)
    shown = someone.get("/admin/login/set-up/").context["secret"]
    someone.give_password(second)

    assert someone.get("/admin/login/set-up/").context["secret"] != shown


@pytest.mark.security(41)
def test_demo_staff_do_not_sign_in_to_production(someone, kim, settings):
    User.objects.update(is_demo=True)
    settings.PRODUCTION = True

    answer = someone.give_password(kim)

    assert answer.status_code == 200
    assert not someone.is_in()


def test_code_page_without_a_password_leads_back(someone, kim):
    pages = [someone.get(CODE), someone.give_code(code_of(kim)), someone.get(SET_UP)]

    assert [page.url for page in pages] == [LOGIN] * 3


def test_first_half_is_good_for_ten_minutes(someone, kim, later):
    someone.give_password(kim)
    later(minutes=11)

    assert someone.give_code(code_of(kim)).url == LOGIN
    assert not someone.is_in()


def test_first_half_ends_with_its_password(someone, kim):
    someone.give_password(kim)
    kim.set_password("another-long-walk-in-the-sun")
    kim.save()

    assert someone.give_code(code_of(kim)).url == LOGIN


def test_first_half_is_nothing_to_who_was_made_inactive(someone, kim):
    someone.give_password(kim)
    User.objects.update(is_active=False)

    assert someone.give_code(code_of(kim)).url == LOGIN


WIDE = {ord(str(each)): chr(ord("０") + each) for each in range(10)}


def test_code_in_wide_digits_is_the_same_code(someone, kim):
    someone.give_password(kim)

    someone.give_code(code_of(kim).translate(WIDE))

    assert someone.is_in()


@pytest.mark.security(34)
def test_code_counts_once(someone, kim):
    someone.sign_in(kim)
    thief = Browser()

    again = thief.sign_in(kim)

    assert again.status_code == 200
    assert not thief.is_in()


def test_wrong_code_is_refused_and_recorded(someone, kim):
    someone.give_password(kim)

    answer = someone.give_code("000000")

    assert answer.status_code == 200
    assert not someone.is_in()
    assert events() == [(TYPES.SIGN_IN_FAILED, None, "someone", "code")]


@pytest.mark.security(30)
def test_session_gets_a_new_id_at_each_half(someone, kim):
    planted = someone.session.session_key
    someone.give_password(kim)
    halfway = someone.session.session_key
    someone.give_code(code_of(kim))

    assert len({planted, halfway, someone.session.session_key}) == 3
    assert not Session.objects.filter(
        session_key__in=[hash_session_key(planted), hash_session_key(halfway)]
    ).exists()


@pytest.mark.parametrize(
    ("given", "leads_to"),
    [
        ("/admin/security/", "/admin/security/"),
        ("https://evil.example/admin/", "/admin/"),
        ("//evil.example/admin/", "/admin/"),
        ("/\\evil.example", "/admin/"),
        ("/consultation/", "/admin/"),
        ("javascript:alert(1)", "/admin/"),
        ("", "/admin/"),
    ],
)
@pytest.mark.security(43, 59)
def test_next_leads_only_into_the_desk(someone, kim, given, leads_to):
    named = {"login": kim.username, "password": factories.PASSWORD, "next": given}
    someone.post(LOGIN, named)

    assert someone.give_code(code_of(kim)).url == leads_to


def test_session_that_proved_less_finds_the_first_page(kim):
    old = Client()
    old.force_login(kim)

    assert old.get(LOGIN).status_code == 200


def test_session_that_proved_less_is_no_obstacle(kim):
    old = Browser()
    old.force_login(kim)

    old.sign_in(kim)

    assert old.is_in()


@pytest.mark.parametrize("name", ["signup", "email", "reset_password", "inactive", "logout"])
@pytest.mark.security(33, 39)
def test_other_pages_of_allauth_are_closed(name):
    with pytest.raises(NoReverseMatch):
        reverse(f"account_{name}")


def test_page_answers_no_script(someone, kim):
    wrong = {"login": kim.username, "password": "wrong"}

    answer = someone.post(LOGIN, wrong, headers={"accept": "application/json"})

    assert answer["Content-Type"].startswith("text/html")


# The same answer for everyone who may not in


@pytest.mark.parametrize("who", ["kim", "nobody", "inactive"])
@pytest.mark.security(38)
def test_every_name_takes_as_long(someone, kim, who, hashed):
    User.objects.update(is_active=who != "inactive")
    hashed.clear()

    someone.post(LOGIN, {"login": kim.username if who != "nobody" else who, "password": "wrong"})

    assert len(hashed) == 1


@pytest.mark.parametrize("who", ["wrong password", "nobody", "inactive", "not staff"])
@pytest.mark.security(38)
def test_everyone_who_may_not_in_hears_the_same(someone, kim, who):
    if who == "inactive":
        User.objects.update(is_active=False)
    if who == "not staff":
        User.objects.update(is_staff=False)
    name = "nobody" if who == "nobody" else kim.username
    password = "wrong" if who == "wrong password" else factories.PASSWORD

    answer = someone.post(LOGIN, {"login": name, "password": password})

    shown = answer.content.decode().replace(name, "")
    assert answer.status_code == 200
    assert "don’t match" in shown
    known = None if who == "nobody" else kim
    assert events(about=known) == [(TYPES.SIGN_IN_FAILED, None, "someone", "password")]


# The app


def secret_of(user):
    [app] = Authenticator.objects.filter(user=user, type="totp")
    return decrypt_text(app.data["secret"])


def set_up(someone, user):
    """Up to the page with the recovery codes."""
    someone.give_password(user)
    secret = someone.get(SET_UP).context["secret"].replace(" ", "")
    return secret, someone.post(SET_UP, {"code": code_of(user, secret=secret)})


def test_first_sign_in_sets_up_an_app(someone):
    user = make_staff("counselor")

    halfway = someone.give_password(user)
    secret, answer = set_up(someone, user)

    assert halfway.url == SET_UP
    assert someone.is_in()
    assert len(answer.context["codes"]) == two_factor.count_recovery_codes(user) == 10
    assert [type for type, *_rest in events(about=user)] == [TYPES.FACTOR_ADDED, TYPES.SIGNED_IN]
    assert secret_of(user) == secret


def test_first_code_of_an_app_may_come_in_wide_digits(someone):
    user = make_staff("coordinator")
    someone.give_password(user)
    secret = someone.get(SET_UP).context["form"].secret

    someone.post(SET_UP, {"code": code_of(user, secret=secret).translate(WIDE)})

    assert someone.is_in()


def test_wrong_code_sets_up_nothing(someone):
    user = make_staff("counselor")
    someone.give_password(user)
    someone.get(SET_UP)

    someone.post(SET_UP, {"code": "000000"})

    assert Authenticator.objects.count() == 0
    assert not someone.is_in()


def test_code_without_the_page_sets_up_nothing(someone):
    """There is no secret yet, and so no code either."""
    user = make_staff("counselor")
    someone.give_password(user)

    someone.post(SET_UP, {"code": code_of(user, secret="")})

    assert Authenticator.objects.count() == 0
    assert not someone.is_in()


@pytest.mark.security(33)
def test_who_has_an_app_sets_up_no_other_with_the_password_alone(someone, kim):
    someone.give_password(kim)

    answer = someone.get(SET_UP)

    assert answer.url == LOGIN
    assert Authenticator.objects.count() == 1


@pytest.mark.security(35)
def test_rows_hold_neither_secret_nor_recovery_codes(someone):
    user = make_staff("counselor")
    secret, answer = set_up(someone, user)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(t::text, '') FROM (SELECT f::text FROM mfa_authenticator f UNION ALL"
            " SELECT s::text FROM accounts_session s UNION ALL"
            " SELECT c::text FROM accounts_cache c) t"
        )
        [rows] = cursor.fetchone()
    assert [each for each in [secret, *answer.context["codes"]] if each in rows] == []
    assert answer.context["codes"][0].replace(" ", "") not in rows


def test_replacing_the_app_ends_every_other_session(someone, kim):
    elsewhere = factories.StaffClient()
    elsewhere.force_login(kim)
    someone.sign_in(kim)
    secret = someone.get("/admin/security/app/").context["secret"].replace(" ", "")

    someone.post("/admin/security/app/", {"code": code_of(kim, secret=secret)})

    assert secret_of(kim) == secret
    assert someone.is_in()
    assert elsewhere.get("/admin/").status_code == 302


def test_removed_factor_ends_every_session(someone, kim):
    someone.sign_in(kim)

    two_factor.remove_factors(user_id=kim.pk, by=make_staff("director"), detail={})

    assert not someone.is_in()


def test_new_key_reads_the_old_secret_and_seals_it_anew(someone, kim, settings):
    old, settings.SECRET_KEY = settings.SECRET_KEY, "n" * 60
    settings.SECRET_KEY_FALLBACKS = [old]
    someone.sign_in(kim)
    was_in = someone.is_in()

    call_command("rotate_keys", verbosity=0)
    settings.SECRET_KEY_FALLBACKS = []
    later = Browser()
    later.sign_in(kim, off=1)

    assert was_in
    assert later.is_in()


@pytest.mark.parametrize("secret", [factories.SECRET, ""], ids=["the old one", "none"])
def test_lost_key_lets_nobody_in_and_breaks_no_page(someone, kim, settings, secret):
    """Nor is the secret an empty one then, whose codes anyone can work out."""
    settings.SECRET_KEY = "n" * 60
    settings.SECRET_KEY_FALLBACKS = []
    someone.give_password(kim)

    answer = someone.give_code(code_of(kim, secret=secret))

    assert answer.status_code == 200
    assert not someone.is_in()


def test_start_is_refused_while_the_keys_do_not_open_the_factors(kim, settings):
    settings.SECRET_KEY = "n" * 60

    with pytest.raises(SystemCheckError, match="second factor cannot be read"):
        call_command("check", databases=["default"])


def test_secret_of_a_new_app_is_encrypted_while_it_waits(someone):
    someone.give_password(make_staff("counselor"))
    secret = someone.get(SET_UP).context["secret"].replace(" ", "")

    rows = list(Session.objects.values_list("session_data", flat=True))

    assert [row[:3] for row in rows] == ["e1."]
    assert someone.session["mfa.totp.secret"] == secret


def test_page_shows_the_same_square_in_every_tab(someone):
    someone.give_password(make_staff("counselor"))

    shown = {someone.get(SET_UP).context["secret"] for _tab in range(2)}

    assert len(shown) == 1


def test_code_of_the_set_up_counts_as_used(someone):
    user = make_staff("counselor")
    secret, _answer = set_up(someone, user)
    thief = Browser()
    thief.give_password(user)

    thief.give_code(code_of(user, secret=secret))

    assert not thief.is_in()


# Recovery codes


def test_recovery_code_is_long_enough_for_a_plain_hash(kim):
    """ASVS 5.0, 6.5.2: below 112 bits it would take a password hash."""
    codes = two_factor.issue_recovery_codes(by=kim)

    signs = set("".join(codes)) - {" "}
    assert {len(code.replace(" ", "")) for code in codes} == {24}
    assert signs <= set(two_factor.CODE_SIGNS)
    assert 24 * math.log2(len(set(two_factor.CODE_SIGNS))) > 112
    assert len(set(codes)) == 10


@pytest.mark.security(35)
def test_recovery_codes_are_kept_as_hashes_alone(kim):
    codes = two_factor.issue_recovery_codes(by=kim)

    kept = str(Authenticator.objects.get(user=kim, type="recovery_codes").data)
    assert [code for code in codes if code.replace(" ", "") in kept] == []
    assert len(re.findall(r"[0-9a-f]{64}", kept)) == 10


def test_recovery_code_is_read_as_a_person_writes_it(kim):
    [code, *_others] = two_factor.issue_recovery_codes(by=kim)
    written = code.lower().replace("0", "o").replace("1", "l").replace(" ", "-")

    assert two_factor.use_recovery_code(kim, written)
    assert two_factor.count_recovery_codes(kim) == 9


@pytest.mark.security(35)
def test_recovery_code_stands_in_once(someone, kim):
    [code, *_others] = two_factor.issue_recovery_codes(by=kim)
    someone.give_password(kim)
    someone.give_code(code.replace(" ", "-"))
    thief = Browser()
    thief.give_password(kim)
    thief.give_code(code)

    assert someone.is_in()
    assert not thief.is_in()
    assert [(type, code) for type, _by, _source, code in events()] == [
        (TYPES.RECOVERY_CODES_MADE, ""),
        (TYPES.RECOVERY_CODE_USED, ""),
        (TYPES.SIGN_IN_FAILED, "code"),
    ]


def test_new_recovery_codes_void_the_old(someone, kim):
    [old, *_others] = two_factor.issue_recovery_codes(by=kim)
    someone.sign_in(kim)

    fresh = someone.post("/admin/security/codes/", {"make": "codes"}).context["codes"]

    later = Browser()
    later.give_password(kim)
    assert (later.give_code(old).status_code, later.give_code(fresh[0]).status_code) == (200, 302)


# The demo


def test_demo_shows_the_code_to_its_own_people(someone):
    user = make_staff("counselor")
    demo.enroll(user)

    someone.give_password(user)
    shown = someone.get(CODE).context["demo"]["code"]
    someone.give_code(shown)

    assert someone.is_in()


def test_demo_shows_a_code_that_still_counts(someone, kim):
    user = make_staff("counselor")
    demo.enroll(user)
    hints = []
    for _time in range(3):
        each = Browser()
        each.give_password(user)
        hints.append(each.get(CODE).context["demo"])
        each.give_code(hints[-1].get("code", ""))

    assert [list(hint) for hint in hints] == [["code"], ["code"], ["wait"]]
    assert hints[0] != hints[1]


def test_demo_shows_nothing_to_others(someone, kim):
    someone.give_password(kim)

    page = someone.get(CODE)

    assert page.context["demo"] is None
    assert "Demo" not in page.content.decode()


def test_production_shows_no_code(someone, settings):
    user = make_staff("counselor")
    demo.enroll(user)
    someone.give_password(user)
    settings.PRODUCTION = True

    assert someone.get(CODE).context["demo"] is None


@pytest.mark.parametrize("model", [Authenticator, EmailAddress])
def test_tables_of_allauth_have_no_page_at_the_desk(model):
    assert not admin.site.is_registered(model)
