"""People who book, move and cancel by HTTP while things break, and write down what they hear."""

import itertools
import random
import threading
import time
import uuid
from datetime import UTC, datetime

from admissions.scheduling import availability
from tests.faults.people import morning_zone

from .visitor import Fault, NoAnswer, Visitor

BOOKED, MANAGE = "/consultation/booked/", "/consultation/manage/"
MOVE, CANCEL = "/consultation/manage/move/", "/consultation/manage/cancel/"
# Seconds for which somebody sends the same form again, and the pause before that.
PERSISTENCE, PAUSE = 45, 0.5


class Crowd:
    """`hands` threads, each with one person after the other, until the `with` block ends."""

    def __init__(self, ports, starts, history, *, hands=4, rest=0.0, changes=0.4):
        self.ports, self.history, self.hands, self.rest = ports, history, hands, rest
        self.changes, self.numbers = changes, itertools.count(1)
        self.starts, self.lock = itertools.cycle(starts), threading.Lock()
        self.zone, self.mark = morning_zone(), uuid.uuid4().hex[:8]
        self.is_over, self.threads, self.faults = threading.Event(), [], []
        self.pages_of_faults = 0

    def __enter__(self):
        self.threads = [threading.Thread(target=self.work, args=[n]) for n in range(self.hands)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        for thread in self.threads:
            thread.join()

    def work(self, seed):
        luck = random.Random(seed)
        try:
            while not self.is_over.is_set():
                self.live(luck)
                self.is_over.wait(self.rest)
        except Exception as fault:
            self.faults.append(f"{type(fault).__name__}: {fault}")
            raise

    def live(self, luck):
        """One person, who may change their mind."""
        person = Person(self, luck)
        if person.book() and luck.random() < self.changes:
            person.move()
        if person.is_booked and luck.random() < self.changes / 2:
            person.cancel()

    def next_start(self):
        with self.lock:
            return next(self.starts)

    def next_address(self):
        with self.lock:
            return f"{self.mark}-{next(self.numbers)}@example.com"


class Person:
    """One person with a browser and an address of their own."""

    def __init__(self, crowd, luck):
        self.crowd, self.luck = crowd, luck
        self.ports = luck.sample(crowd.ports, len(crowd.ports))
        self.visitor = Visitor(self.ports, **{"User-Agent": "Mozilla/5.0"})
        self.address, self.is_booked = crowd.next_address(), False

    def book(self):
        """Choose a time that is offered, and send the form for it until somebody answers."""
        start = self.crowd.next_start()
        typed = {"email": self.address, "may_email": "on", "time_zone": self.crowd.zone}
        filled = self.patiently(lambda: self.visitor.open_details(start, **typed))
        if filled:
            self.is_booked = self.do("book", filled["key"], start, "/consultation/details/", filled)
        return self.is_booked

    def move(self):
        page = self.patiently(lambda: self.visitor.look(BOOKED) and self.visitor.look(MOVE))
        form = page and page.form(MOVE)
        stamps = [value for name, value in form.buttons if name == "at"] if form else []
        if stamps:
            chosen = self.luck.choice(stamps)
            start = availability.parse_stamp(chosen)
            self.do("move", form.values["key"], start, MOVE, form.values | {"at": chosen})

    def cancel(self):
        page = self.patiently(lambda: self.visitor.look(BOOKED) and self.visitor.look(CANCEL))
        if form := page and page.form(CANCEL):
            self.do("cancel", form.values["key"], None, CANCEL, form.values)

    def patiently(self, look):
        """A page, once one comes; None where none came or nothing is offered."""
        until = time.monotonic() + PERSISTENCE
        while time.monotonic() < until and not self.crowd.is_over.is_set():
            try:
                return look()
            except Fault as fault:
                self.note_page(fault.answer)
            except NoAnswer:
                pass
            time.sleep(PAUSE)
        return None

    def do(self, op, key, start, path, fields):
        """Send a form with its key until it is answered for good; whether it was accepted."""
        told = {"who": self.address, "op": op, "key": key[:40]}
        value = start and start.astimezone(UTC).isoformat()
        self.crowd.history.add("invoke", **told, value=value)
        until = time.monotonic() + PERSISTENCE
        while True:
            begun = time.monotonic()
            status, end = self.send(op, path, fields)
            seconds = round(time.monotonic() - begun, 3)
            if end or time.monotonic() > until:
                break
            self.crowd.history.add("retry", **told, status=status, seconds=seconds)
            time.sleep(PAUSE)
        self.crowd.history.add(end or "info", **told, status=status, seconds=seconds)
        return end == "ok"

    def send(self, op, path, fields):
        """The status, and `ok` or `fail`; no end where it is worth another try."""
        try:
            answer = self.visitor.post(path, fields)
        except NoAnswer as none:
            return str(none), None
        goal = BOOKED if op == "book" else MANAGE
        if (answer.status, answer.location) == (302, goal):
            return 302, "ok"
        if answer.status >= 500:
            self.note_page(answer)
            return answer.status, None
        return answer.status, "fail"

    def note_page(self, answer):
        """A page of a fault is kind: it has the number to call, and no traceback."""
        self.crowd.pages_of_faults += 1
        if "tel:" not in answer.text or "Traceback" in answer.text:
            self.crowd.faults.append(f"{answer.status} without the phone number")


def upcoming(slots, *, after):
    """Starts in a fixed random order, so that few people want the same."""
    starts = sorted({slot.starts_at for slot in slots if slot.starts_at > after})
    random.Random(1).shuffle(starts)
    return starts


def now():
    return datetime.now(UTC)
