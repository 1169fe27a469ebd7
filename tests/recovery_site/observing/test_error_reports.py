"""What leaves for Sentry when something fails: classes, lines and ids."""

import gzip
import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import brotli
import pytest
import sentry_sdk
from django.test import RequestFactory

from recovery_site.observing import context, error_reports
from tests.security.traces import find_traces

GIVEN = "0123456789abcdef"
UNPACK = {"": bytes, "gzip": gzip.decompress, "br": brotli.decompress}


@pytest.fixture
def receiver(settings):
    """Bodies of what arrives at a server of ours on loopback."""
    bodies = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            unpack = UNPACK[self.headers.get("Content-Encoding", "")]
            bodies.append(unpack(body).decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.SENTRY_DSN = f"http://key@127.0.0.1:{server.server_port}/1"
    error_reports.start()
    yield bodies
    sentry_sdk.get_client().close(timeout=2)
    sentry_sdk.get_global_scope().set_client(None)
    server.shutdown()
    server.server_close()


def fail_with(canary):
    local = {"email": canary}
    raise ValueError(f"Key (email)=({local['email']}) already exists")


def report():
    """As Django does when a view fails."""
    request = RequestFactory().post("/consultation/manage/canary/?q=canary", {"name": "canary"})
    record_of = logging.getLogger("test").makeRecord
    token = context.request_id.set(GIVEN)
    try:
        fail_with("zqx.canary@example.com")
    except ValueError as fault:
        record = record_of(
            "django.request", logging.ERROR, "", 1, "%s: %s", ("Error", request.path),
            (type(fault), fault, fault.__traceback__), extra={"request": request},
        )  # fmt: skip
        error_reports.ErrorReportHandler().handle(record)
    finally:
        context.request_id.reset(token)
    sentry_sdk.flush(timeout=5)


@pytest.mark.security(74)
def test_event_says_where_it_failed_and_nothing_of_anybody(receiver):
    sentry_sdk.set_user({"email": "zqx.canary@example.com"})
    report()

    (body,) = receiver
    assert find_traces(body) == []
    event = json.loads(body.splitlines()[-1])
    (fault,) = event["exception"]["values"]
    assert fault["type"] == "ValueError"
    assert fault["stacktrace"]["frames"][-1]["function"] == "fail_with"
    assert event["tags"] == {"request_id": GIVEN, "route": "unmatched"}


def test_event_holds_no_key_that_we_do_not_mean(receiver):
    report()
    event = json.loads(receiver[0].splitlines()[-1])

    assert set(event) <= error_reports.EVENT_KEYS


def test_without_an_address_nothing_is_reported(receiver, settings):
    settings.SENTRY_DSN = ""
    report()

    assert receiver == []
