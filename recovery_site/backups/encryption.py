"""Streams into and out of age: in pieces of 64 kB, each with a seal, and the last one marked."""

import json
from typing import Any, Protocol

import pyrage

from .faults import BackupFault

Recipients = list[pyrage.x25519.Recipient]
Keys = list[pyrage.x25519.Identity]


class Source(Protocol):
    fault: Exception | None

    def read(self, size: int = -1) -> bytes: ...


class Sink(Protocol):
    fault: OSError | None

    def write(self, data: bytes) -> int: ...
    def flush(self) -> None: ...


def encrypt(source: Source, sink: Sink, recipients: Recipients) -> None:
    """Encrypt until the source ends; a fault of either end is raised as it is."""
    try:
        pyrage.encrypt_io(source, sink, recipients)
    except pyrage.EncryptError as trouble:
        raise source.fault or sink.fault or BackupFault(str(trouble)) from None


def decrypt(source: Any, sink: Sink, keys: Keys) -> None:
    """Decrypt to the end; refuse another's key, a changed byte and an end that was cut off."""
    try:
        pyrage.decrypt_io(source, sink, keys)
    except (pyrage.DecryptError, OSError) as trouble:
        raise sink.fault or BackupFault(f"The file does not open: {trouble}.") from None


def seal_counts(counts: dict[str, int], recipients: Recipients) -> str:
    """How many rows there are, as text that only a holder of a key reads."""
    return pyrage.encrypt(json.dumps(counts).encode(), recipients, armored=True).decode()


def open_counts(sealed: str, keys: Keys) -> dict[str, int]:
    try:
        return json.loads(pyrage.decrypt(sealed.encode(), keys))
    except pyrage.DecryptError:
        raise BackupFault("This key does not open the backup: it was made for another.") from None
