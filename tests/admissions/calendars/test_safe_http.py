"""The door to the outside, against a server that does its worst. Only the network is replaced."""

import gzip
import socket
import sys
import time
import traceback
from contextlib import ExitStack

import pytest
import trustme

from admissions.calendars import safe_http
from admissions.scheduling.models import CalendarRefused, ExternalCalendar
from tests.support.outside_server import OutsideServer

Reason = ExternalCalendar.Reason
HOST, INSIDE = "calendar.example", "inside.example"
SECRET = "/private-5d41402abc4b2a76/basic.ics"
FILE = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
real_rule = safe_http.is_public_ip


class Names:
    """What names resolve to: each look takes the next answer, and the last one stays."""

    def __init__(self):
        self.answers, self.looks = {}, []

    def __call__(self, host, port, **options):
        self.looks.append((host, port))
        answers = self.answers[host]
        places = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(places, Exception):
            raise places
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place) for place in places]


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(autouse=True)
def trusted(authority, monkeypatch, tmp_path):
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))


@pytest.fixture(autouse=True)
def names(monkeypatch):
    """127.0.0.1 stands for the open internet, and 127.0.0.2 for what is private."""
    names = Names()
    monkeypatch.setattr(safe_http, "lookup", names)
    monkeypatch.setattr(safe_http, "is_public_ip", lambda address: address == "127.0.0.1")
    return names


@pytest.fixture
def start(authority):
    started = []

    def start(name=HOST, *, by=authority, **options):
        started.append(OutsideServer(by.issue_cert(name), **options))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def server(start, names):
    server = start()
    names.answers[HOST] = [[server.place]]
    return server


def reply(body=FILE, *headers, status="200 OK"):
    """An answer that ends with the connection."""
    lines = [f"HTTP/1.1 {status}", "Content-Type: text/calendar", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def always(answer):
    def send(path, connection):
        connection.sendall(answer)

    return send


def refused(address=f"https://{HOST}/"):
    with pytest.raises(CalendarRefused) as caught:
        safe_http.fetch_file(address)
    return caught.value.reason


# A good answer


@pytest.mark.parametrize(
    "answer",
    [
        reply(FILE),
        reply(FILE, f"Content-Length: {len(FILE)}", "Connection: keep-alive"),
        reply(b"%x\r\n%s\r\n0\r\n\r\n" % (len(FILE), FILE), "Transfer-Encoding: chunked"),
        reply(FILE, "Content-Encoding: identity"),
    ],
    ids=["until the end", "with a length", "in chunks", "named as plain"],
)
def test_file_is_read_however_it_is_sent(server, answer):
    server.answer = always(answer)

    assert safe_http.fetch_file(f"https://{HOST}/") == FILE


def test_question_says_no_more_than_it_must(server):
    server.answer = always(reply(FILE))

    safe_http.fetch_file(f"webcal://{HOST}{SECRET}?key=ä#part")

    assert server.requests == [
        f"GET {SECRET}?key=%C3%A4 HTTP/1.1\r\n"
        f"Host: {HOST}\r\n"
        "Accept: text/calendar\r\n"
        "Accept-Encoding: identity\r\n"
        "Connection: close\r\n"
        "User-Agent: calendar-reader\r\n\r\n"
    ]


def test_name_is_looked_up_once_for_port_443(server, names):
    server.answer = always(reply(FILE))

    safe_http.fetch_file(f"https://{HOST}:443/")

    assert names.looks == [(HOST, 443)]


def test_second_address_is_tried_when_the_first_is_closed(server, names):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = closed.getsockname()
    names.answers[HOST] = [[nobody, server.place]]
    server.answer = always(reply(FILE))

    assert safe_http.fetch_file(f"https://{HOST}/") == FILE


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_proxy_of_the_machine_is_not_asked(server, monkeypatch, name):
    monkeypatch.setenv(name, "http://127.0.0.1:1")
    server.answer = always(reply(FILE))

    assert safe_http.fetch_file(f"https://{HOST}/") == FILE


# Addresses that are not even tried


@pytest.mark.parametrize(
    "address",
    [
        f"http://{HOST}/",
        f"ftp://{HOST}/",
        "file:///etc/passwd",
        f"gopher://{HOST}/",
        f"//{HOST}/",
        HOST,
        "",
        "https://",
        "https:///path",
        f"https://{HOST}:80/",
        f"https://{HOST}:8443/",
        f"https://{HOST}:0/",
        f"https://{HOST}:99999/",
        f"https://{HOST}:port/",
        f"https://dana@{HOST}/",
        f"https://dana:secret@{HOST}/",
        f"https://@{HOST}/",
        f"https://{HOST}\\@{INSIDE}/",
        f"https://{HOST}/a b",
        f"https://{HOST}/\r\nHost: {INSIDE}",
        f"https://{HOST}%2f/",
        f"https://{HOST}\t/",
        "https://[::1]/",
        "https://[fe80::1%25eth0]/",
        "https://-x.example/",
        f"https://{'a' * 64}.example/",
    ],
)
def test_odd_address_is_not_tried(server, names, address):
    assert refused(address) == Reason.BAD_ADDRESS
    assert (names.looks, server.connections) == ([], 0)


PRIVATE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0",  # noqa: S104
    "10.1.2.3", "172.16.0.1", "172.31.255.255",
    "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1", "203.0.113.9",
    "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1",
    "2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:0a00:0001::1",
    "64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b:1::1",
    "2001:0:7f00:1::1",
]  # fmt: skip
PUBLIC = ["93.184.215.14", "1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"]


