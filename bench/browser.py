"""A browser cheap enough that measuring with it does not slow what is measured.

It keeps cookies, and its connection for as long as the server lets it.
"""

import asyncio
import gzip
import re
import time
from dataclasses import dataclass, field
from html import unescape
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

PATIENCE = 60
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


class Unexpected(Exception):
    """A server answered something else than the flow needs."""


@dataclass
class Answer:
    status: int
    headers: list
    body: bytes
    seconds: float

    @property
    def text(self):
        is_packed = self.header("content-encoding") == "gzip"
        return (gzip.decompress(self.body) if is_packed else self.body).decode()

    @property
    def location(self):
        return self.header("location")

    def header(self, name):
        return next((value for key, value in self.headers if key == name), "")

    def hidden_fields(self):
        """What the page's form carries along: its CSRF token, and a key if it has one."""
        return {name: unescape(value) for name, value in HIDDEN.findall(self.text)}


@dataclass
class Browser:
    """One visitor at one site."""

    base: str
    headers: dict = field(default_factory=dict)
    cookies: dict = field(default_factory=dict)
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None

    async def get(self, path, *, expect=200):
        return await self.ask("GET", path, expect=expect)

    async def post(self, path, fields, *, expect=302):
        return await self.ask("POST", path, urlencode(fields).encode(), expect=expect)

    async def ask(self, method, path, body=None, *, expect=None):
        """One answer, timed from before it connects, if it must, to the answer's last byte."""
        asked = self.request(method, path, body)
        begun = time.perf_counter()
        status, headers, content = await asyncio.wait_for(self.exchange(asked), PATIENCE)
        answer = Answer(status, headers, content, time.perf_counter() - begun)
        self.keep_cookies(headers)
        if expect is not None and status != expect:
            raise Unexpected(f"{method} {path.partition('?')[0]} answered {status}")
        return answer

    def request(self, method, path, body):
        """The request as it goes over the wire."""
        headers = {"Host": urlsplit(self.base).netloc, **self.headers}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={kept}" for name, kept in self.cookies.items())
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers["Content-Length"] = len(body)
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + (body or b"")

    async def exchange(self, asked):
        if self.writer is None:
            address = urlsplit(self.base)
            self.reader, self.writer = await asyncio.open_connection(
                address.hostname, address.port, limit=2**22
            )
        self.writer.write(asked)
        head = await self.reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")[:-2]
        headers = [(name.lower(), value) for name, _, value in (x.partition(": ") for x in lines)]
        content = await self.read_body(dict(headers))
        if dict(headers).get("connection", "").lower() == "close":
            self.close()
        return int(first.split()[1]), headers, content

    async def read_body(self, headers):
        """A body of known length, in chunks, or up to the end of the connection."""
        if "content-length" in headers:
            return await self.reader.readexactly(int(headers["content-length"]))
        if headers.get("transfer-encoding") != "chunked":
            return await self.reader.read()
        chunks = []
        while size := int(await self.reader.readline(), 16):
            chunks.append((await self.reader.readexactly(size + 2))[:-2])
        await self.reader.readline()
        return b"".join(chunks)

    def keep_cookies(self, headers):
        for name, value in headers:
            if name == "set-cookie":
                for cookie in SimpleCookie(value).values():
                    self.cookies[cookie.key] = cookie.value

    def close(self):
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None
