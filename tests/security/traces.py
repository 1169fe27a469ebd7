"""Where a person could leave a trace, and what looks for one there."""

import base64
import binascii
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote_plus

import redis

from admissions.accounts.models import Session

# Long enough that no ciphertext holds one by chance.
TRACES = re.compile(r"canary|5550177|555-0177|555 0177", re.IGNORECASE)
ENCODED = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")


@dataclass
class Places:
    """All that a visit could be read from afterwards, but for the tables of admissions."""

    redis_url: str
    logs: dict[str, tuple[Path, int]]  # the file, and where what is ours begins in it
    addresses: list[str] = field(default_factory=list)
    cookies: list[str] = field(default_factory=list)
    payloads: list[str] = field(default_factory=list)  # tasks as they waited in the queue
    error_mails: list = field(default_factory=list)

    def texts(self) -> dict[str, str]:
        """What stands in each place now."""
        mails = [f"{each.as_string()} {each.get_content()}" for each in self.error_mails]
        kept = Session.objects.values_list("session_key", "session_data", "browser")
        return {
            **{name: read_from(file, at) for name, (file, at) in self.logs.items()},
            "Redis": "\n".join(dump(self.redis_url)),
            "payloads": "\n".join(self.payloads),
            "error mails": "\n".join(mails),
            "addresses": "\n".join(self.addresses),
            "cookies": "\n".join(self.cookies),
            "sessions": "\n".join(" ".join(row) for row in kept),
        }

    def find(self) -> dict[str, list[str]]:
        """The traces in each place that has any."""
        found = {name: find_traces(text) for name, text in self.texts().items()}
        return {name: traces for name, traces in found.items() if traces}


def read_from(file: Path, at: int) -> str:
    with file.open("rb") as log:
        log.seek(at)
        return log.read().decode(errors="replace")


def find_traces(text: str) -> list[str]:
    """Also in what is written as in an address, or in base64."""
    decoded = [decode(each) for each in ENCODED.findall(text)]
    return TRACES.findall("\n".join([text, unquote_plus(text), *decoded]))


def decode(text: str) -> str:
    """What base64 says; nothing where it is none."""
    plain = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4)).decode(errors="replace")
    except binascii.Error:
        return ""


def dump(url: str) -> list[str]:
    """Every key of this Redis with all that it holds."""
    with redis.from_url(url, decode_responses=True, encoding_errors="replace") as store:
        return [f"{key} {read_key(store, key)}" for key in store.scan_iter()]


def read_key(store: redis.Redis, key: str) -> object:
    readers = {
        "string": store.get,
        "hash": store.hgetall,
        "set": store.smembers,
        "list": lambda name: store.lrange(name, 0, -1),
        "zset": lambda name: store.zrange(name, 0, -1, withscores=True),
    }
    return readers[store.type(key)](key)