@pytest.mark.parametrize("address", PRIVATE)
@pytest.mark.security(60)
def test_private_address_is_not_public(monkeypatch, address):
    monkeypatch.setattr(safe_http, "is_public_ip", real_rule)

    assert safe_http.is_public_ip(address) is False


@pytest.mark.parametrize("address", PUBLIC)
def test_public_address_is_public(monkeypatch, address):
    monkeypatch.setattr(safe_http, "is_public_ip", real_rule)

    assert safe_http.is_public_ip(address) is True


def test_name_of_a_private_place_is_not_tried(server, names, monkeypatch):
    monkeypatch.setattr(safe_http, "is_public_ip", real_rule)

    assert refused() == Reason.NOT_PUBLIC
    assert server.connections == 0


def test_numbers_that_spell_a_private_place_are_not_tried(monkeypatch):
    monkeypatch.setattr(safe_http, "is_public_ip", real_rule)
    monkeypatch.setattr(safe_http, "lookup", socket.getaddrinfo)

    spelled = ["127.0.0.1", "0x7f000001", "2130706433", "127.1", "0177.0.0.1", "localhost"]

    assert {refused(f"https://{each}/") for each in spelled} == {Reason.NOT_PUBLIC}


def test_name_with_one_private_address_among_public_ones_is_not_tried(server, names):
    names.answers[HOST] = [[server.place, ("127.0.0.2", server.place[1])]]

    assert refused() == Reason.NOT_PUBLIC
    assert server.connections == 0


def test_unknown_name_looks_like_a_private_one(names):
    names.answers[HOST] = [socket.gaierror("no such name")]

    assert refused() == Reason.NOT_PUBLIC


@pytest.mark.security(60)
def test_name_that_changes_to_a_private_place_gains_nothing(server, start, names):
    """DNS rebinding: the connection goes to the address that was checked, without another look."""
    inside = start(ip="127.0.0.2")
    names.answers[HOST] = [[server.place], [inside.place]]
    server.answer = always(reply(FILE))

    assert safe_http.fetch_file(f"https://{HOST}/") == FILE
    assert (len(names.looks), server.connections, inside.connections) == (1, 1, 0)


# Redirects


def redirect(to, *headers, status="302 Found"):
    return reply(b"", f"Location: {to}", *headers, status=status)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 T", "308 P"])
def test_redirect_is_followed_with_a_new_look_and_without_cookies(server, names, status):
    there = redirect("../here", "Set-Cookie: a=b", status=status)
    server.answer = lambda path, connection: connection.sendall(
        reply(FILE) if path == "/here" else there
    )

    assert safe_http.fetch_file(f"https://{HOST}{SECRET}") == FILE
    assert (len(names.looks), len(server.requests)) == (2, 2)
    assert [line for line in server.requests[1].split("\r\n") if line.startswith("C")] == [
        "Connection: close"
    ]
    assert SECRET not in server.requests[1]


