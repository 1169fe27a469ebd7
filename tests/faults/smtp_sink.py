"""A mail server that misbehaves on command, and remembers what it took and when."""

import random
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass

from tests.support.mail_server import HANG_UP, MailServer, Talk


@dataclass
class Rule:
    """So many times, answer this at that point of a talk, perhaps late; None: as usual."""

    at: str  # greeting, MAIL, RCPT, DATA, or letter: the answer to a letter as a whole
    answer: str | None
    times: int
    chance: float = 1.0
    delay: float = 0.0
    only_to: str = ""
    done: int = 0

    @property
    def is_over(self):
        return self.done >= self.times

    def fits(self, at, to, luck):
        is_meant = at == self.at and not self.is_over and self.only_to in " ".join(to)
        return is_meant and luck.random() < self.chance


@dataclass
class Taken:
    """A letter that the server has, whether or not its sender came to know."""

    message_id: str
    to: list
    begun_at: float
    at: float
    is_heard: bool = False  # its sender went on talking after our answer

    @property
    def key(self):
        """What tells a letter from all others."""
        return self.message_id.strip("<>").partition("@")[0]


class SinkTalk(Talk):
    """One connection, which the sink knows of until it ends."""

    last = None

    def setup(self):
        super().setup()
        self.begun_at = time.time()
        self.server.talks.add(self)

    def finish(self):
        self.server.talks.discard(self)
        with suppress(OSError):
            super().finish()

    def hear(self, verb, line):
        if self.last:
            # Whether this next letter may go was asked after the last one had gone.
            self.last.is_heard, self.last, self.begun_at = True, None, time.time()
        return super().hear(verb, line)


class Sink(MailServer):
    """Its `rules` come first, one after the other; what it took is in `taken`."""

    talk = SinkTalk
    allow_reuse_address = True

    def __init__(self):
        self.rules, self.taken, self.talks, self.is_refusing = [], [], set(), False
        self.lock, self.luck = threading.Lock(), random.Random(1)  # noqa: S311  repeats itself
        # Never listens, and keeps others off our port while nobody is at it.
        self.placeholder = bound(0)
        super().__init__(port=self.placeholder.getsockname()[1])

    def misbehave(self, at, answer=None, *, times, **how):
        self.rules.append(Rule(at, answer, times, **how))
        return self.rules[-1]

    def answer(self, to, talk):
        """As the first rule says that fits; a letter that is not refused is taken."""
        rule = self.next_rule(to, talk)
        if rule and rule.delay:
            time.sleep(rule.delay)
        answer = (rule and rule.answer) or super().answer(to, talk)
        if to == "letter" and (answer.startswith("2") or answer == HANG_UP):
            talk.last = Taken(talk.letter["Message-ID"], talk.to, talk.begun_at, time.time())
            self.taken.append(talk.last)
        return answer

    def next_rule(self, to, talk):
        with self.lock:
            for rule in self.rules:
                if rule.fits(to, talk.to, self.luck):
                    rule.done += 1
                    return rule
        return None

    def is_done(self):
        """Whether all that was asked of it was done."""
        return all(rule.is_over for rule in self.rules)

    def refuse(self):
        """Nobody listens any more; who connects is refused."""
        self.shutdown()
        self.socket.close()
        self.is_refusing = True

    def accept(self):
        """Listen again, at the same port."""
        if self.is_refusing:
            self.socket = bound(self.port)
            self.server_activate()
            self.start()
        self.is_refusing = False

    def forget(self):
        """Be polite again, with an empty memory; who still waits for an answer is hung up on."""
        self.accept()
        self.rules.clear()
        self.taken.clear()
        self.letters.clear()
        for talk in list(self.talks):
            with suppress(OSError):
                talk.connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, *_):
        """Those who leave in the middle of a talk are what this server is for."""


def bound(port):
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("127.0.0.1", port))
    return made
