"""From where someone signs in: the address, and whether we know the browser."""

import ipaddress
import secrets
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from users.models import User

KNOWN_BROWSER_COOKIE = "__Host-known" if settings.PRODUCTION else "known"
SALT = "staff.known-browser"
KNOWN_BROWSER_MAX_AGE = timedelta(days=180)
# On a shared computer the last few people are known.
MAX_USERS = 8

BROWSERS = [
    ("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox", "Firefox"), ("FxiOS", "Firefox"),
    ("Chrome", "Chrome"), ("CriOS", "Chrome"), ("Safari", "Safari"),
]  # fmt: skip
SYSTEMS = [
    ("iPhone", "an iPhone"), ("iPad", "an iPad"), ("Android", "Android"), ("Windows", "Windows"),
    ("Macintosh", "a Mac"), ("CrOS", "ChromeOS"), ("Linux", "Linux"),
]  # fmt: skip


def client_address(request: HttpRequest) -> str:
    """Where the request comes from, as our own proxies saw it; what others wrote is ignored.

    Each of the PROXIES in front of us adds the address it saw at the end of the
    header. An IPv6 address stands for its network: one person has billions of them.
    """
    seen = request.META.get("REMOTE_ADDR", "")
    if settings.PROXIES:
        # From the end: what stands before the entries of our own proxies anybody may have written.
        hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        seen = hops[-settings.PROXIES :][0].strip() or seen
    return normalize_address(seen)


def normalize_address(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:50]
    if found.version == 6:
        return str(found.ipv4_mapped or ipaddress.ip_network((int(found), 64), strict=False))
    return str(found)


def describe_origin(request: HttpRequest) -> dict[str, str]:
    """The network that a failed try came from, and the kind of browser, for the audit.

    A network and no address: enough to see that many tries have one origin and to have it blocked,
    too little to follow a colleague who mistyped.
    """
    address = client_address(request).split("/")[0]
    return {"network": widen_address(address), "browser": describe_browser(request)}


def widen_address(address: str) -> str:
    """The /24 of an IPv4 address, the /48 of an IPv6 one; nothing for what is none."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 48), strict=False))


def read_cookie(request: HttpRequest) -> dict:
    """What the browser's cookie says: its own name, and who has signed in with it."""
    try:
        return signing.loads(
            request.COOKIES.get(KNOWN_BROWSER_COOKIE, ""), salt=SALT, max_age=KNOWN_BROWSER_MAX_AGE
        )
    except signing.BadSignature:
        return {"name": secrets.token_urlsafe(12), "users": []}


def read_browser_name(request: HttpRequest) -> str:
    """The name in the cookie of a browser that somebody has signed in with; empty without one."""
    kept = read_cookie(request)
    return kept["name"] if kept["users"] else ""


def remember_browser(response: HttpResponse, request: HttpRequest, user: User) -> None:
    """Know this browser for the next time; it opens nothing, it only waits for nobody else."""
    kept = read_cookie(request)
    kept["users"] = [user.pk, *(pk for pk in kept["users"] if pk != user.pk)][:MAX_USERS]
    response.set_cookie(
        KNOWN_BROWSER_COOKIE,
        signing.dumps(kept, salt=SALT),
        max_age=KNOWN_BROWSER_MAX_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def describe_browser(request: HttpRequest) -> str:
    """The browser and the system in plain words; nothing else is kept of them."""
    agent = request.headers.get("User-Agent", "")
    browser = first_match(BROWSERS, agent) or "A browser"
    system = first_match(SYSTEMS, agent)
    return f"{browser} on {system}" if system else browser


def first_match(names: list[tuple[str, str]], agent: str) -> str:
    return next((word for sign, word in names if sign in agent), "")
