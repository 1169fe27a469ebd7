"""A mail server that does what a test tells it to, however rude."""

import re
import socketserver
from email import message_from_bytes, policy
from threading import Thread

HANG, HANG_UP = "hang", "hang up"
POLITE = {"greeting": "220 ready", "DATA": "354 go on", "letter": "250 kept"}


class Talk(socketserver.StreamRequestHandler):
    """One connection: a reply for every line, and one for the letter as a whole."""

    def handle(self):
        to = []
        is_open = self.reply("greeting")
        while is_open and (line := self.rfile.readline()):
            verb = line[:4].decode().upper()
            is_open = self.reply(verb)
            if verb == "RCPT":
                to += re.findall(r"<(.*?)>", line.decode())
            if verb == "DATA" and is_open and self.server.replies["DATA"].startswith("354"):
                self.server.letters.append(self.read_letter(to))
                is_open = self.reply("letter")

    def reply(self, to) -> bool:
        """Answer, or hang, or hang up; whether the talk goes on."""
        answer = self.server.replies.get(to, "250 fine")
        if answer == HANG:
            self.rfile.read()
        if answer in (HANG, HANG_UP):
            return False
        self.wfile.write(f"{answer}\r\n".encode())
        return True

    def read_letter(self, to):
        lines = iter(self.rfile.readline, b".\r\n")
        unstuffed = [line[1:] if line.startswith(b".") else line for line in lines]
        letter = message_from_bytes(b"".join(unstuffed), policy=policy.default)
        letter["X-Envelope-To"] = ", ".join(to)
        return letter


class MailServer(socketserver.ThreadingTCPServer):
    """Listens on loopback; `letters` holds every letter that was handed over whole."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, **replies):
        super().__init__(("127.0.0.1", 0), Talk)
        self.replies = POLITE | replies
        self.letters = []
        Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def port(self) -> int:
        return self.server_address[1]

    def stop(self):
        self.shutdown()
        self.server_close()
