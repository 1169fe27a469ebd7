"""Staff are warned at 90, 30 and 0 days before a credential expires."""

from datetime import date, timedelta

import pytest
import time_machine
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from programs.models import Credential, Facility, Location, SocialLink

EXPIRY = date(2027, 6, 30)


@pytest.fixture
def credential(db):
    Credential.objects.all().delete()
    return Credential.objects.create(
        kind="certified",
        number="1",
        location=Location.objects.get(),
        expires_on=EXPIRY,
        verify_url="https://example.org",
    )


@pytest.mark.parametrize(
    ("days", "warning"),
    [(91, None), (90, 90), (31, 90), (30, 30), (1, 30), (0, 0), (-1, 0), (-400, 0)],
)
def test_warning_narrows_as_the_expiry_nears(credential, days, warning):
    assert credential.warning(EXPIRY - timedelta(days=days)) == warning


@pytest.mark.parametrize(("days", "count"), [(91, 0), (90, 1), (0, 1), (-1, 1)])
def test_expiring_lists_what_staff_are_warned_of(credential, days, count):
    assert Credential.objects.expiring(on=EXPIRY - timedelta(days=days)).count() == count


def test_expiring_leaves_out_what_is_not_shown(credential):
    Credential.objects.update(is_shown=False)

    assert list(Credential.objects.expiring(on=EXPIRY)) == []


@pytest.mark.parametrize(
    ("moment", "is_past"),
    [("2027-07-01T06:30:00Z", False), ("2027-07-01T07:30:00Z", True)],
)
def test_expiry_day_ends_at_midnight_of_the_location(credential, moment, is_past):
    with time_machine.travel(moment, tick=False):
        assert credential.is_past is is_past


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (91, ""),
        (90, "⚠ 90 days left"),
        (1, "⚠ 1 day left"),
        (-1, "⚠ Expired. Renew it, then change the date here."),
    ],
)
def test_admin_list_tells_how_long_is_left(credential, days, words):
    screen = admin.site.get_model_admin(Credential)

    with time_machine.travel(f"{EXPIRY - timedelta(days=days)}T20:00:00Z", tick=False):
        told = screen.expiry(credential)

    assert told == words


def test_number_is_given_once_per_kind(credential):
    with pytest.raises(IntegrityError, match="credential_number_once"), transaction.atomic():
        Credential.objects.create(
            kind="certified",
            number="1",
            location=Location.objects.get(),
            expires_on=EXPIRY,
            verify_url="https://example.org",
        )

    assert Credential.objects.count() == 1


def test_there_is_one_facility(db):
    with pytest.raises(IntegrityError, match="facility_only_one"), transaction.atomic():
        Facility.objects.create(id=2, name="Another", admissions_line="+17145550100")

    assert Facility.objects.count() == 1


def test_location_refuses_an_unknown_time_zone(db):
    location = Location.objects.get()
    location.time_zone = "America/Santa_Ana"

    with pytest.raises(ValidationError) as refused:
        location.full_clean()

    assert refused.value.message_dict == {"time_zone": ["America/Santa_Ana is not a time zone."]}


def test_social_link_is_not_shown_without_an_address(db):
    with pytest.raises(IntegrityError, match="social_link_shown_has_address"):
        SocialLink.objects.create(name="Elsewhere", is_shown=True)
