"""Many visitors send their forms at one moment: all for one slot, or each for their own.

Served as in production, with several threads a worker, so that they meet in Postgres.
"""

import asyncio
from collections import Counter

from .. import databases, ours
from ..figures import ratio
from ..rounds import Side, p95_ratio, so_many, take_turns

DATABASE = "ours_burst"
WON, OFFERED_OTHERS = 302, 409
THREADS = 4
STANDING = """
    SELECT count(*) FROM admissions_consultation
    WHERE starts_at = to_timestamp('{}', 'YYYYMMDD"T"HH24MISS"Z"')::timestamp AT TIME ZONE 'UTC'
        AND status IN ('scheduled', 'confirmed')
"""


class Crowd:
    """Visitors with their forms filled in, and what became of those who sent them."""

    def __init__(self, server, wishes):
        self.server, self.wishes = server, iter(wishes)
        self.waiting, self.answers = [], Counter()

    async def gather(self):
        """Everyone of the next round opens the form for the time that they want."""
        self.waiting = [await self.fill_in(stamp) for stamp in next(self.wishes)]

    async def fill_in(self, stamp):
        browser = ours.visitor(self.server)
        fields = await ours.open_form(browser, stamp)
        browser.close()
        return browser, fields

    async def send(self, _number=0):
        """One of them sends the form, over a new connection as after a while of typing."""
        browser, fields = self.waiting.pop()
        answer = await browser.post(ours.DETAILS, fields, expect=None)
        self.answers[answer.status] += 1
        browser.close()
        return answer.seconds


async def burst(world):
    """Rounds in turn: one slot that a single counselor can take, then as many slots as people."""
    databases.make(DATABASE, like="ours_small")
    shape = ["--worker-class", "gthread", "--workers", world.sizes.workers, "--threads", THREADS]
    server = ours.serve(world.servers, "burst", DATABASE, shape=shape, REDIS_URL=world.idle_redis)
    last, spread_out = await one_place_left(world, server)
    one = Crowd(server, ([stamp] * world.sizes.crowd for stamp in last))
    many = Crowd(server, in_groups(spread_out, world.sizes.crowd))
    sides = {
        name: Side(crowd.send, world.programs(server), before=crowd.gather)
        for name, crowd in (("one_slot", one), ("spread", many))
    }
    before = [standing(stamp) for stamp in last]
    await take_turns(list(sides.values()), all_at_once, rounds=world.sizes.bursts, warm_up=False)
    winners = [standing(stamp) - earlier for stamp, earlier in zip(last, before, strict=True)]
    world.servers.stop(server.process)
    return report(sides, winners, one.answers, many.answers)


async def all_at_once(side):
    """The work of a whole crowd: everyone sends at one moment."""
    crowd = side.ask.__self__
    return await asyncio.gather(*(side.ask() for _visitor in crowd.waiting))


async def one_place_left(world, server):
    """Fills times until one counselor alone is free; these times, and all other places."""
    places = ours.free_places(DATABASE)
    free = Counter(stamp for stamp, _counselor in places)
    last = sorted(free, key=free.get)[: world.sizes.bursts]
    to_fill = [stamp for stamp in last for _place in range(free[stamp] - 1)]
    filling = Crowd(server, [to_fill])
    await filling.gather()
    side = Side(filling.send, {})
    await so_many(world.sizes.visitors, len(to_fill))(side)
    return last, [stamp for stamp, _counselor in places if stamp not in last]


def in_groups(stamps, size):
    """So many stamps at a time, all different."""
    for start in range(0, len(stamps) - size, size):
        yield stamps[start : start + size]


def standing(stamp):
    ((count,),) = databases.run(DATABASE, STANDING.format(stamp))
    return count


def report(sides, winners, one, many):
    """How long the slowest of a crowd wait, and whether anything but one booking came of it."""
    value, rounds = p95_ratio(sides["one_slot"], sides["spread"])
    drained = ratio(sum(sides["one_slot"].elapsed), sum(sides["spread"].elapsed))
    behind = {name: side.figures() for name, side in sides.items()}
    behind |= {
        "by_round": rounds,
        "time_to_drain_ratio": drained,
        "answers_of_one_slot": named(one),
        "answers_of_spread": named(many),
    }
    return {
        "ratios": {"burst_one_slot_vs_spread": value, "burst_winners": winners},
        "behind": {"burst_one_slot_vs_spread": behind},
        "faults": unexpected(one, {WON, OFFERED_OTHERS}) + unexpected(many, {WON}),
    }


def unexpected(answers, expected):
    return [
        f"burst: answered {status}"
        for status, count in answers.items()
        for _answer in range(count)
        if status not in expected
    ]


def named(answers):
    words = {WON: "booked", OFFERED_OTHERS: "offered_others"}
    return {words.get(status, str(status)): count for status, count in answers.items()}
