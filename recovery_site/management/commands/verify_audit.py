"""Checks every seal of the audit, and says what is not as it was sealed."""

import re
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from admissions.audit import seal_chain, verification
from admissions.audit.models import AuditEvent, AuditSeal
from admissions.audit.verification import Fault
from recovery_site.archives import reading
from recovery_site.backups import keys
from recovery_site.backups.faults import BackupFault

HEAD = re.compile(r"(\d{1,18}):([0-9a-f]{64})")


class Command(BaseCommand):
    help = "Checks the chain of seals over the audit; ends with 1 when something was tampered with."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--head",
            metavar="N:DIGEST",
            action="append",
            default=[],
            help="A head noted elsewhere, from the worker's log; shows that the end was not cut.",
        )
        parser.add_argument(
            "--archive",
            type=Path,
            metavar="FILE",
            help="Checks a file of archive_audit alone, with the private key, and no database.",
        )
        parser.add_argument(
            "--key", type=Path, metavar="FILE", help="The private key; BACKUP_KEY_FILE if not said."
        )

    def handle(
        self, *, head: list[str], archive: Path | None, key: Path | None, **options: Any
    ) -> None:
        heads = [match for each in head if (match := HEAD.fullmatch(each))]
        if len(heads) < len(head):
            raise CommandError("A head is a number, a colon and 64 hexadecimal digits.")
        if archive:
            self.check_archive(archive, keys.find_key_file(key), heads)
            return

        found = sum(self.tell(fault) for fault in verification.find_faults())
        found += sum(self.look_for(int(each[1]), each[2]) for each in heads)
        self.keep(found)
        self.sum_up(found)

    def check_archive(self, path: Path, key: Path | None, heads: list[re.Match[str]]) -> None:
        """Say what a file holds, or end with 1."""
        try:
            if key is None:
                raise BackupFault("Name the private key: --key FILE, or BACKUP_KEY_FILE.")
            read = reading.read_archive(path, keys.read_keys(key))
        except (BackupFault, OSError) as fault:
            raise CommandError(f"{path.name} does not hold: {fault}", returncode=1) from None
        if wrong := [each[0] for each in heads if read.heads.get(int(each[1])) != each[2]]:
            raise CommandError(f"{path.name} holds no such head: {wrong[0]}", returncode=1)
        self.stdout.write(
            f"{path.name} holds: {read.events} events of {read.header['begins_at']} to"
            f" {read.header['ends_at']}, {len(read.heads)} seals."
            f" Head {read.number}:{read.previous}"
        )

    def tell(self, fault: Fault) -> int:
        event = f"event {fault.event}" if fault.event else ""
        seal = f"seal {fault.seal}" if fault.seal else ""
        where = ", ".join(filter(None, [fault.archive, seal, event]))
        self.stderr.write(f"{where}: {fault.description}")
        return 1

    def look_for(self, number: int, digest: str) -> int:
        if verification.has_seal(number, digest):
            return 0
        if put_away := verification.archive_of_seal(number):
            self.stderr.write(f"seal {number}: is in {put_away.name}; check it with --archive")
            return 1
        self.stderr.write(f"seal {number}: is not the head that was noted, or was cut off")
        return 1

    def keep(self, found: int) -> None:
        AuditEvent.objects.create(
            type=AuditEvent.Type.AUDIT_VERIFIED,
            source=AuditEvent.Source.SYSTEM,
            code=f"{found} faults" if found else "whole",
        )

    def sum_up(self, found: int) -> None:
        head, waiting = seal_chain.latest_seal(), seal_chain.count_unsealed_events()
        if head:
            self.stdout.write(f"Head {head.number}:{head.digest}, {head.sealed_at:%Y-%m-%d %H:%M}")
        if found:
            raise CommandError(f"Tampered with: {found} faults, see above.", returncode=1)
        self.stdout.write(f"{AuditSeal.objects.count()} seals hold; {waiting} events wait for one.")
        if until := verification.archived_until():
            self.stdout.write(f"Not read: what was put away, of before {until:%Y-%m-%d}.")
