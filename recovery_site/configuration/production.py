"""What production refuses to start with: settings that are missing, weak or unsafe."""

import math
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from urllib.parse import SplitResult, parse_qsl, urlsplit

from environ import Env

from . import email_settings

REQUIRED = (
    "DATABASE_URL", "REDIS_URL", "EMAIL_URL", "SECRET_KEY",
    "FIELD_KEYS", "ALLOWED_HOSTS", "SITE_URL", "ADMISSIONS_LINE",
)  # fmt: skip
KEYS, KEY_LISTS = ("SECRET_KEY", "AUDIT_KEY"), (
    "FIELD_KEYS", "SECRET_KEY_FALLBACKS", "AUDIT_KEY_FALLBACKS",
)  # fmt: skip
NUMBERS = ("PROXIES", "REQUEST_LIMIT_FACTOR")
NUMBER_PATTERN = re.compile(r"(-?\d{1,6})?", re.ASCII)
ADDRESSES = ("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "SITE_URL")
MIN_KEY_LENGTH = 50
# More than anyone can try out, and less than the least of 50 random hexadecimal digits shows.
MIN_KEY_BITS = 150
THIS_MACHINE = {"", "localhost", "127.0.0.1", "::1"}
# What may go unencrypted beyond this machine, once ACCEPT_UNENCRYPTED names it: over a network
# that encrypts by itself, say.
CHANNELS = {"http", "postgres", "redis", "smtp"}
ENCRYPTED_SSLMODES = {"require", "verify-ca", "verify-full"}
POSTGRES_SCHEMES = {"postgres", "postgresql", "psql", "pgsql"}


def find_unreadable(env: Env) -> list[str]:
    """One sentence for each number or address that is none, in production and elsewhere."""
    return [
        *(
            f"{name} must be a whole number."
            for name in NUMBERS
            if not NUMBER_PATTERN.fullmatch(env.str(name, default=""))
        ),
        *(
            f"{name} is no address that can be read."
            for name in ADDRESSES
            if not is_readable(env.str(name, default=""))
        ),
    ]


def is_readable(address: str) -> bool:
    try:
        return urlsplit(address).port != 0
    except ValueError:
        return False


def read_number(env: Env, name: str, *, default: int) -> int:
    """The number in the environment; one that is empty was not set."""
    return int(env.str(name, default="") or default)


def find_problems(env: Env) -> list[str]:
    """One sentence for each thing that production must not start with; empty if all is well."""
    if unreadable := find_unreadable(env):
        return unreadable
    if missing := [name for name in REQUIRED if not env.str(name, default="")]:
        return [f"Production needs {', '.join(missing)}: see README."]
    return [*host_problems(env), *key_problems(env), *address_problems(env), *channel_problems(env)]


def host_problems(env: Env) -> Iterator[str]:
    if env.bool("DEBUG", default=False):
        yield "DEBUG shows secrets: unset it to serve public hosts."
    if "*" in env.list("ALLOWED_HOSTS"):
        yield "ALLOWED_HOSTS must name the hosts, not '*'."
    if read_number(env, "PROXIES", default=1) < 0:
        yield "PROXIES counts the proxies in front: 0 or more."
    if read_number(env, "REQUEST_LIMIT_FACTOR", default=1) < 0:
        yield "REQUEST_LIMIT_FACTOR is 1 for one center, and 0 for no limits."
    if env.str("FAILPOINT", default=""):
        yield "FAILPOINT kills workers on purpose: unset it in production."


def key_problems(env: Env) -> Iterator[str]:
    alone = [(name, env.str(name, default="")) for name in KEYS]
    listed = [(name, key) for name in KEY_LISTS for key in env.list(name, default=[])]
    for name, key in [*alone, *listed]:
        if key and is_weak_key(key):
            yield (
                f"{name} needs {MIN_KEY_LENGTH} or more random characters:"
                ' python3 -c "import secrets; print(secrets.token_urlsafe(50))"'
            )

    if env.str("SECRET_KEY") in env.list("FIELD_KEYS"):
        yield "FIELD_KEYS must differ from SECRET_KEY, which changes without the data."


def is_weak_key(key: str) -> bool:
    is_short = len(key) < MIN_KEY_LENGTH or key.startswith("django-insecure")
    return is_short or estimate_key_bits(key) < MIN_KEY_BITS


def estimate_key_bits(key: str) -> float:
    """At most how many random bits a key holds, as far as its characters tell.

    The smaller of Shannon's entropy of its characters, which "aaaa" has not, and of its length
    when compressed, which "abcdabcd" has not. What compresses to nothing still takes 11 bytes.
    """
    counts = Counter(key).values()
    shannon = sum(count * math.log2(len(key) / count) for count in counts)
    return min(shannon, 8 * (len(zlib.compress(key.encode(), 9)) - 11))


def address_problems(env: Env) -> Iterator[str]:
    site, database = urlsplit(env.str("SITE_URL")), urlsplit(env.str("DATABASE_URL"))
    if site.scheme not in {"http", "https"} or not site.hostname or site.path.strip("/"):
        yield "SITE_URL must be like https://admissions.example.org, without a path."
    asked = [name for name, _value in parse_qsl(database.query)]
    if {"host", "hostaddr"} & set(asked) or len(asked) > len(set(asked)):
        yield "DATABASE_URL must name its host before the path, and each option once."
    if database.scheme not in POSTGRES_SCHEMES:
        yield "DATABASE_URL must be like postgres://user:password@host:5432/name."
    if urlsplit(env.str("REDIS_URL")).scheme not in {"redis", "rediss", "unix"}:
        yield "REDIS_URL must be like rediss://:password@host:6379/0."
    if problem := email_settings.find_problem(env.str("EMAIL_URL")):
        yield problem


def channel_problems(env: Env) -> Iterator[str]:
    """What would travel unencrypted beyond this machine without anyone having accepted that."""
    accepted = set(env.list("ACCEPT_UNENCRYPTED", default=[]))
    if unknown := sorted(accepted - CHANNELS):
        yield f"ACCEPT_UNENCRYPTED knows {', '.join(sorted(CHANNELS))}, not {', '.join(unknown)}."
    for channel, variable, remedy in (
        ("http", "SITE_URL", "begin with https://"),
        ("postgres", "DATABASE_URL", "end with ?sslmode=verify-full"),
        ("redis", "REDIS_URL", "begin with rediss://"),
        ("smtp", "EMAIL_URL", "begin with smtp+tls://"),
    ):
        url = urlsplit(env.str(variable))
        if channel not in accepted and is_beyond(url) and not is_encrypted(channel, url):
            yield (
                f"{variable} sends what people tell us unencrypted: let it {remedy}, or set"
                f" ACCEPT_UNENCRYPTED={channel} if the network encrypts by itself."
            )


def is_beyond(url: SplitResult) -> bool:
    """Whether it leads to another machine; a socket is a path on this one."""
    return (url.hostname or "") not in THIS_MACHINE and not (url.hostname or "").startswith("%2f")


def is_encrypted(channel: str, url: SplitResult) -> bool:
    if channel == "postgres":
        options = dict(pair.partition("=")[::2] for pair in url.query.split("&"))
        return options.get("sslmode", "") in ENCRYPTED_SSLMODES
    if channel == "smtp":
        return url.scheme in email_settings.ENCRYPTED_SCHEMES
    return url.scheme in {"https", "rediss"}
