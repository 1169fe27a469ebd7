"""Passkeys: they open the desk by themselves, and are added and removed by who just proved it."""

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import call_command
from django.test import Client

from admissions.accounts.models import AccountChange, Session
from tests.support import factories
from users.models import User

from .conftest import CODE, LOGIN, TYPES, Browser, events
from .passkey import Passkey

ADD, SECURITY, BY_PASSKEY = "/admin/security/passkeys/add/", "/admin/security/", f"{LOGIN}passkey/"
APPROVE = {"answer": "approve"}


class Owner(Browser):
    """At an address that passkeys can be bound to."""

    def __init__(self, **extra):
        super().__init__(HTTP_HOST="localhost", **extra)

    def add(self, passkey, name="My laptop"):
        options = self.get(ADD).context["js_data"]["creation_options"]
        return self.post(ADD, {"name": name, "credential": passkey.register(options)})

    def enter_with(self, passkey, **more):
        options = self.get(BY_PASSKEY).json()["request_options"]
        return self.post(BY_PASSKEY, {"credential": passkey.sign(options)} | more)


@pytest.fixture
def desk(kim):
    """Kim, signed in by password and code."""
    desk = Owner()
    desk.sign_in(kim)
    return desk


@pytest.fixture
def passkey(desk):
    """One that Kim has added."""
    passkey = Passkey()
    desk.add(passkey)
    return passkey


def remove(desk, user, name="My laptop"):
    [key] = [
        each.pk
        for each in Authenticator.objects.filter(user=user, type="webauthn")
        if str(each) == name
    ]
    return desk.post(f"{SECURITY}passkeys/{key}/remove/")


def test_several_passkeys_are_listed_by_name(desk, kim):
    desk.add(Passkey(), "My laptop")
    desk.add(Passkey(name=b"two"), "Blue key")

    listed = [str(each) for each in desk.get(SECURITY).context["passkeys"]]
    assert listed == ["My laptop", "Blue key"]
    assert events()[1:] == [(TYPES.FACTOR_ADDED, kim, "", "passkey")] * 2


def test_passkey_opens_the_desk_without_password_and_code(passkey, kim):
    other = Owner()

    answer = other.enter_with(passkey, next=SECURITY)

    assert answer.url == SECURITY
    assert other.is_in()
    assert events()[2:] == [(TYPES.SIGNED_IN, kim, "", "passkey")]


def test_passkey_stands_in_for_the_code(passkey, kim):
    other = Owner()
    other.give_password(kim)
    options = other.get(CODE).context["js_data"]["request_options"]

    answer = other.post(CODE, {"credential": passkey.sign(options)})

    assert answer.url == "/admin/"
    assert other.is_in()


def test_answer_of_a_passkey_counts_once(passkey):
    other, thief = Owner(), Owner()
    sent = passkey.sign(other.get(BY_PASSKEY).json()["request_options"])
    other.post(BY_PASSKEY, {"credential": sent})

    thief.get(BY_PASSKEY)
    thief.post(BY_PASSKEY, {"credential": sent})

    assert other.is_in()
    assert not thief.is_in()


@pytest.mark.parametrize(
    "credential", ["", "{}", "[]", "no json", '{"response": {"userHandle": 1}}']
)
def test_what_is_no_passkey_leads_back_and_is_recorded(credential):
    someone = Owner()
    someone.get(BY_PASSKEY)

    answer = someone.post(BY_PASSKEY, {"credential": credential})

    assert answer.url == LOGIN
    assert events() == [(TYPES.SIGN_IN_FAILED, None, "someone", "passkey")]


def test_passkey_gets_in_past_the_limit_of_its_account(passkey, kim, monkeypatch):
    monkeypatch.setattr("admissions.accounts.throttling.PER_ACCOUNT", "1/d/key")
    Browser(REMOTE_ADDR="203.0.113.9").give_password(kim, "wrong")
    other = Owner()
    kept_out = other.give_password(kim).status_code

    other.enter_with(passkey)

    assert kept_out == 429
    assert other.is_in()


def test_passkey_that_asks_for_nothing_is_not_taken(desk, kim):
    answer = desk.add(Passkey(asks=False))

    assert answer.status_code == 200
    assert Authenticator.objects.filter(type="webauthn").count() == 0


def test_device_is_asked_to_keep_the_passkey_itself(desk):
    """Otherwise it could not say whose it is, where no name was typed."""
    options = desk.get(ADD).context["js_data"]["creation_options"]

    assert options["publicKey"]["authenticatorSelection"]["residentKey"] == "required"


def test_passkey_that_asked_for_nothing_is_no_second_step_either(passkey, kim):
    other = Owner()
    other.give_password(kim)
    passkey.flags = Passkey(asks=False).flags
    options = other.get(CODE).context["js_data"]["request_options"]

    other.post(CODE, {"credential": passkey.sign(options)})

    assert not other.is_in()


