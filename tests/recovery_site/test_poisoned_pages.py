"""A request that lies about where we are changes nobody's page: over gunicorn, as we start it."""

import http.client
import os
import socket
import sys

import pytest
from django.conf import settings
from django.db import connection
from gunicorn.app.wsgiapp import WSGIApplication

from recovery_site.dev import processes
from recovery_site.dev.startup import is_serving

from .dev.conftest import ROOT

WORD = "poisoned"
# Each lie is told of a page of its own, so that no other visitor has it kept already.
LIES = {
    "/": (f"/{WORD}/", {"SCRIPT_NAME": f"/{WORD}"}),
    "/programs/": (f"/{WORD}/programs/", {"Script_Name": f"/{WORD}"}),
    "/learn/": ("/learn/", {"Script-Name": f"/{WORD}"}),
    "/get-help/": ("/get-help/", {"X-Script-Name": f"/{WORD}"}),
    "/programs/compare/": ("/programs/compare/", {"X-Forwarded-Prefix": f"/{WORD}"}),
    "/get-help/for-someone/": (f"/{WORD}/", {"PATH_INFO": "/get-help/for-someone/"}),
    "/es/": ("/es/", {"X-Forwarded-Host": f"{WORD}.example"}),
    "/es/learn/": ("/es/learn/", {"Host": f"{WORD}.example"}),
    "/es/programs/": ("/es/programs/", {"X-Forwarded-Server": WORD, "X-Forwarded-Port": "1"}),
    "/es/get-help/": (
        "/es/get-help/",
        {"X-Original-URL": f"/{WORD}/", "X-Rewrite-URL": f"/{WORD}"},
    ),
    "/sitemap.xml": ("/sitemap.xml", {"X-Forwarded-Proto": "https"}),
    "/learn/articles.xml": ("/learn/articles.xml", {"HTTP_HOST": f"{WORD}.example"}),
    "/robots.txt": ("/robots.txt", {"Forwarded": f"host={WORD}.example;proto=https"}),
    "/es/programs/compare/": ("/es/programs/compare/", {"Accept-Language": WORD}),
    "/es/get-help/for-someone/": (f"http://{WORD}.example/es/get-help/for-someone/", {}),
}


@pytest.fixture(scope="module")
def port(django_db_setup, tmp_path_factory):
    """One worker, whose kept pages all visitors of it share, on the database of the tests."""
    found, name = processes.free_port(), connection.settings_dict["NAME"]
    address = os.environ["DATABASE_URL"].partition("?")
    base = address[0].rpartition("/")[0]
    environment = {
        "DATABASE_URL": f"{base}/{name}{''.join(address[1:])}",
        "PORT": str(found),
        "VAR": str(settings.VAR),
    }
    command = [sys.executable, "-m", "gunicorn", "-c", "python:recovery_site.gunicorn_conf"]
    process = processes.start_process(
        [*command, "--workers", "1", "recovery_site.wsgi"],
        log=tmp_path_factory.mktemp("gunicorn") / "web.log",
        cwd=ROOT,
        env=os.environ | environment,
    )
    assert processes.wait_until(lambda: is_serving(found), within=60)
    yield found
    process.terminate()
    processes.wait_or_kill([process], within=10)


def ask(port, address, **headers):
    """The answer to a request whose headers are sent as they are written here.

    It names no browser, so nothing is counted that would stay in the database of the tests.
    """
    visit = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    visit.request("GET", address, headers=headers)
    answer = visit.getresponse()
    told = dict(answer.getheaders()) | {"body": answer.read().decode(), "status": answer.status}
    visit.close()
    # The page says by its mark and its age that it was kept; a live one has neither.
    return {name: told[name] for name in told if name not in {"Date", "ETag", "Cache-Control"}}


@pytest.mark.parametrize("place", LIES)
@pytest.mark.security(96)
def test_lie_about_where_we_are_changes_nobodys_page(port, place):
    address, lie = LIES[place]

    ask(port, address, **lie)
    kept = ask(port, place)

    live = ask(port, place, Cookie="a=b")
    assert kept["status"] == 200
    assert WORD not in str(kept)
    assert kept["body"] == live["body"]


FORM = "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
SMUGGLED = "0\r\n\r\nGET /healthz/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
# Two readings of where a request ends: what one takes for its body would be the next to the other.
UNCLEAR = {
    "a length and chunks": "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
    "two lengths": "Content-Length: 0\r\nContent-Length: 60\r\n",
    "chunks twice": "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    "chunks with a blank": "Content-Length: 60\r\nTransfer-Encoding : chunked\r\n",
    "a length with a sign": "Content-Length: +60\r\n",
}


@pytest.mark.security(97)
@pytest.mark.parametrize("headers", UNCLEAR.values(), ids=UNCLEAR)
def test_request_whose_end_is_unclear_is_refused_whole(port, headers):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(f"{FORM}{headers}\r\n{SMUGGLED}".encode())
        told = b"".join(iter(lambda: line.recv(65536), b"")).decode()

    assert told.startswith("HTTP/1.1 4")
    assert told.count("HTTP/1.1 ") == 1


def test_address_below_a_prefix_that_a_header_names_is_not_found(port):
    assert ask(port, f"/{WORD}/about/privacy/", SCRIPT_NAME=f"/{WORD}")["status"] == 404


def test_gunicorn_takes_nothing_but_the_scheme_from_a_header(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["gunicorn", "-c", "python:recovery_site.gunicorn_conf", "x"])

    options = WSGIApplication().cfg

    assert (options.forwarder_headers, options.header_map) == ([], "drop")