@pytest.mark.security(60)
def test_redirect_to_a_private_place_is_refused(server, start, names):
    inside = start(INSIDE, ip="127.0.0.2")
    names.answers[INSIDE] = [[inside.place]]
    server.answer = always(redirect(f"https://{INSIDE}/"))

    assert refused() == Reason.NOT_PUBLIC
    assert inside.connections == 0


def test_redirect_to_the_same_name_that_has_turned_private_is_refused(server, start, names):
    inside = start(ip="127.0.0.2")
    names.answers[HOST] = [[server.place], [inside.place]]
    server.answer = always(redirect("/again"))

    assert refused() == Reason.NOT_PUBLIC
    assert (server.connections, inside.connections) == (1, 0)


@pytest.mark.parametrize(
    "to",
    [
        f"http://{HOST}/",
        f"https://{HOST}:8443/",
        f"https://dana@{HOST}/",
        "file:///etc/passwd",
        f"ftp://{HOST}/",
    ],
)
def test_redirect_to_an_odd_address_is_refused(server, to):
    server.answer = always(redirect(to))

    assert refused() == Reason.BAD_ADDRESS
    assert server.connections == 1


def test_redirects_in_a_ring_end(server):
    server.answer = always(redirect("/"))

    assert refused() == Reason.REDIRECTS
    assert server.connections == 4


def test_three_redirects_are_followed(server):
    server.answer = lambda path, connection: connection.sendall(
        reply(FILE) if path == "/aaa" else redirect(f"{path}a")
    )

    assert safe_http.fetch_file(f"https://{HOST}/") == FILE


# Too much


@pytest.fixture
def megabyte(monkeypatch):
    """A smaller limit, so that more than that is quickly sent."""
    monkeypatch.setattr(safe_http, "MAX_BYTES", 1024 * 1024)


def test_file_with_years_of_history_is_read(server):
    file = b"x" * 5 * 1024 * 1024
    server.answer = always(reply(file))

    assert safe_http.fetch_file(f"https://{HOST}/") == file


@pytest.mark.parametrize("end", [0, 1])
def test_file_up_to_the_limit_is_read_and_one_byte_more_is_not(server, megabyte, end):
    server.answer = always(reply(b"x" * (1024 * 1024 + end)))

    if end:
        assert refused() == Reason.LARGE
    else:
        assert len(safe_http.fetch_file(f"https://{HOST}/")) == 1024 * 1024


TWO_MEGABYTES = b"x" * 2 * 1024 * 1024


@pytest.mark.parametrize(
    "answer",
    [
        reply(TWO_MEGABYTES),
        reply(TWO_MEGABYTES, f"Content-Length: {len(TWO_MEGABYTES)}"),
        reply(b"200000\r\n" + TWO_MEGABYTES + b"\r\n0\r\n\r\n", "Transfer-Encoding: chunked"),
    ],
    ids=["without a length", "with a length", "in chunks"],
)
def test_twice_the_limit_is_too_much(server, megabyte, answer):
    server.answer = always(answer)

    assert refused() == Reason.LARGE


def test_twice_the_limit_before_the_answer_begins_is_too_much(server, megabyte):
    """Either we have counted them, or Python has: from 3.14 on it gives up by itself."""
    server.answer = always(b"HTTP/1.1 100 Continue\r\n\r\n" * 100_000 + reply(FILE))

    assert refused() in {Reason.LARGE, Reason.UNREACHABLE}


def test_size_is_not_believed_but_counted(server):
    server.answer = always(reply(b"x" * 100, "Content-Length: 99999999"))

    assert refused() == Reason.UNREACHABLE


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "identity, gzip", "GZIP"])
def test_compressed_answer_is_not_unpacked(server, coding):
    bomb = gzip.compress(b"x" * 50_000_000)
    server.answer = always(reply(bomb, f"Content-Encoding: {coding}"))

    assert len(bomb) < 100_000
    assert refused() == Reason.COMPRESSED


# Too slow


@pytest.fixture
def short(monkeypatch):
    """A second in all; what answers after two would still be good."""
    monkeypatch.setattr(safe_http, "TIMEOUT_SECONDS", 1)
    began = time.monotonic()
    yield
    assert time.monotonic() - began < 1.9


