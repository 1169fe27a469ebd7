"""What the Operations page says of a site at work, and what to do first."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from celery import current_app
from django.conf import settings as site
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from admissions.audit.models import AuditEvent
from admissions.installation.models import Heartbeat, TaskRun
from admissions.operations import findings, site_checks
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db
PAGE = "/admin/admissions/installation/"
SWEEP = "admissions.messaging.tasks.send_due_messages"
NIGHTLY = "admissions.privacy.tasks.remove_expired_data"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def look(check):
    return {each.name: each for each in findings.look([check])}


def run_task(name, **moments):
    TaskRun.objects.update_or_create(name=name, defaults=moments)


@pytest.mark.parametrize(
    ("task", "done", "is_late"),
    [(SWEEP, MINUTE, False), (SWEEP, 8 * MINUTE, True), (NIGHTLY, 20 * HOUR, False),
     (NIGHTLY, 27 * HOUR, True)],
)  # fmt: skip
def test_task_is_late_once_it_missed_its_runs(task, done, is_late):
    run_task(task, last_finished_at=timezone.now() - done)
    names = {entry["task"]: name for name, entry in current_app.conf.beat_schedule.items()}

    found = look(site_checks.check_tasks)[f"To {names[task]}"]

    assert ("is late" in found.problem) is is_late


def test_task_that_was_never_done_and_one_that_failed_are_named():
    now = timezone.now()
    run_task(SWEEP, last_finished_at=now - 2 * MINUTE, last_failed_at=now - MINUTE)

    found = look(site_checks.check_tasks)

    assert "failed" in found["To send due messages"].problem
    assert "never done" in found["To seal the audit"].problem


def test_task_that_was_done_since_it_failed_is_well():
    now = timezone.now()
    run_task(SWEEP, last_finished_at=now - MINUTE, last_failed_at=now - 2 * MINUTE)

    assert look(site_checks.check_tasks)["To send due messages"].problem == ""


def test_process_that_fell_silent_is_named_with_its_age():
    Heartbeat.objects.create(name="mail@a", role="worker", seen_at=timezone.now() - 8 * MINUTE)
    Heartbeat.objects.create(name="mail@b", role="worker", seen_at=timezone.now())

    found = look(site_checks.check_each_process)

    assert "8 min ago" in found["Worker mail@a"].problem
    assert found["Worker mail@b"].problem == ""


@pytest.fixture
def waiting_task():
    """Puts a task that was sent so long ago into a queue of this test, the only one looked at."""
    kept, name = current_app.conf.task_queues, "test-queue-of-operations"
    current_app.conf.task_queues = {name: {}}
    with current_app.connection_for_write() as broker:
        redis = broker.default_channel.client

        def put(ago):
            sent = (timezone.now() - ago).isoformat()
            redis.lpush(name, json.dumps({"headers": {"published_at": sent}}))

        yield put
        redis.delete(name)
    current_app.conf.task_queues = kept


def test_queue_says_how_long_its_oldest_task_waits(waiting_task):
    waiting_task(7 * MINUTE)
    waiting_task(MINUTE)

    (found,) = look(site_checks.check_queues).values()

    assert found.problem.startswith("2 waiting, the oldest since 7 min ago")


def test_queue_that_is_worked_on_is_well(waiting_task):
    waiting_task(MINUTE)

    (found,) = look(site_checks.check_queues).values()

    assert (found.problem, found.note) == ("", "1 waiting, the oldest since 1 min ago")


def test_every_task_says_when_it_was_sent(waiting_task):
    current_app.send_task(SWEEP, queue="test-queue-of-operations")

    (found,) = look(site_checks.check_queues).values()

    assert "the oldest since under 1 min ago" in found.note


@pytest.mark.parametrize(
    ("code", "ago", "said"),
    [("whole", HOUR, ""), ("whole", 30 * HOUR, "every night"), ("3 faults", HOUR, "found faults")],
)
def test_check_of_seals_that_is_old_or_found_faults_is_named(code, ago, said):
    AuditEvent.objects.create(
        type=AuditEvent.Type.AUDIT_VERIFIED, source="system", code=code, at=timezone.now() - ago
    )

    problem = look(site_checks.check_seals)["Last check of all seals"].problem

    assert said in problem
    assert bool(said) is bool(problem)


def test_faults_in_the_audit_are_no_mere_warning():
    AuditEvent.objects.create(
        type=AuditEvent.Type.AUDIT_VERIFIED, source="system", code="3 faults", at=timezone.now()
    )

    assert not look(site_checks.check_seals)["Last check of all seals"].is_warning


def test_every_section_of_the_guide_that_is_named_is_there():
    guide = (Path(site.BASE_DIR) / "docs/operations.md").read_text()
    checks = [each for section in site_checks.SECTIONS.values() for each in section]

    named = {each.see for each in findings.look(checks) if each.see}

    assert [each for each in named if f"# {each}\n" not in guide] == []
    assert len(named) > 3


# The page


@pytest.fixture
def open_page(client):
    client.force_login(make_user("director"))
    return lambda: client.get(PAGE)


def test_page_names_versions_and_sections(open_page):
    content = open_page().content.decode()

    assert "Last migration" in content
    assert all(title in content for title in site_checks.SECTIONS)
    assert "Operations guide: Backups" in content


def test_page_opens_while_redis_is_away(open_page, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    answer = open_page()

    assert answer.status_code == 200
    assert "Redis does not answer" in answer.content.decode()


def count_queries(open_page):
    with CaptureQueriesContext(connection) as asked:
        open_page()
    return len(asked)


def test_queries_do_not_grow_with_processes_and_tasks(open_page):
    open_page()
    few = count_queries(open_page)
    now = timezone.now()
    Heartbeat.objects.bulk_create(
        Heartbeat(name=f"mail@{n}", role="worker", seen_at=now) for n in range(30)
    )
    TaskRun.objects.bulk_create(TaskRun(name=f"task {n}", last_started_at=now) for n in range(30))

    assert count_queries(open_page) == few
    assert few < 60
