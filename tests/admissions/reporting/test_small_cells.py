"""Counts of few people cannot be worked out, not even by whoever knows the rules."""

from collections import defaultdict

import pytest

from admissions.reporting.small_cells import (
    FEW,
    MIN_POSSIBLE_VALUES,
    WITHHELD,
    CountedPart,
    PublishedCount,
    suppress_division,
    suppress_small_cells,
)


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ([40, 11, 30], ["40", "11", "30"]),
        # Two few, whose sum leaves open which is which.
        ([40, 5, 6], ["40", FEW, FEW]),
        # One alone would be the whole less the others.
        ([40, 25, 5], ["40", WITHHELD, WITHHELD]),
        # Nobody and nobody: their sum would tell.
        ([40, 25, 0, 0], ["40", WITHHELD, WITHHELD, WITHHELD]),
        # All but the largest they could be.
        ([40, 10, 10], [WITHHELD, WITHHELD, WITHHELD]),
        ([10, 11], [WITHHELD, WITHHELD]),
        ([], []),
    ],
)
def test_few_are_hidden_and_others_with_them(counts, shown):
    assert suppress_division(counts) == shown


@pytest.mark.parametrize(("parts", "largest"), [(2, 60), (3, 48), (4, 30)])
@pytest.mark.security(22)
def test_no_hidden_count_can_be_worked_out(parts, largest):
    """Every division of every whole, sorted by what is told of it: who is hidden stays open."""
    least = min(
        len({counts[place] for counts in alike})
        for total in range(11, largest + 1)
        for shown, alike in by_what_is_told(parts, total).items()
        for place, text in enumerate(shown)
        if text in (FEW, WITHHELD)
    )

    assert least >= MIN_POSSIBLE_VALUES


def by_what_is_told(parts, total):
    alike = defaultdict(list)
    for counts in divisions(parts, total):
        alike[tuple(suppress_division(list(counts)))].append(counts)
    return alike


def divisions(parts, total):
    if parts == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in divisions(parts - 1, total - first):
            yield (first, *rest)


def test_nothing_within_a_hidden_part_is_told():
    few = CountedPart("Lost", 9, {"Reason": [CountedPart("Cost", 9), CountedPart("Other", 0)]})
    whole = CountedPart(
        "Requests", 60, {"Outcome": [CountedPart("Open", 30), few, CountedPart("Referred", 21)]}
    )

    found = list(suppress_small_cells(whole))

    assert [each.count for each in found] == ["60", "30", *[WITHHELD] * 4]
    assert found[3] == PublishedCount(("Requests", "Outcome", "Lost", "Reason", "Cost"), WITHHELD)


def test_whole_of_few_tells_nothing():
    whole = CountedPart(
        "Referrals", 10, {"Hand-over": [CountedPart("Confirmed", 10), CountedPart("Not", 0)]}
    )

    assert {each.count for each in suppress_small_cells(whole)} == {FEW}
