"""What is permanent, what is a hash, and what is ciphertext."""

from mutants.mutant import Mutant

MIGRATION = "admissions/migrations/0001_initial.py"
PRIVACY_MIGRATION = "admissions/migrations/0009_add_privacy.py"
CONSTRAINTS = "admissions/test_constraints.py"
REMOVAL = "admissions/privacy/test_removal.py"
ROLES = "admissions/management/test_setup_roles.py"
REFUSE = "RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;"
KEEP = "RAISE EXCEPTION 'rows of % stay', TG_TABLE_NAME;"

MUTANTS = [
    Mutant(
        name="an audit event is never changed",
        kind="append-only",
        path=MIGRATION,
        old=f"\"{REFUSE}\", hash='dc2e12a8bf229cf389bf26fe3eb8abf03db4cede'",
        new="'RETURN COALESCE(NEW, OLD);', hash='dc2e12a8bf229cf389bf26fe3eb8abf03db4cede'",
        tests=(f"{CONSTRAINTS}::test_permanent_row_is_never_changed",),
    ),
    Mutant(
        name="a consent is never deleted",
        kind="append-only",
        path=MIGRATION,
        old=f"\"{REFUSE}\", hash='0ad1ea0c0b3a3631809bd6db143b51cb3e979ff3'",
        new="'RETURN COALESCE(NEW, OLD);', hash='0ad1ea0c0b3a3631809bd6db143b51cb3e979ff3'",
        tests=(f"{CONSTRAINTS}::test_permanent_row_is_never_deleted",),
    ),
    Mutant(
        name="the audit is never emptied",
        kind="append-only",
        path=MIGRATION,
        old=f"\"{KEEP}\", hash='bb3f7378dd5bdb3abecda941e28dabdd7105819b'",
        new="'RETURN NULL;', hash='bb3f7378dd5bdb3abecda941e28dabdd7105819b'",
        tests=("admissions/audit/test_seal_chain.py::test_no_table_of_what_stays_can_be_emptied",),
    ),
    Mutant(
        name="a finding is never changed",
        kind="append-only",
        path=PRIVACY_MIGRATION,
        old=f"{REFUSE}\\n        \", hash='99b60aa362b41c595eabdd7480c2a47044fbade1'",
        new="RETURN COALESCE(NEW, OLD);\", hash='99b60aa362b41c595eabdd7480c2a47044fbade1'",
        tests=("admissions/care/test_assessments.py::test_what_is_recorded_never_changes",),
    ),
    Mutant(
        name="what was published never changes",
        kind="append-only",
        path="programs/migrations/0001_initial.py",
        old=f"\"{REFUSE}\", hash='3496d2a38c6b0219a4287d20a43e60604a18e463'",
        new="'RETURN COALESCE(NEW, OLD);', hash='3496d2a38c6b0219a4287d20a43e60604a18e463'",
        tests=(
            "programs/test_versioning.py"
            "::test_database_refuses_to_change_or_delete_what_was_published",
        ),
    ),
    Mutant(
        name="the web and the worker only add to what is permanent",
        kind="append-only",
        path="admissions/management/commands/setup_roles.py",
        old='            verbs = "SELECT, INSERT"\n',
        new="            pass\n",
        tests=(f"{ROLES}::test_no_role_passes_by_ignoring_the_triggers",),
    ),
    Mutant(
        name="the worker alone seals",
        kind="append-only",
        path="admissions/management/commands/setup_roles.py",
        old=" or (table == AuditSeal._meta.db_table and not is_worker)",
        new="",
        tests=(f"{ROLES}::test_only_the_worker_seals",),
    ),
    Mutant(
        name="the worker alone empties permanent texts",
        kind="append-only",
        path="admissions/management/commands/setup_roles.py",
        old="erasable_columns() if is_worker else linkable_columns()",
        new="erasable_columns()",
        tests=(f"{REMOVAL}::test_worker_may_empty_what_the_web_may_not",),
    ),
    Mutant(
        name="a removal empties what is attached",
        kind="append-only",
        path="admissions/privacy/personal_data.py",
        old='    AttachedTexts(Note, ["text"]),\n',
        new="",
        tests=(f"{REMOVAL}::test_every_text_about_the_person_is_emptied",),
    ),
    Mutant(
        name="nothing is done with a request whose person is removed",
        kind="append-only",
        path="admissions/intake/models/request_queries.py",
        old="        if request.is_anonymized:\n",
        new="        if False:\n",
        tests=(f"{REMOVAL}::test_services_say_kindly_that_nothing_can_be_done",),
    ),
    Mutant(
        name="a removal locks what it empties",
        kind="lock",
        path="admissions/privacy/removal.py",
        old="of_group.select_for_update(skip_locked=not is_waiting)",
        new="of_group",
        tests=(
            "admissions/privacy/test_races.py"
            "::test_request_that_someone_has_in_hand_is_passed_over",
        ),
    ),
    Mutant(
        name="a database role keeps nothing that it had through others",
        kind="append-only",
        path="admissions/management/commands/setup_roles.py",
        old="    for group in memberships(role):\n",
        new="    for group in ():\n",
        tests=(f"{ROLES}::test_role_keeps_nothing_that_it_had_through_others",),
    ),
    Mutant(
        name="one process seals at a time",
        kind="lock",
        path="admissions/audit/seal_chain.py",
        old="        if cursor.fetchone() == (False,):\n",
        new="        if not cursor.fetchone():\n",
        tests=(
            "admissions/audit/test_seal_chain.py"
            "::test_writers_and_sealers_at_once_lose_and_double_nothing",
        ),
    ),
    Mutant(
        name="tokens of links stand in the database as hashes",
        kind="token hash",
        path="admissions/tokens.py",
        old='    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()\n',
        new="    return token[:64]\n",
        tests=(
            "admissions/calendars/test_feeds.py::test_only_the_hash_of_a_token_is_kept",
            "admissions/intake/test_contact_hours.py::test_token_is_kept_only_as_its_hash",
        ),
    ),
    Mutant(
        name="keys of sessions stand in the database as hashes",
        kind="session hash",
        path="admissions/accounts/models.py",
        old="    return hash_token(key)[:40]\n",
        new="    return key\n",
        tests=(
            "admissions/accounts/test_sessions.py::test_table_holds_no_key_that_opens_a_session",
        ),
    ),
    Mutant(
        name="counts of sign-ins hold neither names nor addresses",
        kind="token hash",
        path="admissions/accounts/throttling.py",
        old='    return salted_hmac("admissions.accounts.cache", name, algorithm="sha256").hexdigest()\n',
        new="    return name\n",
        tests=(
            "admissions/accounts/test_throttling.py::test_table_holds_neither_names_nor_addresses",
        ),
    ),
    Mutant(
        name="a link to stop emails opens no request",
        kind="token hash",
        path="admissions/intake/manage_links.py",
        old="sha256=hash_token(token), purpose=purpose, expires_at__gt",
        new="sha256=hash_token(token), expires_at__gt",
        tests=("admissions/public/test_unsubscribe.py::test_token_to_stop_opens_no_request",),
    ),
    Mutant(
        name="a link ends",
        kind="token hash",
        path="admissions/intake/manage_links.py",
        old=", purpose=purpose, expires_at__gt=timezone.now()\n",
        new=", purpose=purpose\n",
        tests=(
            "admissions/public/test_booking_pages.py"
            "::test_manage_link_that_opens_nothing_looks_the_same_whatever_the_reason",
        ),
    ),
    Mutant(
        name="notes stand in the database as ciphertext",
        kind="encryption",
        path="admissions/encryption.py",
        old="        return value if value is None else encrypt_text(value, column=self.place)\n",
        new="        return value\n",
        tests=("admissions/test_encryption.py::test_database_holds_no_readable_text",),
    ),
    Mutant(
        name="a text that no key opens is never shown sealed",
        kind="encryption",
        path="admissions/encryption.py",
        old="        raise DecryptionError from None\n",
        new="        return sealed\n",
        tests=(
            "admissions/test_encryption.py"
            "::test_text_under_a_lost_key_is_refused_and_never_shown_sealed",
        ),
    ),
    Mutant(
        name="a text opens in its own column alone",
        kind="encryption",
        path="admissions/encryption.py",
        old="        return value if value is None else decrypt_text(value, column=self.place)\n",
        new="        if value and value.startswith(FORMAT):\n"
        "            for field in fields():\n"
        "                try:\n"
        "                    return decrypt_text(value, column=field.place)\n"
        "                except DecryptionError:\n"
        "                    continue\n"
        "        return value if value is None else decrypt_text(value, column=self.place)\n",
        tests=(
            "admissions/test_encryption.py::test_text_that_was_copied_to_another_column_is_refused",
        ),
    ),
    Mutant(
        name="people are found under every key",
        kind="encryption",
        path="admissions/intake/models/search_tokens.py",
        old="    for key in current_keys():\n",
        new="    for key in current_keys()[:1]:\n",
        tests=(
            "admissions/intake/test_search_tokens.py"
            "::test_rows_are_found_under_every_key_while_it_is_changed",
        ),
    ),
    Mutant(
        name="an address is suppressed under every key",
        kind="suppression",
        path="admissions/intake/models/suppressions.py",
        old="sha256__in=[hash_email(email), *older_hashes(email)]",
        new="sha256=hash_email(email)",
        tests=(
            "admissions/management/test_rotate_keys.py"
            "::test_old_suppression_is_found_and_rehashed_when_it_is_met",
        ),
    ),
]
