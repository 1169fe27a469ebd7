"""How many online requests are taken, and what happens to the rest."""

from datetime import timedelta

import pytest
from django.db import transaction

from admissions.rate_limits import limits
from admissions.rate_limits.limits import Origin, TooManyRequests
from admissions.rate_limits.models import CountedRequest
from tests.support.rivals import at_once
from tests.support.visitor import MONDAY

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def one_center(settings):
    settings.REQUEST_LIMIT_FACTOR = 1


def count(number=0, *, now=MONDAY, **shared):
    """Count a request that shares with others only what is given."""
    each = {
        "network": f"10.0.{number // 250}.{number % 250}",
        "session": f"s{number}",
        "phone": f"+1714555{number:04}",
        "email": f"p{number}@example.com",
    } | shared
    origin = Origin(network=each["network"], session=each["session"])
    with transaction.atomic():
        limits.count_request(
            origin=origin, details={"phone": each["phone"], "email": each["email"]}, now=now
        )


def taken(requests, **shared):
    """How many of so many are taken, an hour apart so that everyone's limit is far, and why not."""
    refused = []
    for number in range(requests):
        try:
            count(number, now=MONDAY + timedelta(minutes=50) * number, **shared)
        except TooManyRequests as limit:
            refused.append(limit.shared)
    return requests - len(refused), sorted(set(refused))


@pytest.mark.django_db
def test_extension_makes_no_other_phone_of_a_number():
    for extension in range(3):
        count(extension, phone=f"+17145550155;ext={extension}")

    with pytest.raises(TooManyRequests):
        count(3, phone="+17145550155")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("shared", "most"),
    [
        ({"network": "203.0.113.9"}, (5, ["network"])),
        ({"session": "one"}, (3, ["session"])),
        ({"phone": "+17145550155"}, (3, ["phone"])),
        ({"email": "jo@example.com"}, (3, ["email"])),
        ({}, (12, [])),
    ],
)
@pytest.mark.security(98)
def test_each_shared_thing_has_its_limit(shared, most):
    assert taken(12, **shared) == most


@pytest.mark.django_db
def test_email_is_the_same_however_it_is_typed():
    for number, email in enumerate(["jo@example.com", "JO@example.com", " jo@Example.com"]):
        count(number, email=email)

    with pytest.raises(TooManyRequests):
        count(4, email="jo@EXAMPLE.com")


@pytest.mark.django_db
@pytest.mark.parametrize("missing", ["phone", "email", "session"])
def test_what_is_not_given_is_shared_with_nobody(missing):
    for number in range(5):
        count(number, **{missing: ""})


@pytest.mark.django_db
def test_day_later_counts_anew():
    for number in range(5):
        count(number, network="203.0.113.9")

    count(6, network="203.0.113.9", now=MONDAY + DAY)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("every", "most"),
    [(timedelta(seconds=1), 5), (timedelta(minutes=3), 12), (timedelta(minutes=6), 60)],
    ids=["ten minutes", "an hour", "a day"],
)
def test_everyone_together_has_limits(every, most):
    for number in range(most):
        count(number, now=MONDAY + every * number)

    with pytest.raises(TooManyRequests) as refused:
        count(most, now=MONDAY + every * most)
    assert refused.value.shared == "everyone"


@pytest.mark.django_db
def test_larger_center_takes_more_from_everyone(settings):
    settings.REQUEST_LIMIT_FACTOR = 10

    for number in range(50):
        count(number)

    with pytest.raises(TooManyRequests):
        count(50)


@pytest.mark.django_db
def test_larger_center_takes_no_more_from_one(settings):
    settings.REQUEST_LIMIT_FACTOR = 10

    assert taken(12, network="203.0.113.9") == (5, ["network"])


@pytest.mark.django_db
def test_factor_of_zero_counts_nothing(settings):
    settings.REQUEST_LIMIT_FACTOR = 0

    for number in range(20):
        count(number, network="203.0.113.9")

    assert not CountedRequest.objects.exists()


@pytest.mark.django_db
def test_request_that_is_rolled_back_does_not_count():
    for number in range(10):
        with transaction.atomic():
            count(number, network="203.0.113.9")
            transaction.set_rollback(True)

    count(10, network="203.0.113.9")


@pytest.mark.django_db
def test_table_holds_no_address_in_clear():
    count(network="203.0.113.9", email="jo@example.com", phone="+17145550155")

    keys = list(CountedRequest.objects.values_list("key", flat=True))
    assert len(keys) == 5
    assert all(len(key) == 64 and key.isalnum() for key in keys)


@pytest.mark.django_db
def test_rows_of_yesterday_are_deleted_and_others_stay():
    count(0, now=MONDAY - DAY)
    count(1)

    limits.delete_old_counts(MONDAY)

    assert set(CountedRequest.objects.values_list("at", flat=True)) == {MONDAY}


@pytest.mark.parametrize("shared", [{"network": "203.0.113.9"}, {}], ids=["one", "many"])
def test_of_forty_at_once_five_are_taken(real_commits, shared):
    def attempt(number):
        try:
            count(number, **shared)
        except TooManyRequests:
            return "refused"
        return "taken"

    outcomes = at_once([lambda number=number: attempt(number) for number in range(40)])

    assert sorted(outcomes).count("taken") == 5
