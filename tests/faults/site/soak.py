"""`make soak`: half an hour at a steady load, and whether memory stays flat.

    make soak                 thirty minutes; writes bench/soak.json
    make soak MINUTES=3       a try; writes to VAR instead

Two webs, two workers and beat of production, on a Postgres and a Redis of their own. It fails where
memory grows, an answer is a fault, or a promise of the checker does not hold.
"""

import json
import os
import platform
import secrets
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from importlib.metadata import version
from pathlib import Path

import django

KEYS = {name: secrets.token_urlsafe(48) for name in ("SECRET_KEY", "FIELD_KEYS", "AUDIT_KEY")}
os.environ.update(KEYS)
django.setup()

from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from admissions.messaging.models import Message  # noqa: E402
from admissions.scheduling import availability  # noqa: E402
from admissions.scheduling.models import Mode  # noqa: E402
from recovery_site.dev import processes  # noqa: E402
from tests.faults.smtp_sink import Sink  # noqa: E402
from tests.support.factories import make_counselor, write_settings  # noqa: E402

from .checker import Checker, read_letters  # noqa: E402
from .cluster import ROOT, Cluster  # noqa: E402
from .crowd import Crowd, upcoming  # noqa: E402
from .history import History  # noqa: E402
from .readings import percentiles, read_all, slope  # noqa: E402
from .visitor import NoAnswer, Visitor  # noqa: E402

USUAL_MINUTES = 30
EVERY = 10
HANDS, REST, DESKS, REFRESH, COUNSELORS = 3, 1.5, 4, 5, 20
# What a part holds by itself may grow so much in an hour, after the first third, and is flat still.
MAY_GROW_SHARE, MAY_GROW_MB = 0.10, 10
PAGES = ("/", "/consultation/", "/consultation/callback/", "/es/")
PRODUCTION = {
    "DEBUG": "0",
    "ALLOWED_HOSTS": "127.0.0.1",
    "SITE_URL": "https://127.0.0.1",
    "ADMISSIONS_LINE": "+17145550134",
    "MAIL_FROM": "appointments@office.example",
}


def say(text):
    print(f"{datetime.now(UTC):%H:%M:%S} {text}", flush=True)  # noqa: T201  for who watches


class Looker(threading.Thread):
    """Asks for pages in turn, at a steady pace, and keeps how long each took and what failed."""

    def __init__(self, visitor, paths, pause, **headers):
        super().__init__()
        self.visitor, self.paths, self.pause = visitor, paths, pause
        self.seconds, self.faults, self.is_over = [], [], threading.Event()
        visitor.headers |= headers

    def run(self):
        number = 0
        while not self.is_over.wait(self.pause):
            path = self.paths[number % len(self.paths)]
            number += 1
            try:
                answer = self.visitor.get(path)
            except NoAnswer as none:
                self.faults.append(f"{path}: {none}")
                continue
            self.seconds.append((time.time(), answer.seconds))
            if answer.status not in (200, 304):
                self.faults.append(f"{path}: {answer.status}")


