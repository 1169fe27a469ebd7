"""Writes a quarter of the audit with its seals into an encrypted file, and reads it back."""

import json
import zlib
from collections.abc import Iterator
from pathlib import Path

import pyrage

from admissions.audit import archives, seal_chain, verification
from admissions.audit.archives import ArchiveRefused, Quarter
from admissions.audit.models import AuditArchive, AuditSeal
from recovery_site.backups import encryption, files

from . import reading


class LineStream:
    """Compressed lines as a file to read from; keeps what a line could not be made for."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self.lines, self.zip, self.ready = lines, zlib.compressobj(), b""
        self.is_over = False
        self.fault: Exception | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            while not self.is_over and not len(self.ready) >= size > 0:
                self.take_line()
        except Exception as fault:
            self.fault = fault
            raise
        end = size if size > 0 else len(self.ready)
        given, self.ready = self.ready[:end], self.ready[end:]
        return given

    def take_line(self) -> None:
        line = next(self.lines, None)
        if line is None:
            self.ready += self.zip.flush()
            self.is_over = True
        else:
            self.ready += self.zip.compress(line + b"\n")


class QuarterLines:
    """The lines of a file: what it holds, each seal followed by its events, and the end."""

    def __init__(self, quarter: Quarter, last: int) -> None:
        self.quarter, self.last, self.events = quarter, last, 0
        self.before = seal_chain.archived_head()
        self.head = ""

    def __iter__(self) -> Iterator[bytes]:
        begins, ends = map(
            seal_chain.canonical_value, (self.quarter.begins_at, self.quarter.ends_at)
        )
        yield line(
            reading.HEADER,
            format=reading.FORMAT,
            begins_at=begins,
            ends_at=ends,
            first_seal=self.before.number + 1,
            previous=self.before.digest,
        )
        for sealed in archives.seals_up_to(self.last):
            yield from self.lines_of(sealed)
        yield line(reading.END, last_seal=self.last, events=self.events)

    def lines_of(self, sealed: AuditSeal) -> Iterator[bytes]:
        if fault := next(verification.find_seal_faults(sealed), None):
            raise ArchiveRefused(
                f"Seal {sealed.number} {fault.description}: run manage.py verify_audit."
            )
        values = {
            name: seal_chain.canonical_value(getattr(sealed, name)) for name in reading.SEAL_COLUMNS
        }
        yield line(reading.SEAL, **values)
        form = sealed.format_version
        place = seal_chain.COLUMNS_BY_FORMAT[form].index("at")
        for row in seal_chain.fetch_event_rows(sealed.ids, form):
            self.events += self.quarter.begins_at <= row[place] < self.quarter.ends_at  # type: ignore[operator]
            yield reading.EVENT + b" " + seal_chain.serialize_event(row, form)
        self.head = sealed.digest


def line(kind: bytes, **values: object) -> bytes:
    return kind + b" " + json.dumps(values).encode()


def write_archive(
    quarter: Quarter, folder: Path, recipients: encryption.Recipients
) -> AuditArchive:
    """Write and prove the file of a quarter; return the row that will stand for it, not stored.

    A key that only this process has opens it as well, so that it can be read back on a machine
    that must not hold the private one; that key is gone with the process. A file of the same name
    is that of a run that was killed before it took anything out.
    """
    last = archives.find_last_seal(quarter)
    made = QuarterLines(quarter, last)
    once = pyrage.x25519.Identity.generate()
    name = f"audit-{quarter.label}-seals-{made.before.number + 1}-{last}"
    path = folder / f"{name}{files.FILE}"
    with files.draft_of(path) as file:
        written = files.CountedFile(file)
        encryption.encrypt(LineStream(iter(made)), written, [*recipients, once.to_public()])
    if made.events != archives.count_events(quarter):
        path.unlink()
        raise ArchiveRefused("It holds events without a seal: run manage.py verify_audit.")
    proof = reading.read_archive(path, [once])
    if (proof.number, proof.previous, proof.events) != (last, made.head, made.events):
        raise ArchiveRefused(f"{path} does not read back as it was written.")
    return AuditArchive(
        begins_at=quarter.begins_at,
        ends_at=quarter.ends_at,
        first_seal=made.before.number + 1,
        last_seal=last,
        head=made.head,
        top=made.before.top,
        events=made.events,
        name=path.name,
        size=written.size,
        sha256=written.sha256.hexdigest(),
    )
