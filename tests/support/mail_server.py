"""A mail server that does what a test tells it to, however rude. aiosmtpd speaks for it."""

import asyncio
import logging
import time
from email import message_from_bytes, policy
from threading import Thread

from aiosmtpd.smtp import MISSING, SMTP

HANG, HANG_UP = "hang", "hang up"
# What stands in our own logs is what tests look at.
logging.getLogger("mail.log").setLevel(logging.WARNING)


class Talk(SMTP):
    """One connection. Two of its answers have no hook: the greeting, and to DATA as such."""

    is_greeted, letter, last = False, None, None

    def connection_made(self, transport):
        self.begun_at = time.time()
        self.event_handler.talks.add(self)
        super().connection_made(transport)

    def connection_lost(self, error):
        super().connection_lost(error)
        self.event_handler.talks.discard(self)

    def eof_received(self):
        """Close: a line on which we hang before the greeting would else stay open for ever."""
        super().eof_received()
        return False

    async def push(self, status):
        if not self.is_greeted:
            self.is_greeted = True
            answer = await self.event_handler.reply("greeting", self)
            status = status if answer is MISSING else answer
        await super().push(status)

    async def smtp_DATA(self, arg):
        answer = await self.event_handler.reply("DATA", self)
        await (super().smtp_DATA(arg) if answer is MISSING else self.push(answer))


class MailServer:
    """Listens on loopback; `letters` holds every letter that was handed over whole.

    No Controller of aiosmtpd starts it: that one calls its own server first, and we count calls.
    """

    def __init__(self, *, port=0, **replies):
        self.port, self.replies = port, replies
        self.letters, self.talks, self.talks_begun = [], set(), 0
        self.loop = asyncio.new_event_loop()
        self.thread = Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.listen()

    def listen(self):
        self.server = self.run(self.loop.create_server(self.begin_talk, "127.0.0.1", self.port))
        self.port = self.server.sockets[0].getsockname()[1]

    def begin_talk(self):
        self.talks_begun += 1
        return Talk(self, hostname="mail.example")

    async def answer(self, at, _talk, _to):
        """An answer of our own at this point of a talk; None: the usual one."""
        return self.replies.get(at)

    async def reply(self, at, talk, *also_to):
        """What to answer, or hang, or hang up: until the connection is gone and cancels us."""
        answer = await self.answer(at, talk, [*talk.envelope.rcpt_tos, *also_to])
        if answer == HANG_UP:
            talk.transport.close()
        if answer in (HANG, HANG_UP):
            await asyncio.Event().wait()
        return MISSING if answer is None else answer

    async def handle_EHLO(self, talk, session, _envelope, host, lines):
        session.host_name = host
        answer = await self.reply("EHLO", talk)
        return lines if answer is MISSING else [answer]

    async def handle_MAIL(self, talk, _session, _envelope, _sender, _options):
        return await self.reply("MAIL", talk)

    async def handle_RCPT(self, talk, _session, _envelope, address, _options):
        return await self.reply("RCPT", talk, address)

    async def handle_DATA(self, talk, _session, envelope):
        talk.letter = message_from_bytes(envelope.content, policy=policy.default)
        talk.letter["X-Envelope-To"] = ", ".join(envelope.rcpt_tos)
        self.letters.append(talk.letter)
        return await self.reply("letter", talk)

    async def handle_QUIT(self, talk, _session, _envelope):
        return await self.reply("QUIT", talk)

    async def close(self):
        """Nobody listens any more; talks go on."""
        self.server.close()

    async def hang_up(self):
        """Leave every talk, and return once all have ended."""
        for talk in self.talks:
            talk.transport.abort()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*others, return_exceptions=True)

    def run(self, coroutine):
        """Have the thread that talks do something, and wait for it."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()

    def stop(self):
        self.run(self.close())
        self.run(self.hang_up())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()
