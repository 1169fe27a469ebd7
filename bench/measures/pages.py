"""How long pages take: the search for open times, and the page that shows them."""

from .. import ours, peer
from ..browser import Browser
from ..rounds import Side, faults, one_after_the_other, p95_ratio, take_turns


def asks(browser, paths):
    """Asks these addresses in turn; a side's `ask`."""

    async def ask(number):
        return (await browser.get(paths[number % len(paths)])).seconds

    return ask


def our_side(world, name, path):
    server = world.web[name]
    return Side(asks(ours.visitor(server), [path]), world.programs(server))


def peer_side(world, name, paths, headers):
    server = world.web[name]
    browser = Browser(server.base, {"Accept-Encoding": "gzip", **headers})
    return Side(asks(browser, paths), world.programs(server))


async def compare(world, our_path, peer_paths, headers=None):
    """Ours with the small and with the large past, and the peer, in one set of turns."""
    sides = {name: our_side(world, name, our_path) for name in ("ours_small", "ours_large")}
    sides[peer.SMALL] = peer_side(world, peer.SMALL, peer_paths(world.seeded), headers or {})
    work = one_after_the_other(world.sizes.round_seconds)
    await take_turns(list(sides.values()), work, rounds=world.sizes.rounds)
    return sides


async def has_open_times(world):
    """Whether the site gives all its open times as data."""
    answer = await ours.visitor(world.web["ours_small"]).ask("GET", ours.OPEN_TIMES)
    return answer.status == 200


async def search(world):
    """All our open times, beside one of the peer's counselors on one day."""
    path = ours.OPEN_TIMES if await has_open_times(world) else ours.TIMES
    sides = await compare(world, path, lambda seeded: seeded.searches(), peer.AJAX)
    told = report(sides, "search_p95_vs_peer")
    growth, rounds = p95_ratio(sides["ours_large"], sides["ours_small"])
    told["ratios"]["search_growth_10k_1m"] = growth
    told["behind"]["search_growth_10k_1m"] = {"by_round": rounds}
    told["behind"]["search_p95_vs_peer"]["our_address"] = path
    return told


async def booking_page(world):
    """Our page of times, beside the peer's page that offers all its counselors."""
    sides = await compare(world, ours.TIMES, lambda seeded: [seeded.page])
    return report(sides, "booking_page_p95_vs_peer")


def report(sides, name):
    """The ratio where the past is small, which is kinder to the peer."""
    value, rounds = p95_ratio(sides["ours_small"], sides["peer_small"])
    behind = {side: measured.figures() for side, measured in sides.items()}
    behind |= {"by_round": rounds}
    return {"ratios": {name: value}, "behind": {name: behind}, "faults": faults(sides)}
