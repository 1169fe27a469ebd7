"""What production refuses to start with, and the one door to the outside."""

from mutants.mutant import Mutant

PRODUCTION = "recovery_site/configuration/test_production.py"
SAFE_HTTP = "admissions/calendars/test_safe_http.py"

MUTANTS = [
    Mutant(
        name="production does not start over the demo's staff",
        kind="production",
        path="recovery_site/startup_checks.py",
        old="    if settings.PRODUCTION and has_demo_accounts():\n",
        new="    if False:\n",
        tests=(
            "recovery_site/test_startup_checks.py::test_demo_staff_keep_production_from_starting",
        ),
    ),
    Mutant(
        name="a process with other keys than the database's does not start",
        kind="production",
        path="recovery_site/startup_checks.py",
        old="    yield from key_marks.find_foreign_keys()\n",
        new="",
        tests=(
            "recovery_site/test_startup_checks.py::test_process_with_another_key_does_not_start",
        ),
    ),
    Mutant(
        name="a long key without enough chance is weak",
        kind="production",
        path="recovery_site/configuration/production.py",
        old="    return is_short or estimate_key_bits(key) < MIN_KEY_BITS\n",
        new="    return is_short\n",
        tests=(f"{PRODUCTION}::test_each_unsafe_setting_is_named_and_is_the_only_problem",),
    ),
    Mutant(
        name="nothing leaves the machine unencrypted unless accepted",
        kind="production",
        path="recovery_site/configuration/production.py",
        old="if channel not in accepted and is_beyond(url) and not is_encrypted(channel, url):",
        new="if False:",
        tests=(f"{PRODUCTION}::test_each_unsafe_setting_is_named_and_is_the_only_problem",),
    ),
    Mutant(
        name="production starts with no failpoint",
        kind="production",
        path="recovery_site/configuration/production.py",
        old='    if env.str("FAILPOINT", default=""):\n',
        new="    if False:\n",
        tests=("admissions/test_failpoints.py::test_production_refuses_to_start_with_a_failpoint",),
    ),
    Mutant(
        name="a worker of production has a key to seal with",
        kind="production",
        path="recovery_site/celery.py",
        old="    if not settings.AUDIT_KEYS:\n",
        new="    if False:\n",
        tests=("recovery_site/test_audit_key.py::test_worker_without_a_key_does_not_start",),
    ),
    Mutant(
        name="the web does not know what seals the audit",
        kind="production",
        path="recovery_site/gunicorn_conf.py",
        old="    os.environ.pop(name, None)\n",
        new="    pass\n",
        tests=(
            "recovery_site/test_audit_key.py"
            "::test_key_reaches_the_worker_alone_and_is_never_the_secret_key",
        ),
    ),
    Mutant(
        name="a calendar's address leads to no private place",
        kind="outside",
        path="admissions/calendars/safe_http.py",
        old="    if not places or not all(is_public_ip(place[0]) for _family, place in places):\n",
        new="    if not places:\n",
        tests=(f"{SAFE_HTTP}::test_name_of_a_private_place_is_not_tried",),
    ),
    Mutant(
        name="a private address in IPv6 clothes is private",
        kind="outside",
        path="admissions/calendars/safe_http.py",
        old="        if wrapped:\n            return is_public_ip(str(wrapped))\n",
        new="",
        tests=(f"{SAFE_HTTP}::test_private_address_is_not_public",),
    ),
    Mutant(
        name="a file of the outside has at most so many bytes",
        kind="limit",
        path="admissions/calendars/safe_http.py",
        old="    if len(file) > MAX_BYTES:\n",
        new="    if False:\n",
        tests=(f"{SAFE_HTTP}::test_file_up_to_the_limit_is_read_and_one_byte_more_is_not",),
    ),
]
