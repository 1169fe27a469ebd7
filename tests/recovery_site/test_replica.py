"""Reports on a real streaming replica: what is read there, and when the primary steps in."""

import copy

import pytest
from django.conf import settings
from django.db import connection, connections, router, transaction
from django.utils import timezone

from admissions import read_replica
from admissions.installation.models import Installation
from admissions.intake.models import ConsultationRequest
from admissions.operations import preflight, status
from admissions.read_replica import REPLICA, read_figures
from admissions.sql_rows import fetch_rows
from programs.models import Program
from tests.recovery_site.replica import Replica
from tests.support import factories
from tests.support.factories import StaffClient, make_user
from users.models import User

pytestmark = pytest.mark.usefixtures("real_commits")


@pytest.fixture(autouse=True)
def usual_day():
    """The replica goes by the true time."""


@pytest.fixture(scope="module")
def server(django_db_setup, django_db_blocker, tmp_path_factory):
    with django_db_blocker.unblock():
        started = Replica(tmp_path_factory.mktemp("replica"))
        connection.close()
    yield started
    started.stop()


@pytest.fixture
def replica(server, real_commits):
    """The site has it, and it has all that was committed by now."""
    named = copy.deepcopy(connection.settings_dict) | {"PORT": server.port}
    settings.DATABASES[REPLICA] = named
    factories.make_request()
    server.catch_up()
    yield server
    if server.ask("SELECT pg_is_in_recovery()"):
        server.ask("SELECT pg_wal_replay_resume()")
    read_replica.rest.until = 0.0
    connections[REPLICA].close()
    del connections[REPLICA], settings.DATABASES[REPLICA]


def count_there():
    return read_figures(ConsultationRequest.objects.count)


def test_figures_come_from_the_replica_and_say_of_when(replica):
    found = read_figures(lambda: ConsultationRequest.objects.db)

    assert found.value == REPLICA
    assert (timezone.now() - found.as_of).total_seconds() < 60


def test_plain_sql_of_figures_goes_there_too(replica):
    asked = "SELECT pg_is_in_recovery() AS is_replica"
    found = read_figures(lambda: fetch_rows(dict, asked, {}))

    assert found.value == [{"is_replica": True}]


def test_report_and_its_file_are_read_there(replica):
    desk = StaffClient()
    desk.force_login(make_user("director"))
    replica.catch_up()

    page = desk.get("/admin/reports/")
    file = b"".join(desk.post("/admin/reports/file/").streaming_content)

    assert 'id="as-of"' in page.content.decode()
    assert file


def test_everything_else_stays_with_the_primary(replica):
    read_figures(lambda: None)

    assert router.db_for_read(ConsultationRequest) == "default"


def test_permissions_and_sessions_are_asked_of_the_primary_amid_figures(replica):
    user = make_user("director")

    found = read_figures(lambda: User.objects.none().db)
    group = read_figures(lambda: user.groups.all().db)

    assert (found.value, group.value) == (REPLICA, "default")


def test_row_read_there_is_saved_on_the_primary(replica):
    program = read_figures(Program.objects.first).value

    assert router.db_for_write(Program, instance=program) == "default"


def test_nothing_can_be_written_there(replica):
    def write():
        with connections[REPLICA].cursor() as cursor:
            cursor.execute("SHOW transaction_read_only")
            return cursor.fetchone()[0]

    assert read_figures(write).value == "on"


def test_statement_there_ends_in_time_and_leaves_nothing_to_the_next(replica):
    def limit():
        with connections[REPLICA].cursor() as cursor:
            cursor.execute(
                "SELECT source || setting FROM pg_settings WHERE name = 'statement_timeout'"
            )
            return cursor.fetchone()[0]

    within, after = read_figures(limit).value, limit()

    assert within == "session10000"
    assert not after.startswith("session")


def test_who_wrote_a_moment_ago_is_not_shown_the_replica(replica):
    with transaction.atomic():
        factories.make_request()
        found = count_there()

    assert (found.value, found.as_of) == (2, None)


def test_replica_that_is_behind_makes_way_for_the_primary(replica, time_machine):
    replica.ask("SELECT pg_wal_replay_pause()")
    factories.make_request()
    time_machine.move_to(timezone.now() + read_replica.MAX_LAG * 2)

    found = count_there()

    assert (found.value, found.as_of) == (2, None)


def test_replica_that_is_little_behind_may_be_asked(replica):
    """The control of the test before."""
    replica.ask("SELECT pg_wal_replay_pause()")
    factories.make_request()

    found = count_there()

    assert found.value == 1
    assert found.as_of is not None


def test_replica_that_lacks_the_end_of_the_last_day_makes_way(replica):
    found = read_figures(ConsultationRequest.objects.count, reaching=timezone.now())

    assert found.as_of is None


def test_replica_that_is_away_costs_one_try_in_a_while(replica):
    connections[REPLICA].settings_dict["PORT"] = 1

    first = count_there()
    connections[REPLICA].settings_dict["PORT"] = replica.port
    second = count_there()

    assert (first.value, first.as_of) == (1, None)
    assert second.as_of is None


def test_fault_amid_the_figures_asks_the_primary_again(replica):
    def read():
        with connections[read_replica.current_alias()].cursor() as cursor:
            cursor.execute("SELECT 1 / (NOT pg_is_in_recovery())::int")
            return cursor.fetchone()[0]

    assert read_figures(read).value == 1


def test_fault_of_our_own_is_told(replica):
    def read():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        read_figures(read)


def test_server_that_is_no_replica_is_not_asked(replica):
    """After a failover: the old primary that came back knows nothing of what was written since."""
    connections[REPLICA].settings_dict["PORT"] = connection.settings_dict["PORT"]

    assert count_there().as_of is None


def test_monitors_and_preflight_see_how_far_it_is_behind(replica):
    told = status.read_status(timezone.now())["replica"]
    found = list(preflight.check_replica())

    assert told["state"] == "ok"
    assert [each.problem for each in found if each.problem] == []


def test_monitors_and_preflight_see_that_it_is_away(replica):
    connections[REPLICA].settings_dict["PORT"] = 1

    told = status.read_status(timezone.now())["replica"]
    found = list(preflight.check_replica())

    assert told["state"] == "away"
    assert found[0].problem


def test_site_without_a_replica_says_nothing_of_it(real_commits):
    assert "replica" not in status.read_status(timezone.now())
    assert list(preflight.check_replica()) == []


def test_replica_that_takes_over_stores_and_sends(replica):
    """The last test here: it ends the replica."""
    replica.ask("SELECT pg_promote()")
    kept = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict["PORT"] = replica.port
    try:
        made = factories.make_request()
        free = Installation.objects.free_to_send().exists()
    finally:
        connection.close()
        connection.settings_dict.update(kept)

    assert made.pk
    assert free
