"""The only door to the outside: reads one file from an address that somebody gave us, or posts to
one.

Whoever gives an address must not reach inside with it. So: https on port 443
only; a name is resolved once, every address it has must be public, and the
connection goes to exactly one of those; each redirect starts over; the
certificate must fit the name; and one deadline and one size hold for the whole
answer. No proxy, cookie or credential is used. What the other side says is
never repeated: a refusal carries one of our own reasons.
"""

import io
import ipaddress
import queue
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPException, HTTPResponse, HTTPSConnection
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from django.utils.encoding import iri_to_uri

from admissions.scheduling.models import CalendarRefused, ExternalCalendar

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

TIMEOUT_SECONDS, CONNECT_TIMEOUT_SECONDS, POST_SECONDS = 30, 4, 15
# A secret address gives all the past, which nobody can shorten.
MAX_BYTES, MAX_HEADER_BYTES = 20 * 1024 * 1024, 64 * 1024
MAX_REDIRECTS = 3
REDIRECT_STATUSES = {301, 302, 303, 307, 308}
Reason = ExternalCalendar.Reason

HOST_PATTERN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
PUBLIC_IPV6 = ipaddress.ip_network("2000::/3")
NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True)
class Endpoint:
    """A host and what to ask of it: the parts of an https address that we use."""

    host: str
    target: str

    @property
    def address(self) -> str:
        return f"https://{self.host}{self.target}"


class Deadline:
    """The moment by which everything must be over."""

    def __init__(self, seconds: float):
        self.at = monotonic() + seconds

    def seconds_left(self) -> float:
        """Seconds still left, above zero; CalendarRefused once there are none."""
        left = self.at - monotonic()
        if left <= 0:
            raise CalendarRefused(Reason.SLOW)
        return left


def fetch_file(address: str) -> bytes:
    """What stands at this address, at most 20 MB within 30 seconds, or CalendarRefused."""
    deadline, place = Deadline(TIMEOUT_SECONDS), parse_address(address)
    for _hop in range(1 + MAX_REDIRECTS):
        answer = request_once(place, deadline)
        if isinstance(answer, bytes):
            return answer
        place = answer
    raise CalendarRefused(Reason.REDIRECTS)


def parse_address(address: str) -> Endpoint:
    """The place that an https or webcal address names, or CalendarRefused."""
    try:
        parts = urlsplit(address.strip())
        port, host = parts.port, (parts.hostname or "").encode("idna").decode().lower()
    except ValueError:
        raise CalendarRefused(Reason.BAD_ADDRESS) from None
    is_plain = (
        parts.scheme in ("https", "webcal")
        and port in (None, 443)
        and "@" not in parts.netloc
        and HOST_PATTERN.fullmatch(host)
        and not re.search(r"[\s\\\x00-\x1f\x7f]", address.strip())
    )
    if not is_plain:
        raise CalendarRefused(Reason.BAD_ADDRESS)
    query = f"?{parts.query}" if parts.query else ""
    return Endpoint(host, iri_to_uri(f"{parts.path or '/'}{query}"))


def request_once(place: Endpoint, deadline: Deadline) -> bytes | Endpoint:
    """One question on one connection: the file, or the place it has moved to."""
    with open_connection(place, deadline) as connection:
        connection.request("GET", place.target, headers=REQUEST_HEADERS)
        return read_response(connection.getresponse(), place)


def post(address: str, body: bytes, headers: dict[str, str]) -> int:
    """Send this within 15 seconds; return the status of the answer, or raise CalendarRefused.

    Nothing else of the answer is read, and no redirect followed.
    """
    place = parse_address(address)
    with open_connection(place, Deadline(POST_SECONDS)) as connection:
        connection.request("POST", place.target, body, headers | {"Connection": "close"})
        return connection.getresponse().status


@contextmanager
def open_connection(place: Endpoint, deadline: Deadline) -> Iterator[HTTPSConnection]:
    """A checked connection; whatever breaks on it is CalendarRefused with a reason of ours."""
    try:
        with open_tls_connection(place.host, deadline) as sock:
            connection = HTTPSConnection(place.host)
            # Given a socket, it opens none of its own.
            connection.sock = DeadlineSocket(sock, deadline)
            yield connection
    except ssl.SSLCertVerificationError:
        raise CalendarRefused(Reason.CERTIFICATE) from None
    except TimeoutError:
        raise CalendarRefused(Reason.SLOW) from None
    except (OSError, HTTPException, ValueError):
        # Their words may quote the address, so not even the traceback keeps them.
        raise CalendarRefused(Reason.UNREACHABLE) from None


