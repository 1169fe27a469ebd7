"""Writes a backup: pg_dump's stream is encrypted as it comes, and counted in its own snapshot."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from . import encryption, files, postgres
from .faults import BackupFault

DUMP = ("--format", "custom", "--no-password")


class DumpStream:
    """What pg_dump writes; its end is a fault unless pg_dump ended well.

    So a stream that was cut off is never finished as if it were whole.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.fault: Exception | None = None

    def read(self, size: int = -1) -> bytes:
        data = self.process.stdout.read(size) if self.process.stdout else b""
        if not data and self.process.wait() != 0:
            self.fault = BackupFault(postgres.describe_end("pg_dump", self.process))
            raise self.fault
        return data


def make_backup(folder: Path, recipients: encryption.Recipients) -> files.Manifest:
    """Write a backup and its manifest, or neither."""
    made_at = timezone.now()
    name = files.make_name(made_at, read_release())
    with files.hold_folder(folder), postgres.connect() as server:
        migrations = applied_migrations()
        server.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        major = postgres.server_major(server)
        with files.draft_of(folder / f"{name}{files.FILE}") as file:
            written = files.CountedFile(file)
            write_dump(server, written, recipients)
            counts = encryption.seal_counts(postgres.count_rows(server), recipients)
            manifest = files.Manifest(
                name=name,
                made_at=made_at.isoformat(timespec="seconds"),
                release=read_release(),
                postgres=major,
                migrations=migrations,
                size=written.size,
                sha256=written.sha256.hexdigest(),
                counts=counts,
            )
            files.write_manifest(folder, manifest)
    return manifest


def write_dump(
    server: psycopg.Connection[Any], sink: files.CountedFile, recipients: encryption.Recipients
) -> None:
    """Stream what this connection's transaction sees."""
    row = server.execute("SELECT pg_export_snapshot()").fetchone()
    process = postgres.start_program(
        "pg_dump", *DUMP, "--snapshot", row[0] if row else "",
        database=connection.settings_dict["NAME"],
        major=postgres.server_major(server),
        stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        encryption.encrypt(DumpStream(process), sink, recipients)
    finally:
        postgres.end_program(process)


def applied_migrations() -> list[str]:
    """The migrations of this database; a fault where it holds no site at all."""
    applied = MigrationRecorder(connection).applied_migrations()
    if not applied:
        raise BackupFault("This database holds no site yet.")
    return sorted(".".join(each) for each in applied)


def read_release() -> str:
    """Which release runs: as RELEASE says, by its folder, or by its commit."""
    folder = settings.BASE_DIR
    found = os.environ.get("RELEASE", "")
    if not found and folder.parent.name == "releases":
        found = folder.name
    if not found and (folder / ".git").exists():
        command = ["git", "-C", str(folder), "rev-parse", "--short", "HEAD"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        found = done.stdout.strip()
    return re.sub(r"[^A-Za-z0-9.]+", ".", found)[:40] or "unknown"
