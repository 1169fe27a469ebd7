"""An upgrade under load, from the release before the newest migration: old and new side by side."""

import subprocess

import pytest

from recovery_site.celery import app
from recovery_site.dev import processes
from tests.support.broker import another_broker

from .cluster import PROGRAMS, ROOT
from .conftest import WholeSite, fill, make_cluster, running

OF_TOMORROW = "admissions.messaging.tasks.of_tomorrow"


def git(*words, **how):
    return subprocess.run(["git", "-C", ROOT, *words], capture_output=True, check=False, **how)


@pytest.fixture
def older(tmp_path):
    """The code of before the newest migration, in a folder of its own."""
    newest = git("log", "-1", "--format=%H", "--", "*/migrations/0*.py", text=True).stdout.strip()
    packed = git("archive", f"{newest}^") if newest else None
    if packed is None or packed.returncode:
        pytest.skip("not tried: the history of this checkout does not reach so far back")
    folder = tmp_path / "older"
    folder.mkdir()
    subprocess.run(["tar", "-x", "-C", folder], input=packed.stdout, check=True)
    return folder


def test_upgrade_under_load_is_no_fault_and_loses_nothing(
    older, tmp_path, site_sink, looking_at, history
):
    made = make_cluster(tmp_path / "upgraded", site_sink, code=older, celery="recovery_site")
    with running(made) as cluster:
        looking_at(cluster)
        cluster.release(ROOT)
        fill()
        site = WholeSite(cluster, site_sink, history)
        with site.crowd() as crowd:
            history.nemesis("old code on the new tables")
            wait_for_bookings(site, 10)
            history.nemesis("a task that the old workers do not know")
            with another_broker(cluster.redis_url):
                app.send_task(OF_TOMORROW, queue="mail")
            for name in PROGRAMS:
                history.nemesis(f"{name} replaced")
                cluster.replace(name, ROOT)
                wait_for_bookings(site, 3)
        logs = "".join(cluster.log(name).read_text() for name in ("worker1", "worker2"))

        assert [status for status in site.faults() if isinstance(status, int)] == []
        assert crowd.faults == []
        assert site.verdict() == {}
        assert f"unregistered task of type '{OF_TOMORROW}'" in logs


def wait_for_bookings(site, count):
    known = len(site.history.acknowledged())
    assert processes.wait_until(
        lambda: len(site.history.acknowledged()) >= known + count, within=60
    )
