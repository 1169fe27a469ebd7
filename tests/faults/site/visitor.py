"""A browser over HTTP, as behind a proxy: it passes a web by that takes no connection."""

import http.client
import time
from dataclasses import dataclass
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from tests.support.visitor import DETAILS, FormReader, stamp

DETAILS_PAGE = "/consultation/details/"
PATIENCE = 20


class NoAnswer(Exception):
    """The connection ended without an answer: what was asked for may have been done."""


class Fault(Exception):
    """A page was asked for, and a page of a fault came."""

    def __init__(self, answer):
        super().__init__(answer.status)
        self.answer = answer


@dataclass
class Answer:
    status: int
    location: str
    text: str
    seconds: float

    def form(self, action):
        """What the page's form to this address would send; None where it has no such form."""
        forms = FormReader(self.text).forms
        return next((form for form in forms if form.action == action), None)


class Visitor:
    """One browser; `ports` are those of the webs, in the order in which they are tried."""

    def __init__(self, ports, **headers):
        self.ports, self.headers, self.cookies = list(ports), headers, {}

    def get(self, path):
        return self.ask("GET", path)

    def post(self, path, fields):
        return self.ask("POST", path, urlencode(fields))

    def ask(self, method, path, body=None):
        begun, refused = time.monotonic(), None
        for port in self.ports:
            try:
                return self.ask_web(port, method, path, body, begun)
            except ConnectionRefusedError as nobody:
                refused = nobody
            except (OSError, http.client.HTTPException) as broken:
                raise NoAnswer(type(broken).__name__) from broken
        raise NoAnswer("ConnectionRefusedError") from refused

    def ask_web(self, port, method, path, body, begun):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": "127.0.0.1",
            "Host": "127.0.0.1",
            "Referer": f"https://127.0.0.1{path}",
        } | self.headers
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        for header in answer.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(header).items():
                self.cookies[name] = morsel.value
        location = answer.headers.get("Location", "")
        return Answer(answer.status, location, text, time.monotonic() - begun)

    def look(self, path):
        """A page that is no page of a fault."""
        page = self.get(path)
        if page.status >= 500:
            raise Fault(page)
        return page

    def open_details(self, at, **typed):
        """What the form for this time would send, filled in; None where it is not offered."""
        page = self.look(f"{DETAILS_PAGE}?{urlencode({'at': stamp(at), 'mode': 'phone'})}")
        form = page.form(DETAILS_PAGE)
        if page.status != 200 or form is None:
            return None
        return form.values | DETAILS | typed

    def send_details(self, filled):
        return self.post(DETAILS_PAGE, filled)
