"""Reads an archive of the audit as it is decrypted, and checks every seal in it."""

import json
import zlib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from admissions.audit.models import AuditSeal
from admissions.audit.seal_chain import COLUMNS_BY_FORMAT
from admissions.audit.verification import digest_matches, known_keys
from recovery_site.backups import encryption, files
from recovery_site.backups.faults import BackupFault

FORMAT = 1
HEADER, SEAL, EVENT, END = b"H", b"S", b"E", b"Z"
SEAL_COLUMNS = [
    "number", "format_version", "previous", "ids", "marks", "count", "top", "digest", "sealed_at",
]  # fmt: skip


@dataclass
class ArchiveReader:
    """A sink for what age decrypts; raises BackupFault at the first thing that does not hold."""

    heads: dict[int, str] = field(default_factory=dict)
    events: int = 0
    header: dict[str, Any] = field(default_factory=dict)
    is_complete: bool = False
    fault: Any = None

    def __post_init__(self) -> None:
        self.unzip = zlib.decompressobj()
        self.rest = b""
        self.sealed: AuditSeal | None = None
        self.lines: list[bytes] = []
        self.previous, self.number = "", 0

    def write(self, data: bytes) -> int:
        try:
            *lines, self.rest = (self.rest + self.unzip.decompress(data)).split(b"\n")
            for line in lines:
                self.take(line[:1], line[2:])
        except (zlib.error, ValueError, KeyError, TypeError) as trouble:
            self.fault = BackupFault(f"It is no archive of the audit: {trouble}.")
        except BackupFault as fault:
            self.fault = fault
        if self.fault:
            raise OSError("refused")
        return len(data)

    def flush(self) -> None:
        pass

    def take(self, kind: bytes, text: bytes) -> None:
        if kind == EVENT:
            self.lines.append(text)
            return
        self.finish_seal()
        said = json.loads(text)
        if kind == HEADER:
            self.header, self.number = said, said["first_seal"] - 1
            self.previous = said["previous"]
        elif kind == SEAL:
            said["sealed_at"] = datetime.fromisoformat(said["sealed_at"])
            self.sealed = AuditSeal(**{name: said[name] for name in SEAL_COLUMNS})
        elif kind == END:
            self.finish(said)

    def finish_seal(self) -> None:
        """Check the seal whose events have all come."""
        sealed, lines = self.sealed, self.lines
        self.sealed, self.lines = None, []
        if sealed is None:
            return
        if sealed.number != self.number + 1 or sealed.previous != self.previous:
            raise BackupFault(f"Seal {sealed.number} does not follow the seal before it.")
        if sealed.format_version not in COLUMNS_BY_FORMAT or not holds(sealed, lines):
            raise BackupFault(
                f"Seal {sealed.number} was changed, or was sealed with a key that we do not have."
            )
        self.number, self.previous = sealed.number, sealed.digest
        self.heads[sealed.number] = sealed.digest
        begins, ends = self.header["begins_at"], self.header["ends_at"]
        self.events += sum(begins <= json.loads(each)["at"] < ends for each in lines)

    def finish(self, said: dict[str, Any]) -> None:
        if said != {"last_seal": self.number, "events": self.events}:
            raise BackupFault("Its end names other seals or events than it holds.")
        self.is_complete = True


def holds(sealed: AuditSeal, lines: list[bytes]) -> bool:
    ids = [json.loads(each)["id"] for each in lines]
    return ids == sealed.ids and any(digest_matches(sealed, lines, each) for each in known_keys())


def read_archive(path: Path, keys: encryption.Keys) -> ArchiveReader:
    """Check every seal of a file. Raises BackupFault for what does not hold, or is cut off."""
    reader = ArchiveReader()
    with path.open("rb") as file:
        encryption.decrypt(files.CountedFile(file), reader, keys)
    if not reader.is_complete:
        raise BackupFault("It ends too early.")
    return reader
