"""Rows in bulk are rows that the site itself could have made."""

from collections import Counter
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from admissions.intake.models import ConsultationRequest, search_tokens
from admissions.scheduling import availability
from admissions.scheduling.models import Consultation, Mode
from bench.measures import desk

pytestmark = pytest.mark.django_db


def seed(**options):
    call_command("seed_bench", **{"counselors": 3, "past": 0, "requests": 0, **options})


def test_past_is_finished_one_way_or_another():
    seed(past=100)

    ended = Consultation.objects.filter(ended_at__lt=timezone.now())
    assert Counter(ended.values_list("status", flat=True)) == {
        "completed": 70,
        "canceled_by_person": 20,
        "no_show": 10,
    }
    assert Consultation.objects.exclude(request__stage="closed").count() == 0


def test_share_of_time_ahead_is_booked():
    seed(booked_ahead=0.5)

    hours = 3 * 14 * 8
    standing = Consultation.objects.upcoming(now=timezone.now())
    assert 0.4 * hours < standing.count() < 0.6 * hours
    assert set(standing.values_list("request__stage", flat=True)) == {"consultation_scheduled"}


def test_all_time_ahead_can_be_booked():
    seed(booked_ahead=1)

    assert availability.open_slots(mode=Mode.PHONE, now=timezone.now()) == []


def test_people_are_found_by_the_words_that_are_measured():
    seed(past=1000)

    found = {
        word: ConsultationRequest.objects.filter(search_tokens.filter_by_term(word)).count()
        for _kind, word in desk.WORDS
    }
    assert found.keys() == {word for _kind, word in desk.WORDS}
    assert 0 not in found.values()


def test_nothing_ahead_is_booked_unless_asked():
    seed(past=10, requests=5)

    assert Consultation.objects.standing().count() == 0
    assert ConsultationRequest.objects.open().count() == 5


def test_seeding_again_adds_other_counselors_and_people():
    seed(past=10, booked_ahead=0.5)
    booked = Consultation.objects.standing().count()
    seed(past=10, booked_ahead=0.5)

    assert Consultation.objects.filter(ended_at__isnull=False).count() == 20
    assert Consultation.objects.standing().count() > booked
    assert Consultation.objects.values("counselor").distinct().count() == 6


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_share_that_is_none_is_refused(share):
    with pytest.raises(CommandError):
        seed(booked_ahead=share)

    assert ConsultationRequest.objects.count() == 0


def test_production_is_refused(settings):
    settings.PRODUCTION = True

    with pytest.raises(CommandError):
        seed(past=1)

    assert (
        Consultation.objects.filter(starts_at__lt=timezone.now() + timedelta(days=99)).count() == 0
    )