def drip(answer, *, seconds=2.5):
    """Sends the answer evenly, a bit at a time, so that no single read is slow."""

    def send(path, connection):
        step = max(1, len(answer) // 25)
        for at in range(0, len(answer), step):
            connection.sendall(answer[at : at + step])
            time.sleep(seconds / 25)

    return send


def test_answer_that_drips_is_cut_off(server, short):
    server.answer = drip(reply(FILE * 20))

    assert refused() == Reason.SLOW


def test_body_that_drips_is_cut_off(server, short):
    def send(path, connection):
        connection.sendall(reply(b""))
        drip(FILE)(path, connection)

    server.answer = send

    assert refused() == Reason.SLOW


def test_silence_is_cut_off(server, short):
    server.answer = lambda path, connection: time.sleep(2.5)

    assert refused() == Reason.SLOW


@pytest.mark.skipif(sys.platform != "linux", reason="others answer when the queue is full")
def test_connection_that_is_not_taken_is_cut_off(names, short):
    with ExitStack() as stack:
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _each in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        names.answers[HOST] = [[full.getsockname()]]

        assert refused() == Reason.SLOW


def test_handshake_that_never_comes_is_cut_off(start, names, short):
    names.answers[HOST] = [[start(shakes_after=5).place]]

    assert refused() == Reason.SLOW


def test_handshake_may_take_longer_than_connecting(start, names, monkeypatch):
    monkeypatch.setattr(safe_http, "CONNECT_TIMEOUT_SECONDS", 0.2)
    server = start(shakes_after=0.5)
    names.answers[HOST] = [[server.place]]
    server.answer = always(reply(FILE))

    assert safe_http.fetch_file(f"https://{HOST}/") == FILE


def test_name_that_takes_long_to_find_is_cut_off(server, monkeypatch, names, short):
    def slow(*asked, **options):
        time.sleep(2.5)
        return names(*asked, **options)

    monkeypatch.setattr(safe_http, "lookup", slow)

    assert refused() == Reason.SLOW


def test_redirects_share_one_deadline(server, short):
    def send(path, connection):
        time.sleep(0.6)
        connection.sendall(reply(FILE) if path == "/aa" else redirect(f"{path}a"))

    server.answer = send

    assert refused() == Reason.SLOW


# Not who it should be, or no answer


def test_certificate_of_another_name_is_refused(start, names):
    server = start("other.example")
    names.answers[HOST] = [[server.place]]

    assert refused() == Reason.CERTIFICATE
    assert server.requests == []


def test_certificate_of_the_place_but_not_of_the_name_is_refused(server, names):
    names.answers["other.example"] = [[server.place]]

    assert refused("https://other.example/") == Reason.CERTIFICATE
    assert server.requests == []


def test_certificate_that_nobody_vouches_for_is_refused(start, names):
    server = start(by=trustme.CA())
    names.answers[HOST] = [[server.place]]

    assert refused() == Reason.CERTIFICATE
    assert server.requests == []


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (reply(status="404 Not Found"), Reason.ERROR),
        (reply(status="500 Oops"), Reason.ERROR),
        (reply(status="204 No Content"), Reason.ERROR),
        (reply(status="206 Partial"), Reason.ERROR),
        (redirect("", status="304 Not Modified"), Reason.ERROR),
        (b"", Reason.UNREACHABLE),
        (b"SSH-2.0-OpenSSH\r\n", Reason.UNREACHABLE),
        (reply(b"", *(f"X-{n}: y" for n in range(200))), Reason.UNREACHABLE),
        (reply(b"zz\r\nx", "Transfer-Encoding: chunked"), Reason.UNREACHABLE),
    ],
)
def test_answer_that_is_no_file_is_refused(server, answer, reason):
    server.answer = always(answer)

    assert refused() == reason


def test_nobody_there_is_unreachable(names):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        names.answers[HOST] = [[closed.getsockname()]]

    assert refused() == Reason.UNREACHABLE


@pytest.mark.parametrize(
    "answer", [reply(status="500 Zqx"), redirect("https://x\x01zqx/"), b"zqx\r\n\r\n", b""]
)
def test_refusal_repeats_neither_the_address_nor_the_answer(server, caplog, answer):
    caplog.set_level(0)
    server.answer = always(answer)

    with pytest.raises(CalendarRefused) as caught:
        safe_http.fetch_file(f"https://{HOST}{SECRET}")

    told = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert SECRET not in told
    assert HOST not in told.replace(__file__, "")
    assert "zqx" not in told.lower()
