"""What the processes of a cluster hold and use, read from /proc, Postgres and Redis."""

import os
import re
from pathlib import Path

from recovery_site.workers import queues

MEGABYTE = 1024
FIELDS = {"rss_mb": "VmRSS", "own_mb": "RssAnon"}
WAITING = "SELECT count(*) FROM admissions_message WHERE finished_at IS NULL AND due_at <= now()"


def family(pid):
    """A process and all that descend from it."""
    found, todo = [], [pid]
    while todo:
        found.append(todo.pop())
        path = Path(f"/proc/{found[-1]}/task")
        for children in path.glob("*/children"):
            todo += [int(child) for child in read(children).split()]
    return found


def read(path):
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def memory(pid):
    """Megabytes of a process with its children: resident, and its own without shared files."""
    texts = [read(f"/proc/{each}/status") for each in family(pid)]
    return {
        name: round(sum(kilobytes(text, field) for text in texts) / MEGABYTE, 1)
        for name, field in FIELDS.items()
    }


def kilobytes(text, field):
    found = re.search(rf"^{field}:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) if found else 0


def read_all(cluster):
    """One line of the record."""
    parts = {name: memory(cluster.pid(name)) for name in cluster.parts}
    with cluster.connect() as session:
        (waiting,) = session.execute(WAITING).fetchone()
        connections = len(cluster.backends())
    with cluster.redis() as client:
        queued = sum(client.llen(name) for name in queues.NAMES)
    return {
        "memory": parts,
        "connections": connections,
        "queued": queued,
        "letters_due": waiting,
        "load": round(os.getloadavg()[0], 2),
    }


def slope(points):
    """Growth an hour of (seconds, value) by least squares."""
    count = len(points)
    middle_x = sum(x for x, _ in points) / count
    middle_y = sum(y for _, y in points) / count
    spread = sum((x - middle_x) ** 2 for x, _ in points)
    together = sum((x - middle_x) * (y - middle_y) for x, y in points)
    return 3600 * together / spread if spread else 0.0


def percentiles(seconds):
    """Milliseconds that 50, 95 and 99 of 100 took at most."""
    ordered = sorted(seconds)
    if not ordered:
        return {}
    return {
        f"p{share}_ms": round(1000 * ordered[min(len(ordered) * share // 100, len(ordered) - 1)])
        for share in (50, 95, 99)
    } | {"count": len(ordered)}
