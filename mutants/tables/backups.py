"""A backup is whole and somebody else's to open, and a restore loses nothing."""

from mutants.mutant import Mutant

FILES = "recovery_site/backups/files.py"
BACKUP = "recovery_site/backups/test_backup.py"
RESTORE = "recovery_site/backups/test_restore.py"

MUTANTS = [
    Mutant(
        name="a dump that was cut off is no backup",
        kind="backup",
        path="recovery_site/backups/dump.py",
        old="if not data and self.process.wait() != 0:",
        new="if False:",
        tests=(f"{BACKUP}::test_postgres_that_goes_away_leaves_no_file",),
    ),
    Mutant(
        name="half a file has no final name",
        kind="backup",
        path=FILES,
        old="draft = path.with_name(path.name + DRAFT)",
        new="draft = path",
        tests=(f"{BACKUP}::test_postgres_that_goes_away_leaves_no_file",),
    ),
    Mutant(
        name="a backup that failed leaves nothing",
        kind="backup",
        path=FILES,
        old="        draft.unlink(missing_ok=True)\n        raise",
        new="        raise",
        tests=(f"{BACKUP}::test_full_disk_leaves_no_file",),
    ),
    Mutant(
        name="rows are dumped as they are counted",
        kind="backup",
        path="recovery_site/backups/dump.py",
        old="REPEATABLE READ READ ONLY",
        new="READ COMMITTED READ ONLY",
        tests=(f"{BACKUP}::test_rows_are_counted_as_they_were_dumped",),
    ),
    Mutant(
        name="a changed byte is found",
        kind="backup",
        path=FILES,
        old="if counted.sha256.hexdigest() != manifest.sha256:",
        new="if False:",
        tests=(f"{RESTORE}::test_spoiled_file_is_found_without_a_key",),
    ),
    Mutant(
        name="a row that did not come back is found",
        kind="backup",
        path="recovery_site/backups/databases.py",
        old="    if wrong:",
        new="    if False:",
        tests=(f"{RESTORE}::test_row_that_did_not_come_back_is_found",),
    ),
    Mutant(
        name="a database that holds something is not overwritten",
        kind="backup",
        path="recovery_site/backups/restore.py",
        old="    if tables and not overwrite:",
        new="    if False:",
        tests=(f"{RESTORE}::test_database_that_holds_something_is_not_overwritten",),
    ),
    Mutant(
        name="a restore with other keys says so",
        kind="backup",
        path="recovery_site/management/commands/restore.py",
        old="if unread := list(verification.find_unreadable()):",
        new="if unread := []:",
        tests=(f"{RESTORE}::test_what_was_there_is_set_aside_and_other_keys_are_named",),
    ),
]
