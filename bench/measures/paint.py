"""What a slow phone waits for: the largest paint of a first visit, and whether the page moves.

python -m bench.measures.paint --base http://127.0.0.1:8000

A processor four times slower, 400 kbps, and 400 ms before each answer begins, as Chromium
simulates them; an empty cache. Requests to other sites are refused, which is kinder to them.
"""

import argparse
import asyncio
import os
import shutil
import statistics
from urllib.parse import urlsplit

from playwright.sync_api import sync_playwright

from .. import ours, peer
from ..servers import sync

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PAGES = {"home": "/", "program": "/programs/iop/", "booking": "/consultation/"}
HTTPS = {"X-Forwarded-Proto": "https"}
SLOWER, LATENCY_MS, KBPS, VISITS = 4, 400, 400, 3
# The largest paint so far in ms, and how far things moved, once all has come.
SEEN = """
    async () => {
        const seen = type => new Promise(told => {
            new PerformanceObserver(list => told(list.getEntries())).observe(
                {type, buffered: true});
            setTimeout(() => told([]), 300);
        });
        const paints = await seen("largest-contentful-paint");
        const shifts = await seen("layout-shift");
        return [paints.at(-1)?.startTime, shifts.reduce((sum, each) => sum + each.value, 0)];
    }
"""


def visit(chromium, address, headers):
    """One first visit: (largest paint in ms, shift, requests, bytes, requests to others)."""
    context = chromium.new_context(
        viewport={"width": 360, "height": 740},
        timezone_id="America/Los_Angeles",
        extra_http_headers=headers,
        is_mobile=True,
    )
    page = context.new_page()
    asked, sizes = [], []
    slow_down(context.new_cdp_session(page), asked, sizes)
    page.goto(address, wait_until="networkidle")
    page.wait_for_timeout(300)
    painted, shift = page.evaluate(SEEN)
    context.close()
    home = urlsplit(address).netloc
    asked = [urlsplit(url).netloc for url in asked if not url.startswith("data:")]
    foreign = [host for host in asked if host != home]
    return painted, shift, len(asked) - len(foreign), sum(sizes), len(foreign)


def slow_down(wire, asked, sizes):
    """Makes the phone and its network slow, and notes what crosses it."""
    wire.send("Network.enable")
    wire.on("Network.requestWillBeSent", lambda event: asked.append(event["request"]["url"]))
    wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    rate = KBPS * 1000 / 8
    network = {"offline": False, "latency": LATENCY_MS}
    network |= {"downloadThroughput": rate, "uploadThroughput": rate}
    wire.send("Network.emulateNetworkConditions", network)
    wire.send("Network.setBlockedURLs", {"urls": ["https://*"]})
    wire.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})


def first_visits(chromium, address, headers):
    """The middle of some visits, and the lowest and highest paint."""
    visits = [visit(chromium, address, headers) for _visit in range(VISITS)]
    paints, shifts, requests, sizes, foreign = zip(*visits, strict=True)
    return {
        "largest_paint_ms": round(statistics.median(paints)),
        "lowest_and_highest_ms": [round(min(paints)), round(max(paints))],
        "layout_shift": round(max(shifts), 4),
        "requests": max(requests),
        "kb": round(max(sizes) / 1000, 1),
        "refused_requests_to_other_sites": max(foreign),
    }


def all_visits(pages):
    """{name: (address, headers)} to what each page costs a first visit."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    flags = ["--disable-background-networking", *(["--no-sandbox"] * (os.geteuid() == 0))]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=flags)
        visit(chromium, *next(iter(pages.values())))
        told = {name: first_visits(chromium, *where) for name, where in pages.items()}
        chromium.close()
    return told


async def paint(world):
    """Our three first pages, and the peer's page to book, as production serves them."""
    shape = sync(world.sizes.workers)
    mine = ours.serve(world.servers, "painted", "ours_small", shape=shape)
    other = peer.serve(world.servers, "peer_painted", peer.SMALL, shape=shape)
    pages = {name: (mine.base + path, HTTPS) for name, path in PAGES.items()}
    pages["peer_booking"] = (other.base + world.seeded.page, {})
    told = await asyncio.to_thread(all_visits, pages)
    world.servers.stop(mine.process, other.process)
    return report(told)


def report(told):
    """The worst of our pages; all of them, and the peer's, stand behind."""
    own = [told[name] for name in PAGES]
    ratios = {
        "largest_paint_ms": max(each["largest_paint_ms"] for each in own),
        "layout_shift": max(each["layout_shift"] for each in own),
        "first_visit_kb": max(each["kb"] for each in own),
        "first_visit_requests": max(each["requests"] for each in own),
    }
    return {"ratios": ratios, "behind": {"first_visit": told}, "faults": []}


def main():
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--base", default="http://127.0.0.1:8000")
    options.add_argument("paths", nargs="*", default=list(PAGES.values()))
    chosen = options.parse_args()
    for path, told in all_visits({path: (chosen.base + path, {}) for path in chosen.paths}).items():
        print(f"{path}: {told}")


if __name__ == "__main__":
    main()
