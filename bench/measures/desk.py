"""How long the triage list and a search take where ten thousand requests lie behind, and a million.

The same server code, one set of turns; as many requests are open on either side.
"""

import itertools

from .. import ours, signed_in
from ..figures import latency
from ..rounds import Side, faults, one_after_the_other, p50_ratio, take_turns

LIST = "/admin/admissions/consultationrequest/"
FIND = f"{LIST}search/"
# What only one person has, in either past; and what many share, which fills a page on both sides.
OWN = {
    "reference": ["0000-01F4", "0000-03E8"],
    "email": ["hannah.garcia500@letters.example", "wendy.nguyen1000@inbox.example"],
}
SHARED = {"first name": ["maria"], "last name": ["nguyen"], "end of the phone": ["0155"]}
WORDS = [(kind, word) for kind, words in (OWN | SHARED).items() for word in words]


class Desk:
    """A coordinator at one of our servers."""

    def __init__(self, world, name):
        self.world, self.server = world, world.web[name]
        self.browser = ours.visitor(self.server)
        self.browser.cookies |= signed_in.cookie(name)
        self.words = itertools.cycle(WORDS)
        self.by_word, self.token = {}, ""

    async def look(self, _number):
        """The list of all that is open, its first page."""
        answer = await self.browser.get(LIST)
        self.token = answer.hidden_fields()["csrfmiddlewaretoken"]
        return answer.seconds

    async def find(self, _number):
        """What a word finds, from the click to the list."""
        kind, word = next(self.words)
        sent = await self.browser.post(FIND, {"csrfmiddlewaretoken": self.token, "term": word})
        found = await self.browser.get(sent.location)
        seconds = sent.seconds + found.seconds
        self.by_word.setdefault(kind, []).append(seconds)
        return seconds

    def side(self, ask):
        return Side(ask, self.world.programs(self.server))


async def desk(world):
    """The list first, then searches, each in turns of the two pasts."""
    desks = {f"ours_{past}": Desk(world, f"ours_{past}") for past in ("small", "large")}
    listed = {name: each.side(each.look) for name, each in desks.items()}
    searched = {name: each.side(each.find) for name, each in desks.items()}
    work = one_after_the_other(world.sizes.round_seconds)
    for sides in (listed, searched):
        await take_turns(list(sides.values()), work, rounds=world.sizes.rounds)
    list_told = report(listed, "triage_list_p50_1m_vs_10k")
    told = report(searched, "triage_search_p50_1m_vs_10k")
    told["behind"]["triage_search_p50_1m_vs_10k"]["p50_ms_by_word"] = {
        name: by_word(each) for name, each in desks.items()
    }
    both = {part: list_told[part] | told[part] for part in ("ratios", "behind")}
    return both | {"faults": list_told["faults"] + told["faults"]}


def by_word(one):
    return {kind: latency(seconds)["p50_ms"] for kind, seconds in one.by_word.items()}


def report(sides, name):
    value, rounds = p50_ratio(sides["ours_large"], sides["ours_small"])
    behind = {side: measured.figures() for side, measured in sides.items()} | {"by_round": rounds}
    return {"ratios": {name: value}, "behind": {name: behind}, "faults": faults(sides)}
