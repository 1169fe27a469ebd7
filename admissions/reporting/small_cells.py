"""Counts of few people are hidden, and others with them, so that none can be worked out.

A whole may be divided in several ways, and a part of it again. Each division adds up
to its whole, which readers know: whoever hides one part of it hides nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

# Counts under this many people are not told: CMS cell size suppression policy.
MIN_CELL = 11
FEW, WITHHELD = f"<{MIN_CELL}", "withheld"
# How many values every hidden count must still be able to have.
MIN_POSSIBLE_VALUES = 5


@dataclass(frozen=True)
class CountedPart:
    """So many people, and how they are divided: {by what: parts that add up to all of them}."""

    name: str
    count: int
    divisions: dict[str, list["CountedPart"]] = field(default_factory=dict)


@dataclass(frozen=True)
class PublishedCount:
    """One count as it may leave the house, and the way that leads to it."""

    path: tuple[str, ...]
    count: str


def suppress_small_cells(
    whole: CountedPart, path: tuple[str, ...] = (), shown: str | None = None
) -> Iterator[PublishedCount]:
    """The whole and everything in it; of what is hidden, nothing within is told either."""
    shown = shown or (str(whole.count) if whole.count >= MIN_CELL else FEW)
    here = (*path, whole.name)
    yield PublishedCount(here, shown)
    is_hidden = shown in (FEW, WITHHELD)
    for by, parts in whole.divisions.items():
        counts = [part.count for part in parts]
        texts = [shown] * len(parts) if is_hidden else suppress_division(counts)
        for part, text in zip(parts, texts, strict=True):
            yield from suppress_small_cells(part, (*here, by), text)


def suppress_division(counts: list[int]) -> list[str]:
    """The counts of one division of a known whole, as they may be told.

    Few are "<11". Where that would not be enough, the smallest others are hidden too,
    and all of them are "withheld", so that nobody can tell which are few.
    """
    few = [count for count in counts if count < MIN_CELL]
    many = sorted(count for count in counts if count >= MIN_CELL)
    if sum(counts) < 2 * MIN_CELL:
        return [WITHHELD] * len(counts)
    if is_ambiguous(few, []):
        return [FEW if count < MIN_CELL else str(count) for count in counts]

    taken = 1
    while taken < len(many) and not is_ambiguous(few, many[:taken], many[taken]):
        taken += 1
    # Equal counts share one fate, so that their order tells nothing.
    limit = max(many[:taken], default=MIN_CELL)
    return [WITHHELD if count <= limit else str(count) for count in counts]


def is_ambiguous(few: list[int], others: list[int], least_shown: int = 0) -> bool:
    """Whether each of the few could be LEAST_DOUBT values, for someone who knows these rules.

    They know what all the hidden add up to, and that `others` are no more than `least_shown`.
    """
    total, most = sum(few) + sum(others), MIN_CELL - 1
    highest_sum = total - MIN_CELL * len(others)
    lowest_sum = max(0, total - least_shown * len(others))
    highest = min(most, highest_sum)
    lowest = max(0, lowest_sum - most * (len(few) - 1))
    return not few or highest - lowest + 1 >= MIN_POSSIBLE_VALUES
