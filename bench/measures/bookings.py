"""Bookings a second: whole visits beside the peer's, and the last step beside a bare view."""

import time

from .. import databases, ours, peer
from ..browser import Browser
from ..rounds import Side, faults, for_a_while, per_second_ratio, so_many, take_turns
from ..servers import like_ours, redis_process, sync

# Fallen due, but not yet sent.
OWED = """
    SELECT EXISTS (
        SELECT FROM admissions_message
        WHERE state IN ('promised', 'delayed', 'sending') AND due_at <= now()
    )
"""


def timed(flow):
    """A side's `ask` that books, and tells how long it took from the first page to the last."""

    async def ask(_number):
        begun = time.perf_counter()
        await flow()
        return time.perf_counter() - begun

    return ask


async def beside_the_peer(world):
    """From an empty browser to the page that says it is booked; both with their mail sent."""
    sides = our_sides(world) | {
        "peer_guest": peer_guest(world),
        "peer_signed_in": peer_signed_in(world),
    }
    work = for_a_while(world.sizes.visitors, world.sizes.booking_seconds)
    await take_turns(list(sides.values()), work, rounds=world.sizes.booking_rounds)
    ours_whole, guest = sides["ours"], sides["peer_guest"]
    value, rounds = per_second_ratio(ours_whole, guest)
    behind = {name: rate(side) for name, side in sides.items()} | {
        "by_round": rounds,
        "ours_beside_peer_signed_in": per_second_ratio(ours_whole, sides["peer_signed_in"])[0],
        "ours_form_only_beside_peer_guest": per_second_ratio(sides["ours_form_only"], guest)[0],
        "ours_until_mail_is_sent_beside_peer_guest": until_mail_is_sent(ours_whole, guest),
    }
    return {
        "ratios": {"bookings_per_s_vs_peer": value},
        "behind": {"bookings_per_s_vs_peer": behind},
        "faults": faults(sides),
    }


def rate(side):
    return {"per_second": round(side.per_second, 1)} | side.figures()


def until_mail_is_sent(mine, other):
    """The ratio if a booking counted only once our worker had sent its mail."""
    elapsed = sum(mine.elapsed) + mine.after_seconds
    return round(len(mine.all_seconds) / elapsed / other.per_second, 3)


def our_sides(world):
    """Our site with its worker; each round ends when the worker has sent what is owed."""
    databases.make("ours_booked", like="ours_small")
    mailed = {"EMAIL_URL": f"smtp://127.0.0.1:{world.mail.port}"}
    shape = sync(world.sizes.workers)
    server = ours.serve(world.servers, "ours_booked", "ours_booked", shape=shape, **mailed)
    worker = world.servers.worker("worker", ours.production("ours_booked", **mailed))
    places = iter(ours.free_places("ours_booked"))
    watch = databases.connect("ours_booked").cursor()
    return {
        name: Side(
            ask=timed(lambda flow=flow: flow(server, next(places))),
            programs=world.programs(server, worker=worker.pid, redis=redis_process()),
            after=lambda: world.until(lambda: nothing_is_owed(watch)),
        )
        for name, flow in (("ours", ours.book), ("ours_form_only", ours.book_from_form))
    }


def nothing_is_owed(cursor):
    cursor.execute(OWED)
    return cursor.fetchone() == (False,)


def peer_guest(world):
    """The peer's visitor without an account: it makes one, and proves the address by a code."""
    server, seeded = peer_server(world, "peer_guest")
    places = peer.places(seeded)
    flow = timed(lambda: peer.book(server, seeded, next(places), mail=world.mail))
    return Side(flow, world.programs(server))


def peer_signed_in(world):
    """The peer at its quickest: a client whom it knows."""
    server, seeded = peer_server(world, "peer_signed_in")
    places = peer.places(seeded)
    flow = timed(
        lambda: peer.book_signed_in(server, seeded, next(places), session=seeded.sessions[0])
    )
    return Side(flow, world.programs(server))


def peer_server(world, name):
    databases.make(name, like=peer.SMALL)
    server = peer.serve(
        world.servers,
        name,
        name,
        shape=sync(world.sizes.workers),
        SMTP_PORT=str(world.mail.port),
    )
    return server, world.seeded


async def beside_a_bare_view(world):
    """The POST that books, its form loaded before, beside a view that only inserts the rows."""
    sides = {"ours": our_posts(world), "bare": bare_posts(world)}
    work = so_many(world.sizes.visitors, world.sizes.posts)
    await take_turns(list(sides.values()), work, rounds=world.sizes.booking_rounds)
    value, rounds = per_second_ratio(sides["ours"], sides["bare"])
    behind = {name: rate(side) for name, side in sides.items()} | {"by_round": rounds}
    return {
        "ratios": {"bookings_per_s_vs_bare": value},
        "behind": {"bookings_per_s_vs_bare": behind},
        "faults": faults(sides),
    }


def our_posts(world):
    databases.make("ours_posted", like="ours_small")
    server = ours.serve(
        world.servers,
        "ours_posted",
        "ours_posted",
        shape=sync(world.sizes.workers),
        REDIS_URL=world.idle_redis,
    )
    places = iter(ours.free_places("ours_posted"))
    fill_in, send = forms(server, places, world.sizes.posts)
    return Side(send, world.programs(server), before=fill_in)


def forms(server, places, count):
    """What fills in so many forms, and what sends the next one of them."""
    filled = []

    async def fill_in():
        for _post in range(count):
            browser = ours.visitor(server)
            filled.append((browser, await ours.open_form(browser, next(places)[0])))

    async def send(_number):
        browser, fields = filled.pop()
        return (await browser.post(ours.DETAILS, fields)).seconds

    return fill_in, send


def bare_posts(world):
    databases.make("bare_posted", like="ours_small")
    command = like_ours("bench.bare_site", sync(world.sizes.workers))
    server = world.servers.web("bare", command, ours.environment("bare_posted"))
    places = iter(ours.free_places("bare_posted"))

    async def send(_number):
        stamp, counselor = next(places)
        typed = ours.ANSWERS | {"at": stamp, "counselor": counselor}
        return (await Browser(server.base).post("/book", typed, expect=201)).seconds

    return Side(send, world.programs(server))
