"""How much processor time programs used, as Linux counts it in /proc."""

import os
import re
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def processes():
    """{pid: (parent, ticks)} of all that run; ticks count ended children that were waited for."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        found[int(stat.parent.name)] = int(fields[1]), sum(map(int, fields[11:15]))
    return found


def milliseconds(root):
    """What a process and all its descendants have used so far."""
    running = processes()
    return sum(running[pid][1] for pid in family(root, running)) * 1000 / TICKS


def mebibytes(root):
    """Memory of a process and its descendants; what several share counts once (PSS)."""
    shares = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in family(root, processes())]
    found = [re.search(r"^Pss:\s+(\d+) kB", share, re.MULTILINE) for share in shares]
    return round(sum(int(each[1]) for each in found if each) / 1024, 1)


def family(root, running):
    """The process ids of a process and all its descendants, of those that run."""
    ours, waiting = set(), [root]
    while waiting:
        pid = waiting.pop()
        if pid in running and pid not in ours:
            ours.add(pid)
            waiting += [child for child, (parent, _) in running.items() if parent == pid]
    return ours
