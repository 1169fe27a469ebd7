"""How many queries a page costs, with one counselor and with fifty.

    python -m bench.queries

Prints the number for the database that DATABASE_URL names.
"""

import os
import subprocess
import sys

import django
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from . import ours
from .servers import ROOT


def count(database):
    """The number for one of our databases, counted in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.queries"],
        cwd=ROOT,
        env=os.environ | ours.environment(database),
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout)


async def booking_page_queries(world):
    one, all_of_them = count("ours_single"), count("ours_small")
    told = {"1": one, str(world.sizes.counselors): all_of_them}
    return {
        "ratios": {"booking_page_queries": max(one, all_of_them)},
        "behind": {"booking_page_queries": {"by_counselors": told}},
        "faults": [],
    }


def main():
    """Asks twice, and counts the second time: the first one may fill what is kept."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recovery_site.settings")
    django.setup()
    client = Client(SERVER_NAME="127.0.0.1")
    client.get(ours.TIMES)
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(ours.TIMES)
    assert answer.status_code == 200
    print(len(captured))


if __name__ == "__main__":
    main()
