"""Who guesses is slowed down; who has the right password is not kept out for good."""

import re
from datetime import timedelta

import pytest

from admissions.accounts import known_browsers, tasks
from admissions.accounts.models import CacheEntry
from admissions.audit.models import AuditEvent

from .conftest import NOW, TYPES, Browser, code_of, make_staff

SPOOFED = "HTTP_X_FORWARDED_FOR"


def guess(someone, user, times, **extra):
    return [someone.give_password(user, "wrong", **extra).status_code for _time in range(times)]


@pytest.mark.security(36)
def test_sixth_guess_has_to_wait(someone, kim):
    assert guess(someone, kim, 7) == [200] * 5 + [429] * 2
    assert AuditEvent.objects.count() == 6


def test_waiting_tells_nothing_about_the_password(someone, kim):
    guess(someone, kim, 5)

    right, wrong = someone.give_password(kim), someone.give_password(kim, "wrong")

    assert right.context["form"].errors == wrong.context["form"].errors
    assert (right.status_code, wrong.status_code) == (429, 429)


def test_right_password_gets_in_after_the_wait(someone, kim, later):
    guess(someone, kim, 5)
    later(minutes=5, seconds=1)

    assert someone.give_password(kim).url == "/admin/login/code/"


@pytest.mark.security(37)
def test_an_hour_has_ten_guesses_and_is_then_forgotten(someone, kim, later):
    guess(someone, kim, 5)
    later(minutes=6)
    second = guess(someone, kim, 5)
    later(minutes=12)
    third = guess(someone, kim, 1)
    later(minutes=61)

    assert (second, third, guess(someone, kim, 1)) == ([200] * 5, [429], [200])


def test_refused_try_makes_no_wait_longer(someone, kim, later):
    guess(someone, kim, 5)
    later(minutes=4)
    guess(someone, kim, 5)
    later(minutes=5, seconds=1)

    assert guess(someone, kim, 1) == [200]


def test_good_sign_in_does_not_count(someone, kim, later):
    guess(someone, kim, 4)
    later(seconds=1)
    someone.give_password(kim)

    assert guess(someone, kim, 2) == [200, 429]


@pytest.mark.security(37)
def test_someone_elsewhere_cannot_keep_anyone_out(someone, kim):
    guess(Browser(REMOTE_ADDR="203.0.113.9"), kim, 7)

    assert someone.give_password(kim).status_code == 302


def test_known_browser_gets_in_whatever_others_do_at_its_address(someone, kim, later):
    someone.sign_in(kim)
    someone.post("/admin/logout/")
    guess(Browser(), kim, 7)

    someone.sign_in(kim, off=1)

    assert someone.is_in()


def test_known_browser_is_slowed_down_by_its_own_guesses(someone, kim):
    someone.sign_in(kim)
    someone.post("/admin/logout/")

    assert guess(someone, kim, 6) == [200] * 5 + [429]


def test_browser_is_known_only_for_who_used_it(someone, kim):
    someone.sign_in(kim)
    someone.post("/admin/logout/")
    other = make_staff("director")
    guess(Browser(), other, 5)

    assert someone.give_password(other).status_code == 429


def test_forged_cookie_is_no_known_browser(someone, kim):
    guess(Browser(), kim, 5)
    someone.cookies[known_browsers.KNOWN_BROWSER_COOKIE] = (
        "eyJuYW1lIjoieCIsInVzZXJzIjpbMV19:forged:forged"
    )

    assert someone.give_password(kim).status_code == 429


@pytest.mark.security(36)
def test_one_address_is_slowed_down_over_all_names(someone, settings):
    names = [{"login": f"guess{n}", "password": "wrong"} for n in range(31)]

    answers = [someone.post("/admin/login/", each).status_code for each in names]

    assert answers == [200] * 30 + [429]


