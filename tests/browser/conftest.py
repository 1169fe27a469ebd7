"""The whole site, running, and a real browser in front of it.

Both last for this package only, one pair per test process: an open browser
keeps an event loop in the thread, and Django asks no database beside one.
"""

import email
import email.policy
import functools
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from celery import Celery
from django.test import override_settings
from playwright.sync_api import sync_playwright

from admissions.encryption import encrypt_text
from admissions.intake.models import search_tokens
from recovery_site.dev import processes, startup, state

ROOT = Path(__file__).resolve().parents[2]
# The site brings its own servers, whatever the tests beside it use.
GIVEN = {
    *startup.ENVIRONMENT_NAMES,
    "VAR",
    "PORT",
    "DEBUG",
    "ALLOWED_HOSTS",
    "MAKELEVEL",
    "MAKEFLAGS",
}
PASSWORD = "walk-in-the-sun-2030"


@dataclass
class Site:
    """The running site as its neighbors see it."""

    url: str
    mailbox: str
    var: Path

    @property
    def servers(self):
        lines = (self.var / "environment").read_text().splitlines()
        return {name: value.strip("'") for name, _is, value in (e.partition("=") for e in lines)}

    def ask(self, sql, *values):
        """Runs one statement in the site's own database."""
        connection = psycopg.connect(self.servers["DATABASE_URL"])
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql, values)
                return cursor.fetchall() if cursor.description else None
        finally:
            connection.close()

    def ask_of_person(self, sql, term, *values):
        """Runs a statement whose PERSON is the request that this term finds; "name:jo", say."""
        token = search_tokens.token_of(self.servers["SECRET_KEY"], term)
        return self.ask(
            sql.replace("PERSON", "search_tokens @> ARRAY[%s]::bigint[]"), token, *values
        )

    def seal(self, text, *, column):
        """The text as the site itself would keep it."""
        with override_settings(FIELD_KEYS=[self.servers["SECRET_KEY"]]):
            return encrypt_text(text, column=column)

    def sweep(self):
        """Has the worker send what is due now, as beat does every minute."""
        with Celery(broker=self.servers["REDIS_URL"], set_as_current=False) as app:
            app.send_task("admissions.messaging.tasks.send_due_messages", queue="sweeps")

    def letters(self, subject, *, to):
        """Every letter of this subject that has reached one person, oldest first."""
        files = sorted((self.var / "mail").glob("*.eml"))
        read = functools.partial(email.message_from_bytes, policy=email.policy.default)
        come = [read(file.read_bytes()) for file in files]
        return [each for each in come if (each["Subject"], each["To"]) == (subject, to)]

    def await_letter(self, subject, *, to):
        """The newest letter of this subject to one person, once it has come."""
        assert processes.wait_until(lambda: self.letters(subject, to=to), within=20)
        return self.letters(subject, to=to)[-1]

    def logs(self):
        return {log.name: log.read_text(errors="replace") for log in self.var.glob("log/*.log")}


@pytest.fixture(autouse=True)
def usual_day():
    """The site and the browser go by the true time, and so do we."""


@pytest.fixture(scope="package")
def site(tmp_path_factory):
    """`make run` on a free port, with its data in a folder of its own."""
    var, port = tmp_path_factory.mktemp("site"), processes.free_port()
    bare = {name: value for name, value in os.environ.items() if name not in GIVEN}
    with (var / "out").open("wb") as out:
        runner = subprocess.Popen(
            [sys.executable, "-m", "recovery_site.dev.runner"],
            cwd=ROOT,
            env=bare | {"VAR": str(var), "PORT": str(port), "REQUEST_LIMIT_FACTOR": "0"},
            stdout=out,
            stderr=subprocess.STDOUT,
            preexec_fn=functools.partial(processes.end_with_parent, signal.SIGTERM),  # noqa: PLW1509
        )
    try:
        is_up = processes.wait_until(lambda: "Logs are in" in (var / "out").read_text(), within=180)
        assert is_up, (var / "out").read_text()
        mailbox = state.read_state(var)["mailbox_port"]
        yield Site(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{mailbox}", var)
    finally:
        runner.send_signal(signal.SIGINT)
        runner.wait(20)


@pytest.fixture(scope="package")
def chromium():
    """The Chromium of this machine, or the one that Playwright fetched."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    program = next(filter(None, map(shutil.which, names)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            args=["--disable-background-networking", *(["--no-sandbox"] * (os.geteuid() == 0))],
        )
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, site):
    """Opens a browser of its own on the site; a request to any other place fails the test."""
    contexts, foreign = [], []
    by_name = site.url.replace("127.0.0.1", "localhost")
    ours = (site.url + "/", by_name + "/", site.mailbox + "/", "data:")

    def open_browser(**options):
        usual = {"viewport": {"width": 360, "height": 740}, "timezone_id": "America/Los_Angeles"}
        usual |= {"base_url": site.url, "locale": "en-US"}
        context = chromium.new_context(**usual | options)
        context.set_default_timeout(10_000)
        context.on("request", lambda sent: sent.url.startswith(ours) or foreign.append(sent.url))
        contexts.append(context)
        return context.new_page()

    yield open_browser
    for context in contexts:
        context.close()
    assert foreign == []


@pytest.fixture
def page(visit):
    return visit()


def fetch(address):
    with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310  our own address
        return answer.read()
