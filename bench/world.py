"""Everything that a measurement needs: databases that are filled, and what serves them."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from . import databases, ours, peer
from .mail import Mail
from .peer import Seeded
from .servers import VAR, Servers, idle_redis, sync
from .sizes import Sizes


@dataclass
class World:
    sizes: Sizes
    mail: Mail
    servers: Servers
    postgres: int
    idle_redis: str
    seconds_to_fill: float
    seeded: Seeded | None  # of the peer, where it is measured
    web: dict = field(default_factory=dict)

    @contextmanager
    def all_served(self):
        """Ours beside both pasts, the peer beside the small one, by as many workers of one kind."""
        shape = sync(self.sizes.workers)
        for module, name in ((ours, "ours_small"), (ours, "ours_large"), (peer, peer.SMALL)):
            self.web[name] = module.serve(self.servers, name, name, shape=shape)
        yield
        self.servers.stop(*(server.process for server in self.web.values()))

    def programs(self, server, **others):
        """Those whose processor time stands behind what a server answers."""
        return {"web": server.pid, **others, "postgres": self.postgres}

    async def until(self, is_so, *, within=120):
        """Waits until it is so, without a rush."""
        end = time.monotonic() + within
        while not is_so():
            if time.monotonic() > end:
                raise TimeoutError("What we waited for did not happen")
            await asyncio.sleep(0.05)


@contextmanager
def build(sizes, *, has_peer=True):
    """Fills the databases of both sites side by side; stops what was started in the end."""
    begun = time.monotonic()
    peer.install()
    with ThreadPoolExecutor() as both:
        mine = both.submit(ours.prepare, sizes)
        theirs = both.submit(peer.prepare, sizes) if has_peer else None
        names, seeded = mine.result(), theirs.result() if theirs else None
    databases.settle(*names, *([peer.SMALL] if seeded else []))
    filled = time.monotonic() - begun
    with Mail() as mail, Servers() as servers:
        yield World(sizes, mail, servers, databases.process(VAR), idle_redis(), filled, seeded)
    databases.drop_all()
