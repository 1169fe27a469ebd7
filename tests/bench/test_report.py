"""What the bench says of its figures."""

import json

import pytest

from bench import report

REACHED = {
    "search_p95_vs_peer": 0.4,
    "search_growth_10k_1m": 1.1,
    "triage_list_p50_1m_vs_10k": 1.2,
    "triage_search_p50_1m_vs_10k": 1.5,
    "booking_page_p95_vs_peer": 0.35,
    "booking_page_queries": 6,
    "bookings_per_s_2_webs_vs_1": 1,
    "bookings_per_s_4_webs_vs_1": 1,
    "bookings_per_s_vs_peer": 3,
    "bookings_per_s_vs_bare": 0.4,
    "burst_one_slot_vs_spread": 2,
    "burst_winners": [1, 1],
    "mails_per_s_vs_celery_noop": 0.25,
    "booking_p95_slow_smtp": 1.1,
    "content_p95_vs_bare": 1.5,
    "largest_paint_ms": 1500,
    "layout_shift": 0,
    "first_visit_kb": 30,
    "first_visit_requests": 6,
    "staff_page_cpu_ms": 100,
    "triage_list_vs_stock": 1,
    "triage_refresh_vs_stock": 0.3,
    "deadlocks": 0,
    "errors": 0,
}


def test_every_figure_has_a_goal():
    assert set(report.GOALS) == set(REACHED)


@pytest.mark.parametrize("name", REACHED)
def test_goal_itself_is_enough(name):
    assert report.is_met(name, REACHED[name])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("search_p95_vs_peer", 0.41),
        ("triage_list_p50_1m_vs_10k", 1.21),
        ("bookings_per_s_vs_peer", 2.9),
        ("burst_winners", [1, 2]),
        ("mails_per_s_vs_celery_noop", 0.24),
        ("booking_p95_slow_smtp", 1.11),
        ("content_p95_vs_bare", 1.51),
        ("largest_paint_ms", 1501),
        ("layout_shift", 0.01),
        ("first_visit_kb", 30.1),
        ("first_visit_requests", 7),
        ("deadlocks", 1),
    ],
)
def test_goal_that_is_missed_is_told(name, value):
    table = report.table(REACHED | {name: value})

    told = [line.split()[0] for line in table.splitlines() if line.endswith("not reached")]
    assert told == [name]


def test_figures_are_kept_first_and_with_what_stands_behind(tmp_path):
    report.keep(tmp_path / "results.json", REACHED, {"search_p95_vs_peer": {}}, {"cores": 2})

    kept = json.loads((tmp_path / "results.json").read_text())
    assert list(kept) == [*REACHED, "goals", "behind", "conditions"]
    assert kept["goals"]["bookings_per_s_vs_peer"] == ">= 3"


def test_whole_run_keeps_what_is_only_measured_apart(tmp_path):
    path = tmp_path / "results.json"
    apart = {"finished_at": "then", "load_at_the_end": 1}
    report.keep(path, REACHED, {"staff_pages": {"index": "1 ms"}}, {})
    for name in ("content_p95_vs_bare", "staff_page_cpu_ms"):
        report.merge(path, {name: REACHED[name]}, {}, apart)

    report.keep(path, {"errors": 0}, {}, {"cores": 2})

    kept = json.loads(path.read_text())
    assert kept["staff_page_cpu_ms"] == 100
    assert kept["behind"] == {"staff_pages": {"index": "1 ms"}}
    told = {"cores": 2, "measured_apart": [{"figures": ["staff_page_cpu_ms"], **apart}]}
    assert kept["conditions"] == told


def test_figures_measured_apart_take_the_place_of_older_ones(tmp_path):
    kept, apart = tmp_path / "results.json", {"finished_at": "later", "load_at_the_end": 1}
    report.keep(kept, REACHED, {"search": {}, "content": {"n": 1}}, {"cores": 2})

    for value in (1.3, 1.2):
        report.merge(kept, {"content_p95_vs_bare": value}, {"content": {"n": 2}}, apart)

    told = json.loads(kept.read_text())
    assert list(told) == [*REACHED, "goals", "behind", "conditions"]
    assert {name for name in REACHED if told[name] != REACHED[name]} == {"content_p95_vs_bare"}
    assert (told["content_p95_vs_bare"], told["behind"]) == (
        1.2,
        {"search": {}, "content": {"n": 2}},
    )
    assert told["conditions"]["measured_apart"] == [{"figures": ["content_p95_vs_bare"], **apart}]
