"""What pages of the desk cost after years: every one of them alone, and the triage list beside a
change list as Django ships it, of the same rows.

In processor time of the web server and of Postgres together. Its database is its own: a million
bookings with the emails, events and records that they leave behind.
"""

import json
import os
import subprocess
import sys

from .. import databases, ours, signed_in
from ..desk import past
from ..rounds import Side, faults, one_after_the_other, take_turns
from ..servers import ROOT, like_ours, sync
from .desk import LIST

DATABASE = "ours_desk"


def prepare(sizes):
    databases.make(DATABASE, like="ours_empty")
    ours.seed(sizes, DATABASE, sizes.counselors, sizes.desk)
    past.fill(DATABASE)


async def staff(world):
    """Every page by itself; then the list, its refreshes, and Django's own list in turns."""
    prepare(world.sizes)
    pages = every_page()
    sides = await beside_stock(world)
    used = {name: side.figures()["cpu_ms"]["all"] for name, side in sides.items()}
    dearest = max(pages, key=lambda name: pages[name]["cpu_ms"])
    behind = {name: side.figures() for name, side in sides.items()}
    behind["drawn_anew_vs_stock"] = round(used["drawn_anew"] / used["stock"], 3)
    behind["list_vs_stock_of_eight_columns"] = round(used["list"] / used["stock_lean"], 3)
    return {
        "ratios": {
            "staff_page_cpu_ms": pages[dearest]["cpu_ms"],
            "triage_list_vs_stock": round(used["list"] / used["stock"], 3),
            "triage_refresh_vs_stock": round(used["unchanged"] / used["stock"], 3),
        },
        "behind": {"staff_pages": in_order(pages), "triage_list_vs_stock": behind},
        "faults": faults(sides),
    }


def every_page():
    """What each costs, measured in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.desk.pages"],
        cwd=ROOT,
        env=os.environ | ours.production(DATABASE),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def in_order(pages):
    """The dearest first: in milliseconds of ours, of Postgres, and queries."""
    dearest_first = sorted(pages, key=lambda name: -pages[name]["cpu_ms"])
    return {
        name: f"{pages[name]['cpu_ms']} ms ({pages[name]['web']} web,"
        f" {pages[name]['postgres']} Postgres), {pages[name]['queries']} queries"
        for name in dearest_first
    }


async def beside_stock(world):
    shape = sync(1)
    mine = ours.serve(world.servers, "ours_desk", DATABASE, shape=shape)
    stock = world.servers.web(
        "stock_desk",
        like_ours("bench.desk.stock_site", shape),
        ours.production(DATABASE, DJANGO_SETTINGS_MODULE="bench.desk.stock_settings"),
    )
    cookie = signed_in.cookie(DATABASE)
    sides = {
        "list": side(world, mine, looker(mine, cookie)),
        "drawn_anew": side(world, mine, looker(mine, cookie, **{"X-Live-Refresh": "1"})),
        "unchanged": side(world, mine, await refresher(mine, cookie)),
        "stock": side(world, stock, looker(stock, cookie)),
        "stock_lean": side(world, stock, looker(stock, cookie, LIST.replace("admin", "lean", 1))),
    }
    work = one_after_the_other(world.sizes.round_seconds)
    await take_turns(list(sides.values()), work, rounds=world.sizes.rounds)
    world.servers.stop(mine.process, stock.process)
    return sides


def side(world, server, ask):
    return Side(ask, world.programs(server))


def looker(server, cookie, address=LIST, **headers):
    """Asks for the first page of all that is open."""
    browser = ours.visitor(server)
    browser.cookies |= cookie
    browser.headers |= headers

    async def ask(_number):
        return (await browser.get(address)).seconds

    return ask


async def refresher(server, cookie):
    """Asks for it anew while nothing has changed; once a minute it is drawn all the same."""
    browser = ours.visitor(server)
    browser.cookies |= cookie
    browser.headers |= {"X-Live-Refresh": "1"}

    async def ask(_number):
        answer = await browser.ask("GET", LIST)
        browser.headers |= {
            "If-None-Match": answer.header("etag"),
            "X-Look": answer.header("x-look"),
        }
        return answer.seconds

    await ask(0)
    return ask
