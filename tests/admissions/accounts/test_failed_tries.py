"""Tries that fail or are refused stand in the audit, with where they come from, once."""

import pytest

from admissions.accounts import two_factor
from admissions.audit.models import AuditEvent
from tests.support import rivals

from .conftest import TYPES, Browser, code_of, make_staff
from .test_account_links import BOTH, CHOOSE, NEW, send
from .test_throttling import guess

PASSKEY = "/admin/login/passkey/"


def failures():
    found = AuditEvent.objects.filter(type=TYPES.SIGN_IN_FAILED).order_by("pk")
    return [(each.code, each.detail.get("refused", "")) for each in found]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("", ""),
    ],
)
def test_failure_tells_the_network_and_the_kind_of_browser(kim, settings, address, network):
    settings.PROXIES = 1
    agent = "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0"
    someone = Browser(HTTP_X_FORWARDED_FOR=f"10.9.8.7, {address}", REMOTE_ADDR="")

    someone.give_password(kim, "wrong", HTTP_USER_AGENT=agent)

    event = AuditEvent.objects.get()
    assert event.detail == {"network": network, "browser": "Firefox on Windows"}
    assert event.staff == kim


def test_refused_passwords_are_recorded_once_in_an_hour(someone, kim, later):
    guess(someone, kim, 20)
    within = failures()
    later(minutes=61)
    guess(someone, kim, 7)

    assert within == [("password", "")] * 5 + [("password", "too many")]
    assert failures()[6:] == within


def test_refused_codes_are_recorded_once(someone, kim):
    someone.give_password(kim)
    for _time in range(9):
        someone.give_code("000000")

    assert failures() == [("code", "")] * 5 + [("code", "too many")]


def test_wrong_recovery_code_is_recorded(someone, kim):
    two_factor.issue_recovery_codes(by=kim)
    someone.give_password(kim)

    someone.give_code("ABCD EFGH JKMN PQRS TVWX YZ01")

    assert failures() == [("code", "")]


def test_passkeys_as_the_first_step_are_recorded(someone):
    for _time in range(13):
        someone.post(PASSKEY, {"credential": "{}"})

    assert failures() == [("passkey", "")] * 10 + [("passkey", "too many")]


def test_passkeys_as_the_second_step_are_counted_and_recorded(someone, kim):
    someone.give_password(kim)

    answers = [
        someone.post("/admin/login/code/", {"credential": "{}"}).status_code for _time in range(13)
    ]

    assert answers == [200] * 10 + [429] * 3
    assert failures() == [("passkey", "")] * 10 + [("passkey", "too many")]
    assert {each.staff for each in AuditEvent.objects.all()} == {kim}


def test_refused_confirmations_are_recorded_once(someone, kim):
    someone.sign_in(kim)
    for _time in range(8):
        someone.post("/admin/confirm/code/", {"code": "000000"})

    assert failures() == [("confirmation", "")] * 5 + [("confirmation", "too many")]


def test_asking_for_links_too_often_is_recorded_once(someone, kim):
    for _time in range(6):
        someone.post("/admin/login/forgotten/", {"name": kim.username})

    assert failures() == [("forgotten", "too many")]


def test_auditor_sees_where_tries_come_from(client, someone, kim):
    guess(someone, kim, 6, REMOTE_ADDR="203.0.113.9")
    client.force_login(make_staff("auditor"))

    page = client.get("/admin/admissions/auditevent/").content.decode()

    assert page.count("network: 203.0.113.0/24") == 6
    assert page.count("refused: too many") == 1


# Of one account, over all networks


def from_everywhere(user, times):
    return [
        Browser(REMOTE_ADDR=f"203.0.{number}.9").give_password(user, "wrong").status_code
        for number in range(times)
    ]


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr("admissions.accounts.throttling.PER_ACCOUNT", "8/d/key")


@pytest.mark.usefixtures("few")
def test_one_name_has_so_many_wrong_passwords_in_a_day_from_everywhere(kim, later):
    first = from_everywhere(kim, 10)
    later(hours=23, minutes=59)
    second = from_everywhere(kim, 1)
    later(hours=24, minutes=1)

    assert first == [200] * 8 + [429] * 2
    assert (second, from_everywhere(kim, 1)) == ([429], [200])


@pytest.mark.security(37)
@pytest.mark.usefixtures("few")
def test_known_browser_gets_in_past_the_limit_of_the_account(someone, kim):
    someone.sign_in(kim)
    someone.post("/admin/logout/")
    from_everywhere(kim, 9)

    someone.sign_in(kim, off=1)

    assert someone.is_in()


@pytest.mark.usefixtures("few")
def test_link_by_email_leads_past_the_limit_of_the_account(someone, kim):
    from_everywhere(kim, 9)
    kept_out = someone.give_password(kim).status_code
    someone.get(send(kim, None))
    someone.post(CHOOSE, BOTH)

    someone.give_password(kim, NEW)
    someone.give_code(code_of(kim))

    assert kept_out == 429
    assert someone.is_in()


@pytest.mark.usefixtures("few")
def test_refused_tries_of_one_address_do_not_fill_the_account(someone, kim):
    guess(someone, kim, 20)

    assert from_everywhere(kim, 3) == [200] * 3


@pytest.mark.usefixtures("few", "real_commits")
def test_of_thirty_at_once_from_thirty_networks_so_many_are_checked(hashed):
    user = make_staff("counselor")

    answers = rivals.at_once(
        [
            lambda n=n: Browser(REMOTE_ADDR=f"203.0.{n}.9").give_password(user, f"wrong {n}")
            for n in range(30)
        ]
    )

    assert sorted(each.status_code for each in answers) == [200] * 8 + [429] * 22
    assert len({each for each in hashed if each.startswith("wrong")}) == 8


def test_owner_without_a_known_browser_waits_for_no_stranger_elsewhere_below_the_limit(kim):
    from_everywhere(kim, 20)
    owner = Browser()

    owner.give_password(kim)
    owner.give_code(code_of(kim))

    assert owner.is_in()
