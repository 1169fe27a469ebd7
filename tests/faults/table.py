"""The table at the end of the long form: every case, and its control."""

HEAD = ("", "faults", "lost", "stale", "copies", "told twice", "p95 s", "without its guard")
WIDTHS = (36, 7, 6, 6, 7, 11, 7, 0)


def of(lines) -> str:
    """`lines` maps the name of a case to what its proof and its control came to."""
    rows = [HEAD, *(row(name, **told) for name, told in lines.items() if "proof" in told)]
    faults = sum(told["proof"][0] for told in lines.values() if "proof" in told)
    return "\n".join([*map(line, rows), "", f"{faults} faults"])


def row(name, proof, control=None):
    """Copies: a second letter with the same id, where the first was never known to have gone."""
    times, verdict = proof
    return (
        name,
        times,
        len(verdict.lost),
        len(verdict.stale),
        verdict.excused,
        len(verdict.duplicates) + len(verdict.strangers),
        f"{verdict.p95:.0f}",
        broken(control[1]) if control else "",
    )


def broken(verdict) -> str:
    return ", ".join(f"{count} {name}" for name, count in verdict.broken.items()) or "holds"


def line(cells) -> str:
    first, *others = zip(cells, WIDTHS, strict=True)
    words = [f"{first[0]:{first[1]}}", *(f"{cell:>{width}}" for cell, width in others[:-1])]
    return "".join(words) + f"   {others[-1][0]}"
