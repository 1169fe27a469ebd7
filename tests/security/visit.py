"""The site as processes of their own, and someone who visits it by HTTP."""

import os
import signal
import sys
import urllib.request
from http.client import HTTPMessage
from http.cookiejar import Cookie, CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin

from recovery_site.dev import embedded, processes, state
from recovery_site.dev.startup import WORKER_OPTIONS
from tests.support.visitor import FormReader, PageForm

ROOT = Path(__file__).resolve().parents[2]
WEB = ("gunicorn", "-c", "python:recovery_site.gunicorn_conf", "recovery_site.wsgi")
WORKER = ("celery", "-A", "recovery_site", *WORKER_OPTIONS)


class Site:
    """A web process and a worker beside the tests' database, with a Redis of their own."""

    def __init__(self, var: Path, **environment: str) -> None:
        self.port, redis_port = processes.free_port(), processes.free_port()
        self.redis_url = f"redis://:{state.get_secret(var, 'password')}@127.0.0.1:{redis_port}/0"
        self.url = f"http://127.0.0.1:{self.port}"
        self.logs = {name: var / "log" / f"{name}.log" for name in ("web", "worker")}
        self.environment = os.environ | {
            "REDIS_URL": self.redis_url,
            "PORT": str(self.port),
            "SITE_URL": self.url,
            "DEBUG": "",
            **environment,
        }
        redis = embedded.redis_server(var, redis_port, self.redis_url)
        embedded.start_and_wait(var, [redis])
        self.parts = [redis.process, self.start("web", WEB)]
        assert processes.wait_until(self.answers, within=60), self.logs["web"].read_text()

    def start(self, name: str, command: tuple[str, ...]):
        return processes.start_process(
            [sys.executable, "-m", *command],
            log=self.logs[name],
            orphaned_by=signal.SIGTERM,
            cwd=ROOT,
            env=self.environment,
        )

    def start_worker(self) -> None:
        self.parts.append(self.start("worker", WORKER))

    def answers(self) -> bool:
        try:
            return urllib.request.urlopen(f"{self.url}/healthz/", timeout=2).status == 200  # noqa: S310
        except OSError:
            return False

    def stop(self) -> None:
        for part in self.parts:
            part.send_signal(signal.SIGTERM)
        processes.wait_or_kill(self.parts, within=20)


class Browser:
    """Follows redirects; notes every address it was sent to and every cookie it was given."""

    def __init__(self, site: Site) -> None:
        self.site, self.jar = site, CookieJar()
        self.addresses: list[str] = []
        self.cookies: list[str] = []
        keeper = Noting(self.addresses)
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self.jar), keeper
        )

    def open(self, path: str, typed: dict | None = None) -> tuple[int, str]:
        """(status, page); a form is sent where something is typed."""
        address = urljoin(self.site.url, path)
        self.addresses.append(address)
        body = urlencode(typed).encode() if typed is not None else None
        request = urllib.request.Request(address, body, {"Origin": self.site.url})  # noqa: S310
        try:
            answer = self.opener.open(request, timeout=60)
        except HTTPError as refusal:
            answer = refusal
        self.note_cookies(answer.headers)
        return answer.status, answer.read().decode(errors="replace")

    def note_cookies(self, headers: HTTPMessage) -> None:
        self.cookies += headers.get_all("Set-Cookie") or []
        self.cookies += [f"{each.name}={each.value}" for each in self.jar]

    def form(self, path: str, action: str = "") -> PageForm:
        """The form of this page that goes to an address that ends so."""
        status, page = self.open(path)
        found = [each for each in FormReader(page).forms if each.action.endswith(action)]
        assert found, (status, path, action)
        return found[0]

    def send(self, path: str, action: str = "", **typed: str) -> tuple[int, str]:
        """Fill in that form and send it."""
        form = self.form(path, action)
        return self.open(form.action or path, form.values | typed)

    def sign_in_by(self, session_key: str) -> None:
        """Sit down where someone has signed in."""
        nothing = dict.fromkeys(["port", "expires", "comment", "comment_url"])
        flags = ["port_specified", "domain_specified", "domain_initial_dot", "path_specified"]
        kept = {"name": "session", "value": session_key, "domain": "127.0.0.1", "path": "/"}
        others = {"version": 0, "secure": False, "discard": True, "rest": {}}
        self.jar.set_cookie(Cookie(**kept, **others, **nothing, **dict.fromkeys(flags, False)))


class Noting(urllib.request.HTTPRedirectHandler):
    def __init__(self, addresses: list[str]) -> None:
        self.addresses = addresses

    def redirect_request(self, *asked):
        self.addresses.append(asked[-1])
        return super().redirect_request(*asked)
