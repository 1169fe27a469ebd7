"""Many at once on real Postgres: two workers, one that is killed, and a hold in the same moment."""

import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed
from admissions.intake.models import ConsultationRequest
from admissions.privacy import holds, removal
from admissions.privacy.models import LegalHold, RemovalCertificate
from admissions.triage import outcomes
from tests.admissions.privacy.people import CANARY, find_canary, make_canary, make_closed
from tests.support.factories import make_user
from tests.support.rivals import at_once

pytestmark = pytest.mark.usefixtures("real_commits")

PEOPLE = 6


def remove():
    return removal.remove_expired_data(now=timezone.now())


def test_two_workers_share_the_night():
    for number in range(PEOPLE):
        make_closed(days=1000 + number)

    answers = at_once([remove, remove])

    assert sum(answers) == PEOPLE
    assert RemovalCertificate.objects.count() == PEOPLE
    assert AuditEvent.objects.filter(type="data_removed").count() == PEOPLE


def test_request_that_someone_has_in_hand_is_passed_over():
    """A worker that waited for staff would keep the night waiting with it."""
    held, free = make_closed(days=1001), make_closed(days=1000)
    locked, done = threading.Event(), threading.Event()

    def work_on_it():
        with transaction.atomic():
            ConsultationRequest.objects.lock(held.pk)
            locked.set()
            return done.wait(timeout=5)

    def remove_meanwhile():
        assert locked.wait(timeout=30)
        removed = remove()
        done.set()
        return removed

    assert at_once([work_on_it, remove_meanwhile]) == [True, 1]

    assert RemovalCertificate.objects.get().request == free


def test_hold_and_removal_in_the_same_moment_never_both_hold():
    by = make_user("director")
    requests = [make_closed(days=1000) for _number in range(PEOPLE)]

    def hold():
        placed = 0
        for each in reversed(requests):
            try:
                placed += len(holds.place_holds(request_ids=[each.pk], reason="x", by=by))
            except ActionNotAllowed:
                continue
        return placed

    at_once([hold, remove])

    held = set(LegalHold.objects.values_list("request", flat=True))
    removed = set(RemovalCertificate.objects.values_list("request", flat=True))
    assert held & removed == set()
    assert held | removed == {each.pk for each in requests}


def test_bare_hold_waits_for_a_removal_and_is_refused():
    """Whoever inserts past our services meets the trigger, which waits for the lock."""
    by, request = make_user("director"), make_closed(days=1000)
    locked, hold_began = threading.Event(), threading.Event()

    def remove_slowly():
        with transaction.atomic():
            group = removal.lock_group(request.pk, is_waiting=True)
            locked.set()
            assert hold_began.wait(timeout=30)
            wait_for_a_waiter()
            removal.remove_group(group, rule="not_admitted")

    def hold():
        assert locked.wait(timeout=30)
        hold_began.set()
        LegalHold.objects.create(request=request, reason="x", placed_by=by)

    _removed, refused = at_once([remove_slowly, hold])

    assert "personal data was removed" in str(refused)
    assert not LegalHold.objects.exists()


def wait_for_a_waiter():
    """Until another connection waits for a lock of ours."""
    limit = timezone.now() + timedelta(seconds=30)
    with connection.cursor() as cursor:
        waiting = 0
        while not waiting:
            assert timezone.now() < limit
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            [waiting] = cursor.fetchone()


def test_reopening_and_removal_never_both_hold():
    by, request = make_user("coordinator"), make_closed(days=1000)

    def reopen():
        return outcomes.reopen_request(request_id=request.pk, by=by, reason="They called")

    at_once([reopen, remove])

    request.refresh_from_db()
    assert request.is_anonymized == request.is_closed


KILLED = """
import django, os, signal
django.setup()
from django.utils import timezone
from admissions.privacy import personal_data, removal
done, empty = [], personal_data.empty_request
def die_in_the_third(request, *, at):
    found = empty(request, at=at)
    done.append(request.pk)
    if len(done) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return found
personal_data.empty_request = die_in_the_third
removal.remove_expired_data(now=timezone.now())
"""


def test_killed_worker_leaves_each_request_whole_or_empty_and_the_next_goes_on():
    for number in range(4):
        make_canary(days=1000 + number, reference=f"KKKK-222{number + 2}")
    database = connection.settings_dict["NAME"]
    url = os.environ["DATABASE_URL"].rsplit("/", 1)
    query = "?" + url[1].partition("?")[2] if "?" in url[1] else ""
    environment = os.environ | {
        "DATABASE_URL": f"{url[0]}/{database}{query}",
        "DJANGO_SETTINGS_MODULE": "recovery_site.settings",
        "SECRET_KEY": settings.SECRET_KEY,
    }

    died = subprocess.run(
        [sys.executable, "-c", KILLED], env=environment, check=False, timeout=120,
        cwd=settings.BASE_DIR,
    )  # fmt: skip

    assert died.returncode == -signal.SIGKILL
    assert RemovalCertificate.objects.count() == 2
    whole = ConsultationRequest.objects.filter(anonymized_at=None)
    assert [each.notes.get().text for each in whole] == [CANARY, CANARY]

    assert remove() == 2

    assert set(find_canary()) == {"disclosure.to_whom"}
