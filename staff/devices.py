"""From where someone signs in: the address, and whether we know the browser."""

import ipaddress
import secrets
from datetime import timedelta

from django.conf import settings
from django.core import signing

COOKIE = "__Host-known" if settings.PRODUCTION else "known"
SALT = "staff.known-browser"
KNOWN_FOR = timedelta(days=180)
# On a shared computer the last few people are known.
MOST_PEOPLE = 8

BROWSERS = [
    ("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox", "Firefox"), ("FxiOS", "Firefox"),
    ("Chrome", "Chrome"), ("CriOS", "Chrome"), ("Safari", "Safari"),
]  # fmt: skip
SYSTEMS = [
    ("iPhone", "an iPhone"), ("iPad", "an iPad"), ("Android", "Android"), ("Windows", "Windows"),
    ("Macintosh", "a Mac"), ("CrOS", "ChromeOS"), ("Linux", "Linux"),
]  # fmt: skip


def address_of(request) -> str:
    """Where the request comes from, as our own proxies saw it; what others wrote is ignored.

    Each of the PROXIES in front of us adds the address it saw at the end of the
    header. An IPv6 address stands for its network: one person has billions of them.
    """
    seen = request.META.get("REMOTE_ADDR", "")
    if settings.PROXIES:
        hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        seen = hops[-settings.PROXIES :][0].strip() or seen
    return network_of(seen)


def network_of(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:50]
    if found.version == 6:
        found = found.ipv4_mapped or ipaddress.ip_network((int(found), 64), strict=False)
    return str(found)


def known(request) -> dict:
    """What the browser's cookie says: its own name, and who has signed in with it."""
    try:
        return signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=KNOWN_FOR)
    except signing.BadSignature:
        return {"name": secrets.token_urlsafe(12), "users": []}


def remember(response, request, user) -> None:
    """Know this browser for the next time; it opens nothing, it only waits for nobody else."""
    kept = known(request)
    kept["users"] = [user.pk, *(pk for pk in kept["users"] if pk != user.pk)][:MOST_PEOPLE]
    response.set_cookie(
        COOKIE,
        signing.dumps(kept, salt=SALT),
        max_age=KNOWN_FOR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def in_words(request) -> str:
    """The browser and the system in plain words; nothing else is kept of them."""
    agent = request.headers.get("User-Agent", "")
    browser = first_of(BROWSERS, agent) or "A browser"
    system = first_of(SYSTEMS, agent)
    return f"{browser} on {system}" if system else browser


def first_of(names: list[tuple[str, str]], agent: str) -> str:
    return next((word for sign, word in names if sign in agent), "")
