"""What is told at the end: a table for the reader, and a file to keep."""

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version

from . import databases, peer
from .servers import ROOT

RESULTS = ROOT / "bench" / "results.json"
# At most, or at least where it says so.
GOALS = {
    "search_p95_vs_peer": ("<=", 0.4),
    "search_growth_10k_1m": ("<=", 1.1),
    "triage_list_p50_1m_vs_10k": ("<=", 1.2),
    "triage_search_p50_1m_vs_10k": ("<=", 1.5),
    "booking_page_p95_vs_peer": ("<=", 0.35),
    "booking_page_queries": ("<=", 6),
    "bookings_per_s_2_webs_vs_1": (">=", 1),
    "bookings_per_s_4_webs_vs_1": (">=", 1),
    "bookings_per_s_vs_peer": (">=", 3),
    "bookings_per_s_vs_bare": (">=", 0.4),
    "burst_one_slot_vs_spread": ("<=", 2),
    "burst_winners": ("each ==", 1),
    "mails_per_s_vs_celery_noop": (">=", 0.25),
    "booking_p95_slow_smtp": ("<=", 1.1),
    "content_p95_vs_bare": ("<=", 1.5),
    "largest_paint_ms": ("<=", 1500),
    "layout_shift": ("<=", 0),
    "first_visit_kb": ("<=", 30),
    "first_visit_requests": ("<=", 6),
    "staff_page_cpu_ms": ("<=", 100),
    "triage_list_vs_stock": ("<=", 1),
    "triage_refresh_vs_stock": ("<=", 0.3),
    "deadlocks": ("<=", 0),
    "errors": ("<=", 0),
}

MEASURED_ALONE = (
    "largest_paint_ms",
    "layout_shift",
    "first_visit_kb",
    "first_visit_requests",
    "bookings_per_s_2_webs_vs_1",
    "bookings_per_s_4_webs_vs_1",
    "staff_page_cpu_ms",
    "triage_list_vs_stock",
    "triage_refresh_vs_stock",
)
BEHIND_ALONE = (
    "first_visit",
    "scale_page",
    "scale_times",
    "scale_booking",
    "scale_memory",
    "scale_bytes_a_booking",
    "staff_pages",
    "triage_list_vs_stock",
)


def conditions(sizes):
    """What was measured with, and how much of it; nothing that names a machine."""
    packages = ("django", "gunicorn", "psycopg", "celery")
    return {
        "finished_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}",
        "cores": os.cpu_count(),
        "load_at_the_end": round(os.getloadavg()[0], 1),
        "versions": {
            "python": platform.python_version(),
            "postgres": databases.version(),
            "django-appointment": peer_version(),
            **{name: version(name) for name in packages},
        },
        "sizes": vars(sizes),
    }


def peer_version():
    asked = "from importlib.metadata import version; print(version('django-appointment'))"
    return subprocess.check_output([peer.PYTHON, "-c", asked], text=True).strip()


def is_met(name, value):
    """Whether a figure reaches its goal."""
    how, goal = GOALS[name]
    if how == "each ==":
        return all(each == goal for each in value)
    return value >= goal if how == ">=" else value <= goal


def table(ratios):
    """One line a figure: what it is, its goal, and whether it is reached."""
    lines = [f"{'':28}{'measured':>12}{'goal':>10}"]
    for name, (how, goal) in GOALS.items():
        if name not in ratios:
            continue
        value = ratios[name]
        told = f"{min(value)} to {max(value)}" if isinstance(value, list) else value
        verdict = "" if is_met(name, value) else "   not reached"
        lines.append(f"{name:28}{told:>12}{how + ' ' + str(goal):>10}{verdict}")
    return "\n".join(lines)


def details(behind):
    """One line a side: latency, and the processor time of each of its answers."""
    lines = [f"{'ms':40}{'p50':>9}{'p95':>9}{'CPU':>8}  of which"]
    sides = [(name, told) for name, told in behind.items() if isinstance(told, dict)]
    for name, measured in sides:
        lines += [line(f"{name}: {side}", told) for side, told in measured.items() if is_side(told)]
    return "\n".join(lines)


def is_side(told):
    return isinstance(told, dict) and "cpu_ms" in told


def line(name, told):
    used = dict(told["cpu_ms"])
    whole = used.pop("all")
    parts = ", ".join(f"{program} {each}" for program, each in used.items())
    rate = f"; {told['per_second']} a second" if "per_second" in told else ""
    return f"{name:40}{told['p50_ms']:>9}{told['p95_ms']:>9}{whole:>8}  {parts}{rate}"


def merge(path, ratios, behind, told):
    """Puts figures that were measured apart in the place of their older ones, and says so."""
    kept = json.loads(path.read_text())
    goals = {name: f"{how} {goal}" for name, (how, goal) in GOALS.items()}
    figures = {name: kept.get(name) for name in GOALS} | ratios
    conditions = kept["conditions"]
    earlier = [
        each for each in conditions.get("measured_apart", []) if each["figures"] != list(ratios)
    ]
    apart = {name: told[name] for name in ("finished_at", "load_at_the_end")}
    conditions["measured_apart"] = [*earlier, {"figures": list(ratios), **apart}]
    kept = figures | {"goals": goals, "behind": kept["behind"] | behind, "conditions": conditions}
    path.write_text(json.dumps(kept, indent=1) + "\n")


def keep(path, ratios, behind, conditions):
    """What was measured in place of all that was; figures measured apart alone stay, with when."""
    kept = json.loads(path.read_text()) if path.exists() else {"behind": {}, "conditions": {}}
    apart = {name: kept[name] for name in MEASURED_ALONE if name in kept}
    apart_behind = {name: kept["behind"][name] for name in BEHIND_ALONE if name in kept["behind"]}
    goals = {name: f"{how} {goal}" for name, (how, goal) in GOALS.items()}
    since = [
        each
        for each in kept["conditions"].get("measured_apart", [])
        if set(each["figures"]) <= set(MEASURED_ALONE)
    ]
    conditions = conditions | {"measured_apart": since}
    told = {"goals": goals, "behind": behind | apart_behind, "conditions": conditions}
    path.write_text(json.dumps(ratios | apart | told, indent=1) + "\n")
