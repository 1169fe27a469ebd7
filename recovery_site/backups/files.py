"""A backup on disk: one encrypted file, and beside it what anybody may know of it."""

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from .faults import BackupFault

FILE, NOTE, DRAFT = ".age", ".json", ".part"
NAME = re.compile(r"recovery-\d{8}T\d{6}Z-[A-Za-z0-9._-]{1,40}")
CHUNK = 1 << 20


@dataclass(frozen=True)
class Manifest:
    """What a backup is, without a word about anybody; how many rows is for the key's holder."""

    name: str
    made_at: str
    release: str
    postgres: int
    migrations: list[str]
    size: int
    sha256: str
    counts: str


class CountedFile:
    """A file that knows the size and digest of what went through it, and why it stopped."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.size, self.sha256 = file, 0, hashlib.sha256()
        self.fault: OSError | None = None

    def write(self, data: bytes) -> int:
        try:
            self.file.write(data)
        except OSError as fault:
            self.fault = fault
            raise
        self.note(data)
        return len(data)

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(size)
        self.note(data)
        return data

    def note(self, data: bytes) -> None:
        self.size += len(data)
        self.sha256.update(data)

    def flush(self) -> None:
        self.file.flush()


def make_name(made_at: datetime, release: str) -> str:
    return f"recovery-{made_at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{release}"


@contextmanager
def hold_folder(folder: Path) -> Iterator[None]:
    """Make the folder, keep it for us alone, and clear what a killed backup left there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for draft in folder.glob(f"*{DRAFT}"):
            draft.unlink()
        yield
        os.fsync(handle)
    except BlockingIOError:
        raise BackupFault(f"Another backup is being written into {folder}.") from None
    finally:
        os.close(handle)


@contextmanager
def draft_of(path: Path) -> Iterator[IO[bytes]]:
    """A file that gets its name once it is whole and on the disk, and is gone if it never is."""
    draft = path.with_name(path.name + DRAFT)
    opened = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(opened, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def write_manifest(folder: Path, manifest: Manifest) -> None:
    text = json.dumps(asdict(manifest), indent=1) + "\n"
    with draft_of(folder / f"{manifest.name}{NOTE}") as file:
        file.write(text.encode())


def read_manifest(path: Path) -> Manifest:
    """What stands beside a backup; a fault unless the two belong together by name."""
    note = path.with_suffix(NOTE)
    try:
        manifest = Manifest(**json.loads(note.read_text()))
    except (OSError, ValueError, TypeError):
        raise BackupFault(
            f"{note} is missing or no manifest: it stands beside each backup."
        ) from None
    if manifest.name != path.stem or path.suffix != FILE or not path.is_file():
        raise BackupFault(
            f"{path} is no backup: a file of ours ends in {FILE}, as {note} names it."
        )
    return manifest


def check_digest(path: Path, manifest: Manifest) -> None:
    """Refuse a file that is not, byte for byte, the one that was written."""
    with path.open("rb") as file:
        counted = CountedFile(file)
        while counted.read(CHUNK):
            pass
    if counted.size != manifest.size:
        raise BackupFault(f"{path} has {counted.size} bytes and was written with {manifest.size}.")
    if counted.sha256.hexdigest() != manifest.sha256:
        raise BackupFault(f"{path} was changed since it was written: its digest differs.")


def find_backups(folder: Path) -> list[Path]:
    """Whole backups of ours, the oldest first."""
    return sorted(path for path in folder.glob(f"*{FILE}") if NAME.fullmatch(path.stem))


def delete_older(folder: Path, *, than: datetime) -> int:
    """Delete backups of before that time, but never the newest; return how many."""
    limit = make_name(than, "")
    old = [path for path in find_backups(folder)[:-1] if path.stem < limit]
    for path in old:
        path.unlink()
        path.with_suffix(NOTE).unlink(missing_ok=True)
    return len(old)
