"""What the bench computes from its measurements."""

import asyncio

import pytest

from bench import figures
from bench.browser import Unexpected
from bench.rounds import Side, faults, p95_ratio, per_second_ratio, so_many, take_turns


@pytest.mark.parametrize(("percent", "value"), [(0, 1), (50, 3), (75, 4), (95, 4.8), (100, 5)])
def test_percentile_lies_straight_between_two_neighbors(percent, value):
    assert figures.percentile([5, 1, 4, 2, 3], percent) == pytest.approx(value)


def test_percentile_of_one_value_is_that_value():
    assert figures.percentile([7], 95) == 7


def test_latency_is_told_in_milliseconds():
    assert figures.latency([0.001, 0.003]) == {"n": 2, "p50_ms": 2.0, "p95_ms": 2.9}


def test_spread_is_lowest_middle_and_highest():
    assert figures.spread([3, 1, 2.5]) == [1, 2.5, 3]


def side(*rounds):
    """A side that was measured in rounds of (seconds it took, seconds of each answer)."""
    return Side(
        ask=None,
        programs={},
        elapsed=[lasted for lasted, _answers in rounds],
        seconds=[answers for _lasted, answers in rounds],
    )


def test_p95_ratio_is_of_all_answers_and_told_by_round():
    ours, theirs = side((1, [1, 1]), (1, [3, 3])), side((1, [2, 2]), (1, [2, 2]))

    assert p95_ratio(ours, theirs) == (1.5, [0.5, 1.0, 1.5])


def test_per_second_ratio_counts_answers_over_the_time_of_their_rounds():
    ours, theirs = side((1, [0.1] * 6), (2, [0.1] * 6)), side((1, [0.1] * 2), (2, [0.1] * 2))

    assert per_second_ratio(ours, theirs) == (3.0, [3.0, 3.0, 3.0])


def test_sides_take_turns_and_the_first_round_does_not_count():
    asked = []

    def known(name):
        async def ask(number):
            asked.append(name)
            return len(asked)

        return Side(ask=ask, programs={})

    ours, theirs = known("ours"), known("theirs")

    asyncio.run(take_turns([ours, theirs], so_many(1, 1), rounds=2))

    assert asked == ["theirs", "ours", "ours", "theirs", "theirs", "ours"]
    assert (ours.seconds, theirs.seconds) == ([[3], [6]], [[4], [5]])


def test_answer_that_is_not_the_needed_one_is_a_fault_and_no_figure():
    async def ask(number):
        if number == 1:
            raise Unexpected("answered 500")
        return 0.5

    ours = Side(ask=ask, programs={})

    asyncio.run(take_turns([ours], so_many(1, 3), rounds=1, warm_up=False))

    assert (ours.seconds, faults({"ours": ours})) == ([[0.5, 0.5]], ["ours: answered 500"])
