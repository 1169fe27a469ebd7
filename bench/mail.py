"""Takes every email, keeps the newest to each address in memory, and sends none on."""

import asyncio
import email
import email.policy
import re

from aiosmtpd.controller import Controller

from recovery_site.dev import processes


class Mail:
    """A mail server on loopback that takes so long for each; `count` says how many it took."""

    def __init__(self, *, seconds=0):
        self.newest, self.count, self.seconds = {}, 0, seconds
        self.port = processes.free_port()
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  the name aiosmtpd calls
        await asyncio.sleep(self.seconds)
        self.count += 1
        self.newest.update(dict.fromkeys(envelope.rcpt_tos, envelope.content))
        return "250 2.0.0 Taken"

    async def find(self, address, pattern, *, within=30):
        """What the pattern's group finds in the newest email to this address, once it came."""
        async with asyncio.timeout(within):
            while address not in self.newest:
                await asyncio.sleep(0.01)
        letter = email.message_from_bytes(self.newest[address], policy=email.policy.default)
        parts = [part for part in letter.walk() if part.get_content_maintype() == "text"]
        return re.search(pattern, "\n".join(part.get_content() for part in parts)).group(1)

    def __enter__(self):
        self.controller.start()
        return self

    def __exit__(self, *_):
        self.controller.stop()