REQUEST_HEADERS = {
    "Accept": "text/calendar",
    "Accept-Encoding": "identity",
    "Connection": "close",
    "User-Agent": "calendar-reader",
}


def read_response(response: HTTPResponse, place: Endpoint) -> bytes | Endpoint:
    if response.status in REDIRECT_STATUSES:
        return parse_address(urljoin(place.address, response.headers.get("Location", "")))
    if response.status != 200:
        raise CalendarRefused(Reason.ERROR)
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise CalendarRefused(Reason.COMPRESSED)
    file = response.read(MAX_BYTES + 1)
    if len(file) > MAX_BYTES:
        raise CalendarRefused(Reason.LARGE)
    if response.length:
        # It promised more than it sent.
        raise CalendarRefused(Reason.UNREACHABLE)
    return file


def open_tls_connection(host: str, deadline: Deadline) -> ssl.SSLSocket:
    """A TLS connection to an address of this host that was checked, and to no other."""
    plain = connect_to_first(require_public(resolve_host(host, deadline)), deadline)
    try:
        plain.settimeout(deadline.seconds_left())
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise


def connect_to_first(places: list[tuple], deadline: Deadline) -> socket.socket:
    """A connection to the first of these that takes one."""
    fault = OSError()
    for family, place in places:
        plain = socket.socket(family, socket.SOCK_STREAM)
        try:
            plain.settimeout(min(deadline.seconds_left(), CONNECT_TIMEOUT_SECONDS))
            plain.connect(place)
        except OSError as refused:
            plain.close()
            fault = refused
        else:
            return plain
    raise fault


def resolve_host(host: str, deadline: Deadline) -> list[tuple]:
    """(family, socket address) of every address that the name has now; asked once, in time."""
    answers: queue.SimpleQueue[list[tuple]] = queue.SimpleQueue()
    threading.Thread(target=partial(resolve_into_queue, host, answers), daemon=True).start()
    try:
        return answers.get(timeout=deadline.seconds_left())
    except queue.Empty:
        raise CalendarRefused(Reason.SLOW) from None


def resolve_into_queue(host: str, answers: queue.SimpleQueue) -> None:
    """The system's resolver knows no deadline, so it works in a thread of its own."""
    try:
        found = lookup(host, 443, type=socket.SOCK_STREAM)
    except (OSError, ValueError):
        found = []
    answers.put([(family, place) for family, _type, _proto, _name, place in found])


lookup = socket.getaddrinfo


def require_public(places: list[tuple]) -> list[tuple]:
    """The same places when all are public; no name and a private one look alike."""
    if not places or not all(is_public_ip(place[0]) for _family, place in places):
        raise CalendarRefused(Reason.NOT_PUBLIC)
    return places


def is_public_ip(address: str) -> bool:
    """Whether an IP address, or the IPv4 address that it wraps, is one of the open internet."""
    ip = ipaddress.ip_address(address)
    if ip.version == 6:
        wrapped: ipaddress.IPv4Address | ipaddress.IPv6Address | None
        wrapped = ip.ipv4_mapped or ip.sixtofour
        if ip in NAT64:
            wrapped = ipaddress.ip_address(int(ip) & 0xFFFFFFFF)
        if wrapped:
            return is_public_ip(str(wrapped))
        if ip not in PUBLIC_IPV6:
            return False
    return ip.is_global and not ip.is_multicast


class DeadlineSocket:
    """What http.client takes for its socket. It closes early, so whoever opened it closes it."""

    def __init__(self, sock: ssl.SSLSocket, deadline: Deadline):
        self.sock, self.deadline = sock, deadline

    def sendall(self, data: bytes) -> None:
        self.sock.settimeout(self.deadline.seconds_left())
        self.sock.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(LimitedReader(self.sock, self.deadline))

    def close(self) -> None:
        pass


class LimitedReader(io.RawIOBase):
    """Reads that all keep to one deadline and one budget of bytes, headers included."""

    def __init__(self, sock: ssl.SSLSocket, deadline: Deadline):
        self.sock, self.deadline, self.budget = sock, deadline, MAX_BYTES + MAX_HEADER_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        self.sock.settimeout(self.deadline.seconds_left())
        count = self.sock.recv_into(buffer)
        self.budget -= count
        if self.budget < 0:
            raise CalendarRefused(Reason.LARGE)
        return count