def test_passkey_that_asked_for_nothing_opens_nothing(passkey):
    other = Owner()
    passkey.flags = Passkey(asks=False).flags

    other.enter_with(passkey)

    assert not other.is_in()


@pytest.mark.parametrize("column", ["is_active", "is_staff"])
def test_passkey_of_who_may_no_more_opens_nothing(passkey, column):
    User.objects.update(**{column: False})
    other = Owner()

    answer = other.enter_with(passkey)

    assert answer.url == LOGIN
    assert not other.is_in()
    assert "don’t match" in other.get(LOGIN).content.decode()


def test_removed_passkey_opens_nothing_and_ends_other_sessions(desk, passkey, kim):
    elsewhere = Owner()
    elsewhere.enter_with(passkey)
    thief = Owner()

    remove(desk, kim)
    thief.enter_with(passkey)

    assert (desk.is_in(), elsewhere.is_in(), thief.is_in()) == (True, False, False)
    assert (TYPES.FACTOR_REMOVED, kim, "", "passkey") in events()


def test_session_that_a_passkey_opened_outlives_its_removal(passkey, kim):
    desk = Owner()
    desk.enter_with(passkey)

    remove(desk, kim)

    assert desk.is_in()


def test_last_factor_stays(passkey, kim):
    Authenticator.objects.exclude(type="webauthn").delete()
    desk = Owner()
    desk.enter_with(passkey)

    remove(desk, kim)

    assert Authenticator.objects.filter(user=kim).count() == 1
    assert desk.is_in()


def test_nobody_removes_the_passkey_of_another(passkey, client):
    client.force_login(factories.make_user("director"))
    [key] = Authenticator.objects.filter(type="webauthn").values_list("pk", flat=True)

    assert client.post(f"{SECURITY}passkeys/{key}/remove/").status_code == 404
    assert Authenticator.objects.filter(type="webauthn").count() == 1


def test_passkeys_are_kept_by_who_just_proved_who_they_are(desk, passkey, kim, later):
    later(minutes=11)

    asked = [desk.get(ADD).url, remove(desk, kim).url]

    assert [url.split("?")[0] for url in asked] == ["/admin/confirm/"] * 2
    assert Authenticator.objects.filter(type="webauthn").count() == 1


def test_passkey_confirms_again(desk, passkey, kim, later):
    later(minutes=11)
    page = f"/admin/confirm/passkey/?next={ADD}"
    options = desk.get(page).context["js_data"]["request_options"]

    answer = desk.post(page, {"credential": passkey.sign(options)})

    assert answer.url == ADD
    assert desk.get(ADD).status_code == 200
    assert events()[-1] == (TYPES.CONFIRMED_AGAIN, kim, "", "")


def test_failed_passkey_confirms_nothing(desk, passkey, later):
    later(minutes=11)
    page = "/admin/confirm/passkey/"
    desk.get(page)

    answer = desk.post(page, {"credential": "{}"})

    assert answer.url == page
    assert desk.get(ADD).status_code == 302


def test_director_removes_passkeys_with_the_rest(passkey, kim, client):
    client.force_login(factories.make_user("director"))

    client.post(f"/admin/users/user/{kim.pk}/factor/")
    client.force_login(factories.make_user("director"))
    client.post(f"/admin/users/user/changes/{AccountChange.objects.get().pk}/", APPROVE)

    assert Authenticator.objects.filter(user=kim).count() == 0
    assert Session.objects.filter(user=kim).count() == 0


def test_rotation_leaves_passkeys_as_they_are(passkey):
    call_command("rotate_keys", verbosity=0)
    other = Owner()

    other.enter_with(passkey)

    assert other.is_in()


def test_passkeys_of_an_address_are_slowed_down_but_not_in_a_known_browser(desk, passkey):
    desk.post("/admin/logout/")
    flood = Owner()
    answers = [flood.post(BY_PASSKEY, {"credential": "{}"}).status_code for _time in range(11)]

    desk.enter_with(passkey)

    assert answers == [302] * 10 + [429]
    assert desk.is_in()


# What is no credential


@pytest.mark.parametrize(
    "junk",
    [
        '{"id": "x"}',
        '{"id": "\\u0000"}',
        "[" * 20_000,
        "1" * 5_000,
        "x" * 30_000,
        '{"id": "\\ud800", "rawId": "x", "response": {}, "type": "public-key"}',
        '{"id": "eA", "rawId": "eA", "type": "public-key", "response": {"clientDataJSON": "e30"}}',
        "",
    ],
    ids=["bare", "NUL", "deep", "long number", "long", "surrogate", "empty data", "nothing"],
)
def test_junk_is_a_passkey_that_did_not_work(junk):
    answer = Client().post("/admin/login/passkey/", {"credential": junk})

    assert (answer.status_code, answer.url) == (302, "/admin/login/")
