"""How long content pages take, beside a view that does nothing but send as many bytes."""

from .. import ours
from ..browser import Browser
from ..rounds import Side, faults, one_after_the_other, p95_ratio, take_turns
from ..servers import like_ours, sync
from .pages import asks

PAGES = ["/", "/programs/iop/", "/programs/residential/", "/learn/", "/es/"]
# A question in the address: such a page is drawn for each who asks.
DRAWN = [f"{path}?drawn=1" for path in PAGES]


async def content_pages(world):
    """Our pages as strangers get them, and drawn each time, in turns with the bare view."""
    shape = sync(world.sizes.workers)
    mine = ours.serve(world.servers, "content", "ours_small", shape=shape)
    command = like_ours("bench.bare_site", shape)
    bare = world.servers.web("bare_pages", command, ours.environment("ours_small"))
    as_long = await of_the_same_size(mine)
    sides = {
        "ours": Side(asks(ours.visitor(mine), PAGES), world.programs(mine)),
        "bare": Side(asks(Browser(bare.base), as_long), world.programs(bare)),
        "ours_drawn": Side(asks(ours.visitor(mine), DRAWN), world.programs(mine)),
    }
    work = one_after_the_other(world.sizes.round_seconds)
    await take_turns(list(sides.values()), work, rounds=world.sizes.rounds)
    world.servers.stop(mine.process, bare.process)
    return report(sides)


async def of_the_same_size(server):
    """The bare view's address for each page: as many bytes as ours has on the wire."""
    browser = ours.visitor(server)
    return [f"/page/{len((await browser.get(path)).body)}" for path in PAGES]


def report(sides):
    value, rounds = p95_ratio(sides["ours"], sides["bare"])
    behind = {name: side.figures() for name, side in sides.items()} | {"by_round": rounds}
    name = "content_p95_vs_bare"
    return {"ratios": {name: value}, "behind": {name: behind}, "faults": faults(sides)}
