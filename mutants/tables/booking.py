"""What keeps two people from one time, and one person from two of everything."""

from mutants.mutant import Mutant

CONSULTATIONS = "admissions/scheduling/assignment.py"
RACES = "admissions/booking/test_races.py"
MIGRATION = "admissions/migrations/0001_initial.py"
CONSTRAINTS = "admissions/test_constraints.py"
STANDING = "condition=models.Q(('status__in', ['scheduled', 'confirmed']))"

MUTANTS = [
    Mutant(
        name="a request is locked before it changes",
        kind="lock",
        path="admissions/intake/models/request_queries.py",
        old="request = self.select_for_update().get(pk=pk)",
        new="request = self.get(pk=pk)",
        tests=(
            f"{RACES}::test_cancel_sent_ten_times_at_once_tells_it_once",
            f"{RACES}::test_two_colleagues_who_claim_at_once_are_one_owner",
        ),
    ),
    Mutant(
        name="counselors with a daily cap are locked before their bookings are counted",
        kind="lock",
        path=CONSULTATIONS,
        old="        lock_capped_counselors(slots[0].counselors)\n",
        new="",
        tests=(
            "admissions/scheduling/test_daily_cap.py::test_many_people_at_once_never_exceed_a_cap",
        ),
    ),
    Mutant(
        name="what shares a limit waits for its like",
        kind="lock",
        path="admissions/rate_limits/limits.py",
        old="    lock_keys(list(keys.values()))\n",
        new="",
        tests=("admissions/rate_limits/test_limits.py::test_of_forty_at_once_five_are_taken",),
    ),
    Mutant(
        name="no counselor has two consultations at one time",
        kind="constraint",
        path=MIGRATION,
        old="expressions=[('counselor', '='), ('held', '&&')], name='consultation_no_double_booking'",
        new="expressions=[('id', '='), ('held', '&&')], name='consultation_no_double_booking'",
        tests=(
            f"{CONSTRAINTS}::test_two_standing_consultations_of_one_counselor_never_overlap",
            f"{RACES}::test_fifty_people_at_once_get_one_free_time_once",
        ),
    ),
    Mutant(
        name="a request has one consultation that stands",
        kind="constraint",
        path=MIGRATION,
        old=f"models.F('request'), {STANDING}",
        new=f"models.F('id'), {STANDING}",
        tests=(f"{CONSTRAINTS}::test_request_has_one_standing_consultation",),
    ),
    Mutant(
        name="each version of a calendar entry is there once",
        kind="constraint",
        path=MIGRATION,
        old="models.F('uid'), models.F('sequence'), name=",
        new="models.F('uid'), models.F('id'), name=",
        tests=(f"{CONSTRAINTS}::test_uid_has_each_sequence_once",),
    ),
    Mutant(
        name="a consultation holds its own time",
        kind="constraint",
        path=MIGRATION,
        old="('held__endswith__gte', models.F('ends_at')), ",
        new="",
        tests=(f"{CONSTRAINTS}::test_consultation_with_times_that_do_not_fit_is_refused",),
    ),
    Mutant(
        name="a status moves along its table alone",
        kind="constraint",
        path="admissions/migrations/0024_undo_actions.py",
        old='IF (_is_valid_transition IS FALSE AND OLD."status" IS DISTINCT FROM NEW."status")',
        new="IF (FALSE)",
        tests=(f"{CONSTRAINTS}::test_status_moves_only_along_its_table_even_by_a_bare_update",),
    ),
    Mutant(
        name="a stage moves along its table alone",
        kind="constraint",
        path="admissions/migrations/0024_undo_actions.py",
        old='IF (_is_valid_transition IS FALSE AND OLD."stage" IS DISTINCT FROM NEW."stage")',
        new="IF (FALSE)",
        tests=(f"{CONSTRAINTS}::test_bad_move_of_a_stage_by_a_bare_update_changes_nothing",),
    ),
    Mutant(
        name="no high concern is closed before a clinician has looked",
        kind="constraint",
        path="admissions/migrations/0009_add_privacy.py",
        old="AND found.concern IN ('high', 'needs_clinician')",
        new="AND found.concern IN ('zq')",
        tests=(
            "admissions/care/test_assessments.py"
            "::test_database_refuses_an_end_before_a_clinician_has_looked",
        ),
    ),
    Mutant(
        name="a key that has made a request makes no second",
        kind="idempotency",
        path="admissions/intake/idempotency.py",
        old="    return submission.request\n",
        new="    return None\n",
        tests=(f"{RACES}::test_one_key_sent_ten_times_at_once_makes_one_request",),
    ),
    Mutant(
        name="a form's key is good for its own form",
        kind="idempotency",
        path="admissions/intake/idempotency.py",
        old="uuid.UUID(key) if issued_for == purpose else None",
        new="uuid.UUID(key)",
        tests=(
            "admissions/public/test_bad_input.py::test_form_key_of_the_callback_form_books_nothing",
        ),
    ),
    Mutant(
        name="a form that was sent shows its request to its own browser alone",
        kind="idempotency",
        path="admissions/public/session.py",
        old="    return is_remembered or idempotency.is_sent_by(sender, key, within=within)\n",
        new="    return True\n",
        tests=(
            "admissions/public/test_visit_privacy.py"
            "::test_form_that_was_sent_shows_another_browser_nothing",
        ),
    ),
    Mutant(
        name="a claimed request is not claimed again",
        kind="claim",
        path="admissions/triage/ownership.py",
        old="    if was and not is_gone(was, absent=find_absent(timezone.now())):\n",
        new="    if False:\n",
        tests=(f"{RACES}::test_two_colleagues_who_claim_at_once_are_one_owner",),
    ),
    Mutant(
        name="one network takes five times a day",
        kind="limit",
        path="admissions/rate_limits/limits.py",
        old='"network": [Limit(5, DAY)],',
        new='"network": [],',
        tests=(
            "admissions/public/test_request_limits.py::test_network_of_ipv6_is_one_address",
            "admissions/rate_limits/test_limits.py::test_each_shared_thing_has_its_limit",
        ),
    ),
    Mutant(
        name="everyone together takes so many times",
        kind="limit",
        path="admissions/rate_limits/limits.py",
        old="EVERYONE: [Limit(5, 10 * MINUTE), Limit(12, HOUR), Limit(60, DAY)],",
        new="EVERYONE: [],",
        tests=("admissions/public/test_request_limits.py::test_many_addresses_take_five_times",),
    ),
    Mutant(
        name="calls are counted with bookings",
        kind="limit",
        path="admissions/booking/callbacks.py",
        old="    limits.count_request(origin=origin, details=details, now=now)\n",
        new="",
        tests=("admissions/public/test_request_limits.py::test_calls_are_limited_with_bookings",),
    ),
    Mutant(
        name="what a visitor writes before our own proxies' entries counts for nothing",
        kind="limit",
        path="admissions/accounts/known_browsers.py",
        old="seen = hops[-settings.PROXIES :][0].strip() or seen",
        new="seen = hops[0].strip() or seen",
        tests=(
            "admissions/public/test_request_limits.py::test_one_address_takes_five_times",
            "admissions/accounts/test_throttling.py"
            "::test_what_a_client_writes_about_its_address_counts_for_nothing",
        ),
    ),
]
