"""What a web process counts by itself: refusals and answers, by names of ours."""

import os
import subprocess
import sys

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client import REGISTRY

from admissions.scheduling import availability
from admissions.scheduling.models import Mode
from recovery_site.observing import metrics

pytestmark = pytest.mark.django_db
CALLBACK = "/consultation/callback/"


def read(name, **labels):
    return REGISTRY.get_sample_value(name, labels) or 0


@pytest.fixture
def refused():
    """How many more were refused for a reason than when the test began."""
    reasons = ("invalid_form", "trap", "csrf", "foreign_host", "malformed", "rate_limited")
    before = {each: read("recovery_refusals_total", reason=each) for each in reasons}
    return lambda: {
        each: more
        for each in reasons
        if (more := read("recovery_refusals_total", reason=each) - before[each])
    }


def test_form_that_lacks_something_is_counted(refused):
    Client().post(CALLBACK, {"preferred_name": ""})

    assert refused() == {"invalid_form": 1}


def test_form_whose_trap_was_filled_is_counted_apart(refused):
    Client().post(CALLBACK, {"website": "x"})

    assert refused() == {"trap": 1}


def test_form_that_is_only_shown_counts_for_nothing(refused):
    Client().get(CALLBACK)

    assert refused() == {}


@pytest.mark.parametrize(
    ("reason", "ask"),
    [
        ("csrf", lambda: Client(enforce_csrf_checks=True).post(CALLBACK, {})),
        ("foreign_host", lambda: Client().get("/", headers={"Host": "evil.example"})),
        ("malformed", lambda: Client().generic("TRACE", "/")),
        ("malformed", lambda: Client().get("/?x=%00")),
    ],
)
def test_refusal_is_counted_by_its_reason(refused, reason, ask):
    ask()

    assert refused() == {reason: 1}


def test_answer_is_counted_by_its_route_and_not_by_its_path():
    before = read("recovery_responses_total", route="unmatched", status="4xx")
    Client().get("/no/such/page/")

    assert read("recovery_responses_total", route="unmatched", status="4xx") == before + 1
    assert not [s for m in REGISTRY.collect() for s in m.samples if "no/such" in str(s.labels)]


def test_answer_has_a_time():
    before = read("recovery_request_duration_seconds_count", route="admissions:request_callback")
    Client().get(CALLBACK)

    after = read("recovery_request_duration_seconds_count", route="admissions:request_callback")
    assert after == before + 1


def test_search_for_open_times_has_a_time():
    before = read("recovery_slot_search_seconds_count")
    availability.open_slots(mode=Mode.PHONE, now=timezone.now())

    assert read("recovery_slot_search_seconds_count") == before + 1


COUNT = "from admissions.counters import Refusal, count_refusal; count_refusal(Refusal.SLOT_TAKEN)"


def test_processes_of_one_gunicorn_add_up(tmp_path, monkeypatch):
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for _each in range(2):
        subprocess.run([sys.executable, "-c", COUNT], env=environment, check=True)
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))

    found = metrics.counted().get_sample_value("recovery_refusals_total", {"reason": "slot_taken"})

    assert found == 2
