"""Hashes by which a value is found again without being kept; nobody makes them without our keys.

Each purpose has keys of its own, derived from those that encrypt texts. The newest makes what is
stored; a search asks for what every key makes, so that rows from before a change are still found.
"""

import hmac
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
    data = value.encode("utf-8", "surrogatepass")
    return hmac.digest(hash_key(key, purpose), data, "sha256")


@lru_cache(maxsize=64)
def hash_key(key: str, purpose: str) -> bytes:
    return derive_key(key, f"hashes for {purpose}")