@pytest.mark.parametrize("proxies", [0, 1])
@pytest.mark.security(36)
def test_what_a_client_writes_about_its_address_counts_for_nothing(kim, settings, proxies):
    settings.PROXIES = proxies
    own = "198.51.100.7"
    answers = [guess(Browser(), kim, 1, **{SPOOFED: f"10.0.0.{n}, {own}"})[0] for n in range(6)]

    assert answers == [200] * 5 + [429]


def test_proxy_of_ours_tells_people_apart(kim, settings):
    settings.PROXIES = 1
    guess(Browser(), kim, 6, **{SPOOFED: "203.0.113.9"})

    assert guess(Browser(), kim, 1, **{SPOOFED: "203.0.113.10"}) == [200]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("203.0.113.9", "203.0.113.9"),
        ("", ""),
    ],
)
def test_one_network_is_one_place(address, network):
    assert known_browsers.normalize_address(address) == network


@pytest.mark.security(34)
def test_codes_are_slowed_down_too(someone, kim):
    someone.give_password(kim)

    answers = [someone.give_code("000000").status_code for _time in range(6)]

    assert answers == [200] * 5 + [429]
    assert someone.give_code(code_of(kim)).status_code == 429


def test_who_guesses_codes_from_many_places_is_one(kim):
    answers = []
    for number in range(6):
        thief = Browser(REMOTE_ADDR=f"203.0.113.{number}")
        thief.give_password(kim)
        answers.append(thief.give_code("000000").status_code)

    assert answers == [200] * 5 + [429]


def test_table_holds_neither_names_nor_addresses(someone, kim):
    guess(someone, kim, 1)

    keys = list(CacheEntry.objects.values_list("cache_key", flat=True))

    assert [key for key in keys if not re.fullmatch("[0-9a-f]{64}", key)] == []
    assert len(keys) == 4


def test_a_failure_is_recorded_once_and_without_the_name(someone):
    someone.post("/admin/login/", {"login": "a-name-by-mistake", "password": "wrong"})

    [event] = AuditEvent.objects.all()
    assert (event.type, event.staff, event.fields) == (TYPES.SIGN_IN_FAILED, None, [])


def test_who_has_the_password_cannot_keep_the_owner_out_of_a_known_browser(someone, kim, later):
    someone.sign_in(kim)
    someone.post("/admin/logout/")
    thief = Browser(REMOTE_ADDR="203.0.113.9")
    thief.give_password(kim)
    refused = [thief.give_code("000000").status_code for _time in range(6)][-1]

    someone.sign_in(kim, off=1)

    assert refused == 429
    assert someone.is_in()


def test_confirming_by_codes_is_slowed_down_too(someone, kim):
    someone.sign_in(kim)

    sent = [someone.post("/admin/confirm/code/", {"code": "000000"}) for _time in range(6)]

    assert [each.status_code for each in sent] == [200] * 5 + [429]


def test_flood_of_names_makes_no_used_code_good_again(someone, kim):
    """Django's cache would keep 300 entries, and drop the first third of them."""
    someone.sign_in(kim)
    later = NOW + timedelta(hours=1)
    flood = [CacheEntry(cache_key=f"~{n}", value="", expires=later) for n in range(1000)]
    CacheEntry.objects.bulk_create(flood)
    thief = Browser()

    thief.sign_in(kim)

    assert not thief.is_in()


def test_what_the_cache_keeps_no_more_is_deleted(someone, kim, later):
    guess(someone, kim, 1)
    later(hours=24, minutes=1)

    tasks.delete_expired_rows()

    assert CacheEntry.objects.count() == 0


def test_log_holds_neither_names_nor_addresses(someone, kim, caplog):
    caplog.set_level("INFO")
    guess(someone, kim, 6, REMOTE_ADDR="203.0.113.9")
    for _time in range(11):
        someone.post("/admin/login/passkey/", {"credential": "{}"}, REMOTE_ADDR="203.0.113.9")

    assert "Too Many Requests: /admin/login/" in caplog.text
    assert [each for each in (kim.username, "203.0.113.9") if each in caplog.text] == []
