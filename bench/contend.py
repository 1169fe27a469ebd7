"""How booking behaves when many people want one free time at the same moment.

Each round picks a start that exactly one counselor can take, opens the
details form in N separate browsers, and sends all of them at once. Exits
non-zero unless every round has one winner, and everyone else is answered
with a 409 that offers other times.

    python bench/contend.py --base http://127.0.0.1:8000 -n 50 --rounds 10

`--path /es/consultation/` is for the demo data, where one counselor alone
speaks Spanish.
"""

import argparse
import http.client
import re
import statistics
import sys
import threading
import time
from dataclasses import dataclass
from html import unescape
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

ANSWERS = {
    "is_in_danger": "no",
    "for_whom": "self",
    "is_adult": "yes",
    "preferred_name": "Bench",
    "phone": "714 555 0190",
    "voicemail": "no",
    "agrees_to_contact": "on",
}
LINK = re.compile(r'href="([^"]*details/\?at=[^"]*)"')
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
WON, OFFERED, FAILED = "booked", "offered others", "errors"


class Browser:
    """One visitor's browser: a connection of its own, and its cookies."""

    def __init__(self, base):
        self.connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=60)
        self.cookies = SimpleCookie()

    def ask(self, method, path, body=None):
        headers = {"Cookie": "; ".join(f"{k}={v.value}" for k, v in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        for line in answer.headers.get_all("Set-Cookie", []):
            self.cookies.load(line)
        return answer.status, text

    def open_details(self, path):
        """Loads the form for one time, as a person would before typing."""
        _status, text = self.ask("GET", path)
        self.address = path.partition("?")[0]
        self.fields = dict(HIDDEN.findall(text)) | ANSWERS

    def send(self):
        """Sends the form, over a new connection as after a while of typing; (outcome, seconds)."""
        self.connection.close()
        begun = time.perf_counter()
        try:
            status, text = self.ask("POST", self.address, urlencode(self.fields))
        except (OSError, http.client.HTTPException) as fault:
            print(f"  no answer: {fault!r}", file=sys.stderr)
            return FAILED, time.perf_counter() - begun
        taken = time.perf_counter() - begun
        if status == 302:
            return WON, taken
        return (OFFERED if status == 409 and "at_instead" in text else FAILED), taken


@dataclass
class Round:
    """What became of everyone who wanted one time."""

    outcomes: list
    seconds: list

    def count(self, outcome):
        return self.outcomes.count(outcome)

    @property
    def is_fair(self):
        return self.count(WON) == 1 and self.count(FAILED) == 0

    def __str__(self):
        told = ", ".join(f"{self.count(each)} {each}" for each in (WON, OFFERED, FAILED))
        return f"{told}; p50 {at(self.seconds, 50):.0f} ms, p99 {at(self.seconds, 99):.0f} ms"


def at(seconds, percent):
    """A percentile, in milliseconds."""
    return statistics.quantiles(seconds, n=100, method="inclusive")[percent - 1] * 1000


def contend(base, path, people):
    """Opens the form in so many browsers, then sends all of them at one moment."""
    browsers = [Browser(base) for _person in range(people)]
    for browser in browsers:
        browser.open_details(path)
    ready, results = threading.Barrier(people), []

    def send(browser):
        ready.wait()
        results.append(browser.send())

    threads = [threading.Thread(target=send, args=[browser]) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Round(*map(list, zip(*results, strict=True)))


def free_times(base, path):
    """The addresses of the details of every time that is open, the last ones first."""
    _status, text = Browser(base).ask("GET", path)
    return list(dict.fromkeys(unescape(link) for link in reversed(LINK.findall(text))))


def main():
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--base", default="http://127.0.0.1:8000")
    options.add_argument("--path", default="/es/consultation/")
    options.add_argument("-n", type=int, default=50, help="people who want the same time")
    options.add_argument("--rounds", type=int, default=10)
    chosen = options.parse_args()

    rounds = []
    for number in range(chosen.rounds):
        free = free_times(chosen.base, chosen.path)
        if not free:
            sys.exit("No time is open any more.")
        rounds.append(contend(chosen.base, free[0], chosen.n))
        print(f"round {number + 1}: {rounds[-1]}")
    seconds = [taken for each in rounds for taken in each.seconds]
    print(f"all: p50 {at(seconds, 50):.0f} ms, p99 {at(seconds, 99):.0f} ms, of {len(seconds)}")
    sys.exit(0 if all(each.is_fair for each in rounds) else 1)


if __name__ == "__main__":
    main()
