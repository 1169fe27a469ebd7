"""The geometry of charts, drawn by templates as SVG: widths in percent, heights in pixels.

Percent lets a chart be as wide as its place while its words keep their size.
The table beside a chart says the same, and is what counts.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

HEAT_LEVELS = 4
GUTTER, ROW_HEIGHT, HEADER_HEIGHT = 8.0, 24, 18
PLOT_TOP, PLOT_HEIGHT, PLOT_FOOT = 26, 110, 40


@dataclass(frozen=True)
class BarSegment:
    """A part of a bar, from the left."""

    kind: str
    x: str
    width: str


@dataclass(frozen=True)
class HeatCell:
    """One field of a heat map; `kind` says how strong it is, and whatever else marks it."""

    kind: str
    x: str
    y: int
    middle: str
    words: str
    count: int


@dataclass(frozen=True)
class ChartLabel:
    x: str
    y: int
    text: str


@dataclass(frozen=True)
class HeatMap:
    height: int
    cells: list[HeatCell]
    labels: list[ChartLabel]
    width: str
    cell_height: int = ROW_HEIGHT - 2


@dataclass(frozen=True)
class Dot:
    """A share at its place on the line; its size grows with how many it is made of."""

    x: str
    y: int
    r: int
    value: ChartLabel
    name: ChartLabel
    count: ChartLabel


@dataclass(frozen=True)
class DotPlot:
    height: int
    dots: list[Dot]
    lines: list[tuple[Dot, Dot]]
    levels: list[ChartLabel]


def format_percent(part: float, whole: float) -> str:
    """As SVG takes it: 43.25%."""
    return f"{100 * part / whole if whole else 0:.2f}%"


def build_bar(parts: Iterable[tuple[str, float]], longest: float) -> list[BarSegment]:
    """The parts of one bar side by side; the longest bar of all is as wide as its place."""
    bits, reached = [], 0.0
    for kind, size in parts:
        if size > 0:
            bits.append(
                BarSegment(kind, format_percent(reached, longest), format_percent(size, longest))
            )
        reached += size
    return bits


def heat_level(count: float, most: float) -> int:
    """From 0 for none to STRENGTHS for the most."""
    return int(-(-HEAT_LEVELS * count // most)) if most and count else 0


def build_heat_map(
    rows: list[tuple[int, str]],
    columns: list[tuple[int, str]],
    *,
    count: Callable[[int, int], int],
    mark: Callable[[int, int], str],
    words: Callable[[int, int], str],
) -> HeatMap:
    """A field for each row and column; columns without a name have no label."""
    step = (100 - GUTTER) / len(columns)
    most = max((count(row, column) for row, _n in rows for column, _m in columns), default=0)
    cells = [
        HeatCell(
            kind=f"heat{heat_level(count(row, column), most):.0f} {mark(row, column)}".strip(),
            x=f"{GUTTER + place * step:.2f}%",
            y=HEADER_HEIGHT + line * ROW_HEIGHT,
            middle=f"{GUTTER + (place + 0.5) * step:.2f}%",
            words=words(row, column),
            count=count(row, column),
        )
        for line, (row, _name) in enumerate(rows)
        for place, (column, _label) in enumerate(columns)
    ]
    named = [
        ChartLabel(f"{GUTTER + place * step:.2f}%", HEADER_HEIGHT - 6, name)
        for place, (_column, name) in enumerate(columns)
        if name
    ]
    sides = [
        ChartLabel("0%", HEADER_HEIGHT + line * ROW_HEIGHT + 16, name)
        for line, (_row, name) in enumerate(rows)
    ]
    return HeatMap(
        HEADER_HEIGHT + len(rows) * ROW_HEIGHT, cells, named + sides, f"{step * 0.92:.2f}%"
    )


def build_dot_plot(points: list[tuple[str, int, int]]) -> DotPlot:
    """(name, part, whole) of each point as a share of a hundred; nothing is drawn of nobody."""
    step, most = 100 / max(len(points), 1), max((whole for _n, _p, whole in points), default=0)
    drawn = [
        build_dot(f"{(place + 0.5) * step:.2f}%", name, part, whole, most)
        for place, (name, part, whole) in enumerate(points)
    ]
    shown = [each for each in drawn if each.r]
    levels = [
        ChartLabel("0%", PLOT_TOP + round(PLOT_HEIGHT * (1 - level / 100)), f"{level} %")
        for level in (0, 50, 100)
    ]
    height = PLOT_TOP + PLOT_HEIGHT + PLOT_FOOT
    return DotPlot(height, drawn, list(pairwise(shown)), levels)


def build_dot(x: str, name: str, part: int, whole: int, most: int) -> Dot:
    share = part / whole if whole else 0
    y, foot = PLOT_TOP + round(PLOT_HEIGHT * (1 - share)), PLOT_TOP + PLOT_HEIGHT
    r = 4 + round(5 * (whole / most) ** 0.5) if whole else 0
    said = f"{100 * share:.0f} %" if whole else "–"
    below = ChartLabel(x, foot + 20, name), ChartLabel(x, foot + 36, f"{whole}")
    return Dot(x, y, r, ChartLabel(x, y - r - 5, said), *below)
