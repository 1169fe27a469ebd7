"""From seconds to figures: percentiles, ratios, and how far rounds lay apart."""

import statistics


def percentile(values, percent):
    """The value below which so many percent lie, straight between two neighbors."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def latency(seconds):
    """p50 and p95 in milliseconds, and of how many."""
    return {
        "n": len(seconds),
        "p50_ms": round(percentile(seconds, 50) * 1000, 2),
        "p95_ms": round(percentile(seconds, 95) * 1000, 2),
    }


def ratio(ours, theirs):
    return round(ours / theirs, 3)


def spread(values):
    """The lowest, the middle and the highest."""
    return [round(each, 3) for each in (min(values), statistics.median(values), max(values))]
