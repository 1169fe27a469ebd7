"""A mail server that misbehaves on command, and remembers what it took and when."""

import asyncio
import random
import socket
import time
from dataclasses import dataclass

from tests.support.mail_server import HANG_UP, MailServer


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


class Sink(MailServer):
    """Its `rules` come first, one after the other; what it took is in `taken`."""

    def __init__(self):
        self.rules, self.taken = [], []
        self.luck = random.Random(1)
        # Never listens, and keeps others off our port while nobody is at it.
        self.placeholder = socket.socket()
        self.placeholder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.placeholder.bind(("127.0.0.1", 0))
        super().__init__(port=self.placeholder.getsockname()[1])

    def misbehave(self, at, answer=None, *, times, **how):
        self.rules.append(Rule(at, answer, times, **how))
        return self.rules[-1]

    async def answer(self, at, talk, to):
        """As the first rule says that fits; a letter that is not refused is taken."""
        rule = next((rule for rule in self.rules if rule.fits(at, to, self.luck)), None)
        answer = rule and rule.answer
        if rule:
            rule.done += 1
            await asyncio.sleep(rule.delay)
        if at == "letter":
            self.take(talk, to, answer)
        elif talk.last:
            # Whether this next letter may go was asked after the last one had gone.
            talk.last.is_heard, talk.last, talk.begun_at = True, None, time.time()
        return answer

    def take(self, talk, to, answer):
        if answer in (None, HANG_UP):
            talk.last = Taken(talk.letter["Message-ID"], to, talk.begun_at, time.time())
            self.taken.append(talk.last)

    def is_done(self):
        """Whether all that was asked of it was done."""
        return all(rule.is_over for rule in self.rules)

    def refuse(self):
        """Nobody listens any more; who connects is refused."""
        self.run(self.close())

    def accept(self):
        """Listen again, at the same port."""
        if not self.server.is_serving():
            self.listen()

    def forget(self):
        """Be polite again, with an empty memory; who still waits for an answer is hung up on."""
        self.accept()
        self.rules.clear()
        self.taken.clear()
        self.letters.clear()
        self.run(self.hang_up())
