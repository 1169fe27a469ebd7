"""The disk of Postgres, Redis and all logs is full for a while: nothing is half booked."""

import errno
import subprocess

import pytest

from recovery_site.dev import processes

from .conftest import WholeSite, fill, make_cluster, running

SIZE = "900m"
RECOVERED = 30


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own, in memory."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=755", "tmpfs", disk]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("not tried: to mount a disk of its own takes root")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def fill_up(ballast):
    """Take all that is left of the disk."""
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while file.write(b"x" * size):
                    pass
            except OSError as full:
                assert full.errno == errno.ENOSPC


def test_full_disk_is_a_503_and_no_half_booking_and_is_got_over(
    small_disk, site_sink, looking_at, history
):
    ballast = small_disk / "ballast"
    with running(make_cluster(small_disk / "site", site_sink)) as cluster:
        looking_at(cluster)
        fill()
        site = WholeSite(cluster, site_sink, history)
        with site.crowd() as crowd:
            assert processes.wait_until(lambda: len(history.acknowledged()) > 5, within=60)
            history.nemesis("disk full")
            fill_up(ballast)
            assert processes.wait_until(lambda: site.faults().count(503) >= 8, within=120)
            ballast.unlink()
            freed_at = history.nemesis("disk free")
            assert processes.wait_until(
                lambda: site.books_again_within(freed_at, RECOVERED), within=RECOVERED
            )

        assert 500 not in site.faults()
        assert crowd.faults == []
        assert site.verdict(may_repeat=True) == {}