def staff_visitor(cluster):
    """A coordinator's browser, both factors proven."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.signed_in"],
        cwd=ROOT, env=cluster.environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    name, _, value = done.stdout.strip().partition("=")
    visitor = Visitor(cluster.ports, **{"User-Agent": "Mozilla/5.0"})
    visitor.cookies[name] = value
    return visitor


def find_starts():
    soon = timezone.now() + timedelta(hours=6)
    return upcoming(availability.open_slots(mode=Mode.PHONE, now=timezone.now()), after=soon)


def prepare(cluster):
    """Counselors who always have time, and where notices to staff go."""
    connection.settings_dict.update(cluster.settings_of_database())
    write_settings(staff_email="staff@center.example")
    for _counselor in range(COUNSELORS):
        make_counselor(opens=time_of_day(0), closes=time_of_day(23, 59))
    starts = find_starts()
    connection.close()
    return starts


def soak(cluster, sink, minutes, folder):
    """Load for so long; the record, the history, and what did not go well."""
    starts, history = prepare(cluster), History(folder / "soak.jsonl")
    desk = staff_visitor(cluster)
    lookers = [Looker(Visitor(cluster.ports), PAGES, 1)]
    for _desk in range(DESKS):
        colleague = Visitor(cluster.ports, **desk.headers)
        colleague.cookies |= desk.cookies
        lookers.append(Looker(colleague, ("/admin/",), REFRESH))
    readings, begun = [], time.time()
    with Crowd(cluster.ports, starts, history, hands=HANDS, rest=REST) as crowd:
        for looker in lookers:
            looker.start()
        while (passed := time.time() - begun) < 60 * minutes:
            readings.append({"second": round(passed), **read_all(cluster)})
            if len(readings) % 30 == 0:
                say(f"{round(passed / 60)} minutes, {len(history.acknowledged())} bookings")
            due = begun + EVERY * len(readings)
            processes.wait_until(lambda due=due: time.time() >= due, within=EVERY)
    for looker in lookers:
        looker.is_over.set()
        looker.join()
    faults = crowd.faults + [fault for looker in lookers for fault in looker.faults]
    faults += [str(line["status"]) for line in history.answers() if line["type"] == "retry"]
    is_drained = processes.wait_until(is_quiet, within=150, every=1)
    broken = Checker(history, read_letters(sink.letters)).judge()
    if not is_drained:
        broken["letters still owed"] = ["after 150 s"]
    return {
        "latency": {
            "book, move, cancel": by_third(crowd_times(history), begun, minutes),
            "public pages": by_third(lookers[0].seconds, begun, minutes),
            "Today of staff": by_third(
                [each for looker in lookers[1:] for each in looker.seconds], begun, minutes
            ),
        },
        "counts": {op: len(history.acknowledged(op)) for op in ("book", "move", "cancel")}
        | {"letters": len(sink.letters)},
        "faults": faults,
        "broken": {name: len(found) for name, found in broken.items()},
        "readings": readings,
    }


def is_quiet():
    return not Message.objects.filter(finished_at=None, due_at__lte=timezone.now()).exists()


def crowd_times(history):
    return [(line["at"], line["seconds"]) for line in history.answers()]


def by_third(times, begun, minutes):
    """Percentiles of the whole, and of its first and last third."""
    third = 20 * minutes
    parts = {
        "all": [seconds for _at, seconds in times],
        "first third": [seconds for at, seconds in times if at < begun + third],
        "last third": [seconds for at, seconds in times if at > begun + 2 * third],
    }
    return {name: percentiles(seconds) for name, seconds in parts.items()}


def judge_memory(readings):
    """Of each part: megabytes at the end of the first third and at the end, and growth an hour."""
    warm = readings[len(readings) // 3 :]
    told = {}
    for name in readings[0]["memory"]:
        points = [(each["second"], each["memory"][name]["own_mb"]) for each in warm]
        middle = sum(own for _at, own in points) / len(points)
        grows = slope(points)
        told[name] = {
            "rss_mb": [warm[0]["memory"][name]["rss_mb"], warm[-1]["memory"][name]["rss_mb"]],
            "own_mb": [points[0][1], points[-1][1]],
            "grows_mb_an_hour": round(grows, 1),
            "is_flat": grows <= max(MAY_GROW_MB, MAY_GROW_SHARE * middle),
        }
    return told


def conclude(found, minutes):
    readings = found.pop("readings")
    memory = judge_memory(readings)
    most = {
        name: max(each[name] for each in readings)
        for name in ("connections", "queued", "letters_due", "load")
    }
    is_flat = all(each["is_flat"] for each in memory.values())
    return {
        "verdict": "flat" if is_flat else "not flat",
        "is_well": is_flat and not found["faults"] and not found["broken"],
        "minutes": minutes,
        "memory_after_the_first_third": memory,
        "most": most,
        **found,
        "conditions": {
            "finished_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}",
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "packages": {name: version(name) for name in ("django", "gunicorn", "celery")},
            "hands": HANDS, "seconds_between_people": REST,
            "desks": DESKS, "seconds_between_refreshes": REFRESH,
        },
        "readings": readings,
    }  # fmt: skip


def keep(path, told, readings):
    """A line for each reading, and the rest as it is read best."""
    head = json.dumps(told, indent=1).removesuffix("\n}")
    lines = ",\n".join(json.dumps(each) for each in readings)
    path.write_text(f'{head},\n "readings": [\n{lines}\n ]\n}}\n')


def main():
    processes.handle_signals()
    minutes = float(os.environ.get("MINUTES") or USUAL_MINUTES)
    folder = Path(os.environ.get("VAR") or "var").resolve() / "soak"
    var = folder / "site"
    kept = ROOT / "bench" / "soak.json" if minutes >= USUAL_MINUTES else folder / "soak.json"
    sink = Sink()
    environment = PRODUCTION | KEYS | {"EMAIL_URL": f"smtp://127.0.0.1:{sink.port}"}
    cluster = Cluster(var, celery="recovery_site", **environment)
    say("Starting")
    try:
        cluster.manage("collectstatic", "--no-input", "--verbosity", "0")
        cluster.start()
        say(f"A steady load for {minutes:g} minutes")
        told = conclude(soak(cluster, sink, minutes, folder), minutes)
    finally:
        cluster.stop()
        sink.stop()
    readings = told.pop("readings")
    keep(kept, told, readings)
    say(json.dumps(told, indent=1))
    sys.exit(not told["is_well"])


if __name__ == "__main__":
    main()
