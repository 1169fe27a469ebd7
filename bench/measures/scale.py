"""How far one machine goes: one, two and four web processes, and what a booking leaves behind."""

from .. import cpu, databases, ours
from ..rounds import Side, faults, for_a_while, per_second_ratio, take_turns
from ..servers import like_ours, redis_process
from .bookings import nothing_is_owed, rate, timed

PROCESSES = (1, 2, 4)
PAST = "ours_scale"
# With their indexes; a table of parts counts as its parts.
SIZES = """
    SELECT relname, pg_total_relation_size(oid) FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""
WRITTEN = "SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint"
TOLD_FROM = 50  # bytes a booking; smaller tables are told together


async def webs(world):
    """Pages and whole bookings a second by each number of processes, their mail sent between."""
    databases.make(PAST, like="ours_small")
    mailed = {"EMAIL_URL": f"smtp://127.0.0.1:{world.mail.port}"}
    served = {count: serve(world, count, mailed) for count in PROCESSES}
    worker = world.servers.worker("scale-worker", ours.production(PAST, **mailed))
    watch = databases.connect(PAST).cursor()
    work = for_a_while(world.sizes.visitors * 2, world.sizes.booking_seconds)

    sides = {
        "scale_page": at(world, served, "/programs/iop/"),
        "scale_times": at(world, served, ours.TIMES),
    }
    for each in sides.values():
        await take_turns(list(each.values()), work, rounds=world.sizes.booking_rounds)
    booked = sides["scale_booking"] = bookings(world, served, worker, watch)
    before = stored(watch)
    await take_turns(list(booked.values()), work, rounds=world.sizes.booking_rounds, warm_up=False)
    behind = {
        name: {f"{count} web": rate(side) for count, side in each.items()}
        for name, each in sides.items()
    }
    behind["scale_memory"] = {
        f"{count} web": cpu.mebibytes(each.pid) for count, each in served.items()
    }
    behind["scale_bytes_a_booking"] = growth(before, stored(watch), count_of(booked))
    world.servers.stop(worker, *(server.process for server in served.values()))
    return {
        "ratios": {
            f"bookings_per_s_{count}_webs_vs_1": per_second_ratio(booked[count], booked[1])[0]
            for count in PROCESSES[1:]
        },
        "behind": behind,
        "faults": [fault for each in sides.values() for fault in faults(each)],
    }


def serve(world, count, mailed):
    """The site by so many processes of as many threads as `recovery_site.gunicorn_conf` has."""
    command = like_ours("recovery_site.wsgi", ["--workers", str(count)])
    return world.servers.web(f"webs_{count}", command, ours.production(PAST, **mailed))


def at(world, served, path):
    """A side for each number of processes, which asks for one page, each time as a new visitor."""
    return {
        count: Side(page(server, path), world.programs(server)) for count, server in served.items()
    }


def page(server, path):
    async def ask(_number):
        browser = ours.visitor(server)
        try:
            return (await browser.get(path)).seconds
        finally:
            browser.close()

    return ask


def bookings(world, served, worker, watch):
    """The same for whole visits that book; a round ends when the worker has sent what is owed."""
    places = iter(ours.free_places(PAST))
    return {
        count: Side(
            ask=timed(lambda server=server: ours.book(server, next(places))),
            programs=world.programs(server, worker=worker.pid, redis=redis_process()),
            after=lambda: world.until(lambda: nothing_is_owed(watch)),
        )
        for count, server in served.items()
    }


def count_of(sides):
    return sum(len(side.all_seconds) for side in sides.values())


def stored(cursor):
    """{table: bytes} with indexes, and how much was ever written into the log of changes."""
    cursor.execute(SIZES)
    tables = dict(cursor.fetchall())
    cursor.execute(WRITTEN)
    return tables | {"log of changes": cursor.fetchone()[0]}


def growth(before, after, count):
    """{table: bytes a booking}, the largest first."""
    grown = {name: round((size - before.get(name, 0)) / count) for name, size in after.items()}
    written = grown.pop("log of changes")
    named = {name: each for name, each in grown.items() if each >= TOLD_FROM}
    return {
        "bookings": count,
        "all_tables": sum(grown.values()),
        "log_of_changes": written,
        **dict(sorted(named.items(), key=lambda told: -told[1])),
    }
