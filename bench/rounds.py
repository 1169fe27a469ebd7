"""Sides take turns in short rounds, so that a slow moment of the machine hits all alike."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from . import cpu
from .browser import Unexpected
from .figures import latency, percentile, ratio, spread


async def nothing():
    """What most sides do before and after a round."""


@dataclass
class Side:
    """One thing that is measured: how it is asked once, and which programs work for it.

    What it does `before` a round does not count; what it does `after` one counts
    as processor time, and is timed apart.
    """

    ask: Callable[[int], Awaitable[float]]
    programs: dict  # {what it is: process id}
    before: Callable[[], Awaitable] = nothing
    after: Callable[[], Awaitable] = nothing
    seconds: list = field(default_factory=list)  # of each round, of each answer
    elapsed: list = field(default_factory=list)  # of each round
    after_seconds: float = 0.0
    cpu_ms: Counter = field(default_factory=Counter)
    faults: list = field(default_factory=list)

    async def take_turn(self, work):
        """One round: `work` asks, and returns how long each answer took."""
        await self.before()
        used = self.cpu_so_far()
        begun = time.perf_counter()
        self.seconds.append(await work(self))
        ended = time.perf_counter()
        await self.after()
        self.elapsed.append(ended - begun)
        self.after_seconds += time.perf_counter() - ended
        self.cpu_ms += self.cpu_so_far() - used

    async def answers(self, number):
        """How long the answer took, or nothing where it was not the one that is needed."""
        try:
            return [await self.ask(number)]
        except Unexpected as fault:
            self.faults.append(str(fault))
            return []

    def cpu_so_far(self):
        return Counter({name: cpu.milliseconds(pid) for name, pid in self.programs.items()})

    def forget(self):
        """What was so far was for warming up."""
        self.seconds, self.elapsed = [], []
        self.after_seconds, self.cpu_ms = 0.0, Counter()

    @property
    def all_seconds(self):
        return [each for taken in self.seconds for each in taken]

    @property
    def per_second(self):
        return len(self.all_seconds) / sum(self.elapsed)

    def figures(self):
        """Latency, and the processor time behind each answer."""
        answers = len(self.all_seconds)
        used = {name: round(self.cpu_ms[name] / answers, 2) for name in self.programs}
        return latency(self.all_seconds) | {"cpu_ms": used | {"all": round(sum(used.values()), 2)}}


async def take_turns(sides, work, *, rounds, warm_up=True):
    """Every side once a round, in turning order; a first round warms up and does not count."""
    for number in range(rounds + warm_up):
        for side in sides if number % 2 else reversed(sides):
            await side.take_turn(work)
            if warm_up and number == 0:
                side.forget()


def one_after_the_other(seconds):
    """The work of one visitor who asks again as soon as there is an answer."""
    return for_a_while(1, seconds)


def for_a_while(visitors, seconds):
    """The work of some visitors at the same time, who each ask again until the time is over."""

    async def work(side):
        taken, end = [], time.perf_counter() + seconds
        numbers = itertools.count(len(side.seconds) * 37)

        async def visit():
            while time.perf_counter() < end:
                taken.extend(await side.answers(next(numbers)))

        await asyncio.gather(*(visit() for _visitor in range(visitors)))
        return taken

    return work


def so_many(visitors, times):
    """The work of some visitors at the same time, until all have asked so many times together."""

    async def work(side):
        taken, numbers = [], iter(range(times))

        async def visit():
            for number in numbers:
                taken.extend(await side.answers(number))

        await asyncio.gather(*(visit() for _visitor in range(visitors)))
        return taken

    return work


def p95_ratio(ours, theirs):
    return percentile_ratio(ours, theirs, 95)


def p50_ratio(ours, theirs):
    return percentile_ratio(ours, theirs, 50)


def percentile_ratio(ours, theirs, percent):
    """Of all answers together, and how far the single rounds lay apart."""
    by_round = [
        percentile(mine, percent) / percentile(other, percent)
        for mine, other in zip(ours.seconds, theirs.seconds, strict=True)
    ]
    mine, other = (percentile(side.all_seconds, percent) for side in (ours, theirs))
    return ratio(mine, other), spread(by_round)


def per_second_ratio(ours, theirs):
    """Of all rounds together, and how far the single rounds lay apart."""
    mine, other = (
        [len(answers) / lasted for answers, lasted in zip(side.seconds, side.elapsed, strict=True)]
        for side in (ours, theirs)
    )
    by_round = [one / another for one, another in zip(mine, other, strict=True)]
    return ratio(ours.per_second, theirs.per_second), spread(by_round)


def faults(sides):
    """What else was answered than needed, on any side."""
    return [f"{name}: {fault}" for name, side in sides.items() for fault in side.faults]
