"""Everything that a measurement needs: databases that are filled, and what serves them."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from . import databases, ours, peer
from .mail import Mail
from .servers import VAR, Servers, idle_redis, sync
from .sizes import Sizes

KEPT = ("ours_single", "ours_small", "ours_large", "peer_small", "peer_large")


@dataclass
class World:
    sizes: Sizes
    mail: Mail
    servers: Servers
    postgres: int
    idle_redis: str
    seeded: dict
    web: dict = field(default_factory=dict)

    @contextmanager
    def all_served(self):
        """Both sites beside both pasts, each site by as many workers of the same kind."""
        shape = sync(self.sizes.workers)
        for past in ("small", "large"):
            for module, name in ((ours, f"ours_{past}"), (peer, f"peer_{past}")):
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
def build(sizes):
    """Fills the databases of both sites side by side; stops what was started in the end."""
    peer.install()
    with ThreadPoolExecutor() as both:
        mine, theirs = both.submit(ours.prepare, sizes), both.submit(peer.prepare, sizes)
        mine.result()
        seeded = theirs.result()
    databases.settle(*KEPT)
    with Mail() as mail, Servers() as servers:
        yield World(sizes, mail, servers, databases.process(VAR), idle_redis(), seeded)
    databases.drop_all()
