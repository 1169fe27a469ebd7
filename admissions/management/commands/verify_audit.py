"""Checks every seal of the audit, and says what is not as it was sealed."""

import re
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from admissions.audit import seal_chain, verification
from admissions.audit.models import AuditEvent, AuditSeal
from admissions.audit.verification import Fault

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

    def handle(self, *, head: list[str], **options: Any) -> None:
        heads = [match for each in head if (match := HEAD.fullmatch(each))]
        if len(heads) < len(head):
            raise CommandError("A head is a number, a colon and 64 hexadecimal digits.")

        found = sum(self.tell(fault) for fault in verification.find_faults())
        found += sum(self.look_for(int(each[1]), each[2]) for each in heads)
        self.keep(found)
        self.sum_up(found)

    def tell(self, fault: Fault) -> int:
        event = f"event {fault.event}" if fault.event else ""
        seal = f"seal {fault.seal}" if fault.seal else ""
        self.stderr.write(f"{', '.join(filter(None, [seal, event]))}: {fault.description}")
        return 1

    def look_for(self, number: int, digest: str) -> int:
        if verification.has_seal(number, digest):
            return 0
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
