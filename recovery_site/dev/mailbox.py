"""A mailbox for development: catches every email by SMTP, and shows it in the browser."""

import argparse
import asyncio
import email
import email.policy
import os
import re
import secrets
from datetime import UTC, datetime
from email.message import EmailMessage, MIMEPart
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, unquote, urlsplit

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from . import mailbox_pages

MESSAGE_NAME = re.compile(r"[0-9]{8}T[0-9]{12}Z-[0-9a-f]{8}\Z")
MAX_LISTED = 200
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src data:; frame-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
# The frame holds what a mail says: no script, no picture from elsewhere, no address of ours.
FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)


class MessageCatcher:
    """Keeps each message that arrives as one .eml file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def handle_DATA(  # noqa: N802  the name aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        lines = [f"Return-Path: <{envelope.mail_from or ''}>"]
        lines += [f"Delivered-To: {address}" for address in envelope.rcpt_tos]
        head = "".join(f"{line}\r\n" for line in lines).encode()
        try:
            await asyncio.to_thread(save_message, self.folder, head + cast(bytes, envelope.content))
        except OSError as trouble:
            return f"452 4.3.1 Could not keep the message: {trouble.strerror}"
        return "250 2.0.0 Kept"


def save_message(folder: Path, content: bytes) -> None:
    """Writes one message, whole or not at all, under a name that sorts by time."""
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}Z-{secrets.token_hex(4)}"
    draft = folder / f"{name}.new"
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    draft.rename(folder / f"{name}.eml")


def message_names(folder: Path) -> list[str]:
    """Every message kept, newest first."""
    return sorted((path.stem for path in folder.glob("*.eml")), reverse=True)


def read_message(folder: Path, name: str) -> EmailMessage | None:
    """One message, or None where there is none of this name."""
    if not MESSAGE_NAME.fullmatch(name):
        return None
    try:
        content = (folder / f"{name}.eml").read_bytes()
    except FileNotFoundError:
        return None
    return email.message_from_bytes(content, policy=email.policy.default)


class MailboxHandler(BaseHTTPRequestHandler):
    """The mailbox in the browser, for this machine only."""

    server_version = "mailbox"
    sys_version = ""
    timeout = 30

    def __init__(self, *args: Any, folder: Path) -> None:
        self.folder = folder
        super().__init__(*args)

    def do_GET(self) -> None:
        if not self.is_for_us():
            return self.reply(421, "This mailbox answers only on this machine.")
        match [unquote(part) for part in urlsplit(self.path).path.strip("/").split("/")]:
            case [""]:
                self.show_list()
            case ["style.css"]:
                self.reply(200, mailbox_pages.STYLE, kind="text/css")
            case ["message", name, *part] if message := read_message(self.folder, name):
                self.show(name, message, part)
            case _:
                self.reply(404, "There is nothing here, or no longer.")

    do_HEAD = do_GET  # noqa: N815

    def do_POST(self) -> None:
        if not self.is_for_us() or not self.is_from_us():
            return self.reply(403, "Only the mailbox's own page may do this.")
        if self.path != "/delete-all":
            return self.reply(404, "There is nothing here, or no longer.")
        for path in self.folder.glob("*.eml"):
            path.unlink(missing_ok=True)
        return self.reply(303, "", Location="/")

    def is_for_us(self) -> bool:
        """Refuses names that a foreign page pointed at this machine."""
        port = cast(ThreadingHTTPServer, self.server).server_port
        return self.headers.get("Host", "") in {f"127.0.0.1:{port}", f"localhost:{port}"}

    def is_from_us(self) -> bool:
        """Refuses forms that another site posts here."""
        origin = self.headers.get("Origin")
        return origin is None or origin == f"http://{self.headers['Host']}"

    def show_list(self) -> None:
        kept = message_names(self.folder)
        messages = [(name, read_message(self.folder, name)) for name in kept[:MAX_LISTED]]
        shown = [(name, message) for name, message in messages if message]
        self.reply(200, mailbox_pages.list_page(shown, total=len(kept)))

    def show(self, name: str, message: EmailMessage, part: list[str]) -> None:
        attached = mailbox_pages.attachment_parts(message)
        match part:
            case []:
                self.reply(200, mailbox_pages.message_page(name, message))
            case ["html"]:
                framed = {"Content-Security-Policy": FRAME_POLICY}
                self.reply(200, mailbox_pages.html_part(message), **framed)
            case ["source"]:
                self.reply(200, message.as_bytes(), kind="text/plain")
            case ["attachment", number] if number in map(str, range(len(attached))):
                self.send_attachment(attached[int(number)], int(number))
            case _:
                self.reply(404, "There is nothing here, or no longer.")

    def send_attachment(self, attachment: MIMEPart, number: int) -> None:
        named = quote(mailbox_pages.filename(attachment, number))
        self.reply(
            200,
            cast(bytes, attachment.get_payload(decode=True) or b""),
            kind="application/octet-stream",
            **{"Content-Disposition": f"attachment; filename*=UTF-8''{named}"},
        )

    def reply(
        self, status: int, body: str | bytes, *, kind: str = "text/html", **headers: str
    ) -> None:
        if status >= 400 and isinstance(body, str):
            body = mailbox_pages.trouble_page(body)
        content = body.encode(errors="replace") if isinstance(body, str) else body
        self.send_response(status)
        kind += "; charset=utf-8" if kind.startswith("text/") else ""
        for header, value in (HEADERS | {"Content-Type": kind} | headers).items():
            self.send_header(header, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Keeps no access log: subjects of mail are nobody else's business."""


def main() -> None:
    options = argparse.ArgumentParser(prog="mailbox", description=__doc__)
    options.add_argument("--smtp-port", type=int, required=True)
    options.add_argument("--web-port", type=int, required=True)
    options.add_argument("--folder", type=Path, required=True)
    chosen = options.parse_args()
    chosen.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    catcher = Controller(MessageCatcher(chosen.folder), hostname="127.0.0.1", port=chosen.smtp_port)
    catcher.start()
    pages = partial(MailboxHandler, folder=chosen.folder)
    try:
        ThreadingHTTPServer(("127.0.0.1", chosen.web_port), pages).serve_forever()
    except KeyboardInterrupt:
        catcher.stop()


if __name__ == "__main__":
    main()
