"""What the first visit costs a phone: requests, compressed bytes, and any foreign origin.

python -m bench.measures.weight --base http://127.0.0.1:8000
"""

import argparse
import os
import shutil
import sys
from urllib.parse import urlsplit

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def weigh(browser, base, path, zone):
    """One page in a browser with an empty cache: (requests, bytes on the wire, foreign hosts)."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, timezone_id=zone)
    page = context.new_page()
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    asked, sizes = [], []
    wire.on("Network.requestWillBeSent", lambda event: asked.append(event["request"]["url"]))
    wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(base + path, wait_until="networkidle")
    page.wait_for_timeout(300)
    context.close()
    asked = [url for url in asked if not url.startswith("data:")]
    home = urlsplit(base).netloc
    foreign = sorted({urlsplit(url).netloc for url in asked} - {home})
    return len(asked), int(sum(sizes)), foreign


def main():
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--base", default="http://127.0.0.1:8000")
    options.add_argument(
        "--zone",
        default="America/Los_Angeles",
        help="the visitor's clock; from another zone the page of times loads twice",
    )
    options.add_argument("paths", nargs="*", default=["/", "/programs/iop/", "/consultation/"])
    chosen = options.parse_args()
    program = next(filter(None, map(shutil.which, NAMES)), None)
    strangers = []
    with sync_playwright() as playwright:
        flags = ["--disable-background-networking", *(["--no-sandbox"] * (os.geteuid() == 0))]
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        for path in chosen.paths:
            requests, size, foreign = weigh(browser, chosen.base, path, chosen.zone)
            strangers += foreign
            told = ", ".join(foreign) or "no foreign origin"
            print(f"{path}: {requests} requests, {size / 1000:.1f} kB compressed, {told}")
        browser.close()
    sys.exit(1 if strangers else 0)


if __name__ == "__main__":
    main()
