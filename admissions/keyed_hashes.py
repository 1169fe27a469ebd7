"""Hashes by which a value is found again without being kept; nobody makes them without our keys.

Each purpose has keys of its own, derived from those that encrypt texts. The newest makes what is
stored; a search asks for what every key makes, so that rows from before a change are still found.
"""

import hashlib
from functools import lru_cache

from .encryption import current_keys, derive_key, key_prefix


def hash_value(value: str, *, purpose: str) -> str:
    """What stands for the value in the database: the id of the newest key, and the hash."""
    return all_hashes(value, purpose=purpose)[0]


def all_hashes(value: str, *, purpose: str) -> list[str]:
    """What each key makes of the value, the newest first."""
    return [key_prefix(key) + digest(key, purpose, value).hex() for key in current_keys()]


def number_of(key: str, value: str, *, purpose: str) -> int:
    """The hash as a signed integer of 64 bits, as arrays of Postgres hold it."""
    return int.from_bytes(digest(key, purpose, value)[:8], signed=True)


def digest(key: str, purpose: str, value: str) -> bytes:
    """HMAC-SHA256, with the key's own part done before: a request has some thirty tokens, and
    `hmac.digest` would take seven times as long for each.
    """
    inner, outer = (begun.copy() for begun in begin_digest(key, purpose))
    inner.update(value.encode("utf-8", "surrogatepass"))
    outer.update(inner.digest())
    return outer.digest()


@lru_cache(maxsize=64)
def begin_digest(key: str, purpose: str) -> tuple["hashlib._Hash", "hashlib._Hash"]:
    block = derive_key(key, f"hashes for {purpose}").ljust(64, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in block) for pad in (0x36, 0x5C))
    return hashlib.sha256(inner), hashlib.sha256(outer)
