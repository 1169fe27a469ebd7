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
        self.server.talks_begun += 1
        self.to, self.letter, self.answer = [], None, ""
        is_open = self.reply("greeting")
        while is_open and (line := self.rfile.readline()):
            is_open = self.hear(line[:4].decode().upper(), line.decode())

    def hear(self, verb, line) -> bool:
        """Answer one line, and the letter behind it; whether the talk goes on."""
        if verb == "MAIL":
            self.to = []
        addresses = re.findall(r"<(.*?)>", line) if verb == "RCPT" else []
        self.to += addresses
        is_open = self.reply(verb)
        if verb == "DATA" and is_open and self.answer.startswith("354"):
            self.letter = self.read_letter(self.to)
            self.server.letters.append(self.letter)
            is_open = self.reply("letter")
        return is_open and verb != "QUIT"

    def reply(self, to) -> bool:
        """Answer, or hang, or hang up; whether the talk goes on."""
        self.answer = self.server.answer(to, self)
        if self.answer == HANG:
            self.rfile.read()
        if self.answer in (HANG, HANG_UP):
            return False
        self.wfile.write(f"{self.answer}\r\n".encode())
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
    talk = Talk

    def __init__(self, *, port=0, **replies):
        super().__init__(("127.0.0.1", port), self.talk)
        self.replies = POLITE | replies
        self.letters, self.talks_begun = [], 0
        self.start()

    def start(self):
        Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def answer(self, to, _talk) -> str:
        return self.replies.get(to, "250 fine")

    @property
    def port(self) -> int:
        return self.server_address[1]

    def stop(self):
        self.shutdown()
        self.server_close()
