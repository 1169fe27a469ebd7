"""Runs the tests of each mutant beside a Postgres and a Redis, and tells which were caught."""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from .mutant import Mutant
from .tables import MUTANTS
from .workshop import Verdict, Workshop


def main() -> int:
    options = argparse.ArgumentParser(prog="make mutants ARGS=...", description=__doc__)
    options.add_argument("-k", default="", help="only those whose kind or name holds this")
    options.add_argument("-j", type=int, default=2, help="how many at a time; 2 by default")
    asked = options.parse_args()
    chosen = [each for each in MUTANTS if asked.k.lower() in f"{each.kind} {each.name}".lower()]
    if not chosen:
        options.error("no mutant has that in its kind or name")

    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        workshops = [Workshop(Path(folder), number) for number in range(min(asked.j, len(chosen)))]
        if not is_sound(workshops[0], chosen):
            return 1
        lines = judge_all(workshops, chosen)
    caught = sum(verdict is Verdict.KILLED for verdict, _line in lines)
    report = "\n".join([*sorted(line for _verdict, line in lines), f"{caught} of {len(lines)}"])
    (Path(os.environ.get("VAR") or "var") / "mutants.txt").write_text(report + "\n")
    print(f"{caught} of {len(lines)} killed")
    return int(caught < len(lines))


def is_sound(workshop: Workshop, mutants: Sequence[Mutant]) -> bool:
    """With every guard in place all these tests pass; otherwise their failing would say nothing."""
    tests = sorted({test for mutant in mutants for test in mutant.test_ids})
    verdict = workshop.make_template(tests[0])
    if verdict is Verdict.SURVIVED:
        verdict = workshop.run(tests, "--reuse-db")
    if verdict is not Verdict.SURVIVED:
        print(workshop.log.read_text()[-5000:], "\nNot every test passes with all guards in place.")
        return False
    print(f"With every guard in place {len(tests)} tests pass.", flush=True)
    return True


def judge_all(
    workshops: Sequence[Workshop], mutants: Sequence[Mutant]
) -> list[tuple[Verdict, str]]:
    """(verdict, line) of each, told as it is found; a workshop that is free takes the next."""
    free: SimpleQueue[Workshop] = SimpleQueue()
    for workshop in workshops:
        free.put(workshop)

    def judge(mutant: Mutant) -> tuple[Verdict, str]:
        workshop, begun = free.get(), time.monotonic()
        try:
            verdict = workshop.judge(mutant)
        finally:
            free.put(workshop)
        seconds = time.monotonic() - begun
        line = f"{verdict.value:9} {mutant.kind:12} {mutant.name} ({seconds:.0f} s)"
        print(line, flush=True)
        if verdict is Verdict.BROKEN:
            print(workshop.log.read_text()[-2000:])
        return verdict, line

    with ThreadPoolExecutor(len(workshops)) as pool:
        return list(pool.map(judge, mutants))


if __name__ == "__main__":
    sys.exit(main())
