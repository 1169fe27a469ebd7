"""Measures the site beside django-appointment in one run.

    make bench                  everything, under ten minutes; writes bench/results.json
    make bench ARGS=--quick     a try with little data; writes to VAR instead
    make bench ARGS="--only content paint"
                                these alone, put into bench/results.json beside the rest

Starts everything that it needs. It measures and tells, and never fails for a figure.
"""

import argparse
import asyncio
import sys
import time
from dataclasses import replace

from . import databases, queries, report, world
from .measures import bookings, burst, content, desk, letters, pages, paint, scale, staff
from .servers import VAR
from .sizes import FULL, QUICK

# What needs no large past, and can be measured apart.
APART = {
    "content": ("Content pages beside a bare one", content.content_pages),
    "letters": ("Letters a second", letters.beside_tasks_that_do_nothing),
}
# Take minutes of their own, and are measured apart alone; a whole run keeps their figures.
NEED_THE_PEER = {"paint"}
ALONE = {
    "paint": ("First visits on a slow phone", paint.paint),
    "scale": ("One, two and four web processes", scale.webs),
    "staff": ("Every page of the desk after years", staff.staff),
}
FILL = "Installing the peer, and filling the databases"
BOOKED = ("ours_booked", "ours_posted", burst.DATABASE)


def say(told):
    print(f"{time.strftime('%H:%M:%S')} {told}", flush=True)


async def measure(built):
    """Every measurement, one after the other; all ratios, and what stands behind them."""
    ratios, behind, faults, seconds = await one_by_one(
        built,
        [
            ("How long searches and pages take", at_the_pages),
            *APART.values(),
            ("Queries of the page of times", queries.booking_page_queries),
            ("Bookings a second beside the peer", bookings.beside_the_peer),
            ("Bookings a second beside a bare view", bookings.beside_a_bare_view),
            ("Many at one moment", burst.burst),
            ("Bookings beside a slow mail server", letters.beside_a_slow_mail_server),
        ],
    )
    built.servers.stop(*built.servers.started)
    ratios |= {"deadlocks": databases.deadlocks(*BOOKED), "errors": len(faults)}
    seconds = {FILL: round(built.seconds_to_fill)} | seconds
    return ratios, behind | {"errors": sorted(set(faults)), "seconds_of_each_part": seconds}


async def one_by_one(built, parts):
    ratios, behind, faults, seconds = {}, {}, [], {}
    for told, measured in parts:
        say(told)
        begun = time.monotonic()
        found = await measured(built)
        ratios |= found["ratios"]
        behind |= found["behind"]
        faults += found["faults"]
        seconds[told] = round(time.monotonic() - begun)
    return ratios, behind, faults, seconds


async def measure_apart(built, names):
    """Some parts alone; a fault leaves the older figures in place."""
    ratios, behind, faults, _seconds = await one_by_one(
        built, [(APART | ALONE)[name] for name in names]
    )
    if faults:
        sys.exit("\n".join(sorted(set(faults))))
    return ratios, behind


async def at_the_pages(built):
    with built.all_served():
        told = [await each(built) for each in (pages.search, pages.booking_page, desk.desk)]
    found = {part: {} for part in ("ratios", "behind")}
    for each in told:
        found = {part: found[part] | each[part] for part in found}
    return found | {"faults": [fault for each in told for fault in each["faults"]]}


def main():
    options = argparse.ArgumentParser(prog="make bench", description=__doc__.partition("\n")[0])
    options.add_argument("--quick", action="store_true", help="little data, short rounds")
    options.add_argument("--only", nargs="+", choices=APART | ALONE, help="parts to measure apart")
    chosen = options.parse_args()
    sizes, kept = (QUICK, VAR / "results.json") if chosen.quick else (FULL, report.RESULTS)
    work, has_peer = measure, True
    if chosen.only:
        sizes, has_peer = replace(sizes, large=0), bool(NEED_THE_PEER & set(chosen.only))

        def work(built):
            return measure_apart(built, chosen.only)

    say(FILL)
    try:
        with world.build(sizes, has_peer=has_peer) as built:
            ratios, behind = asyncio.run(work(built))
    except KeyboardInterrupt:
        sys.exit(130)
    write = report.merge if chosen.only and kept.exists() else report.keep
    write(kept, ratios, behind, report.conditions(sizes))
    print(f"\n{report.details(behind)}\n\n{report.table(ratios)}")


if __name__ == "__main__":
    main()
