"""What a session of staff must have proven, and how often one may guess."""

from mutants.mutant import Mutant

SIGN_IN = "admissions/accounts/test_sign_in.py"
THROTTLING = "admissions/accounts/test_throttling.py"
TRIES = "admissions/accounts/test_failed_tries.py"
CHANGES = "admissions/accounts/test_account_changes.py"
LINKS = "admissions/accounts/test_account_links.py"

MUTANTS = [
    Mutant(
        name="the password alone opens nothing",
        kind="role check",
        path="admissions/accounts/authentication.py",
        old='    return any(each["method"] == "mfa" for each in records) and keeps_factor(',
        new="    return bool(records) and keeps_factor(",
        tests=(f"{SIGN_IN}::test_session_of_the_password_alone_opens_nothing",),
    ),
    Mutant(
        name="a factor that was removed opens nothing",
        kind="role check",
        path="admissions/accounts/authentication.py",
        old="        request.accounts_has_factor = two_factor.has_factor(request.user)\n",
        new="        request.accounts_has_factor = True\n",
        tests=(
            "admissions/accounts/test_sessions.py::test_who_has_no_factor_any_more_is_out_on_the_next_click",
        ),
    ),
    Mutant(
        name="what must not be done by a passer-by asks again who it is",
        kind="role check",
        path="admissions/accounts/reauthentication.py",
        old="        if authentication.is_recently_authenticated(request, VALID_FOR):\n",
        new="        if True:\n",
        tests=(
            "admissions/admin/reporting/test_views.py::test_file_asks_again_who_it_is",
            "admissions/accounts/test_user_management.py"
            "::test_people_are_changed_only_after_a_confirmation",
        ),
    ),
    Mutant(
        name="a factor is changed by one request at a time",
        kind="lock",
        path="admissions/accounts/two_factor.py",
        old="    return User.objects.select_for_update(no_key=True).get(pk=user_id)\n",
        new="    return User.objects.get(pk=user_id)\n",
        tests=(
            "admissions/accounts/test_races.py::test_two_apps_at_once_are_one",
            "admissions/accounts/test_races.py::test_two_passkeys_removed_at_once_leave_one",
        ),
    ),
    Mutant(
        name="the last factor stays",
        kind="role check",
        path="admissions/accounts/two_factor.py",
        old="        raise LastFactor\n",
        new="        pass\n",
        tests=("admissions/accounts/test_passkeys.py::test_last_factor_stays",),
    ),
    Mutant(
        name="sessions of staff end ten hours after the sign-in",
        kind="limit",
        path="admissions/accounts/session_backend.py",
        old="return min(now + IDLE_TIMEOUT, (self.signed_in_at() or now) + ABSOLUTE_TIMEOUT)",
        new="return now + IDLE_TIMEOUT",
        tests=(
            "admissions/accounts/test_sessions.py::test_session_ends_after_ten_hours_however_busy",
        ),
    ),
    Mutant(
        name="who guesses passwords and codes is slowed down",
        kind="limit",
        path="admissions/accounts/throttling.py",
        old="        if usage is None:\n",
        new="        if usage is None:\n            continue\n",
        tests=(
            f"{THROTTLING}::test_sixth_guess_has_to_wait",
            f"{THROTTLING}::test_codes_are_slowed_down_too",
        ),
    ),
    Mutant(
        name="one name has so many wrong passwords in a day",
        kind="limit",
        path="admissions/accounts/throttling.py",
        old="            record_refusal(request, name, who)\n",
        new="            if rates == PER_ACCOUNT:\n                continue\n",
        tests=(f"{TRIES}::test_one_name_has_so_many_wrong_passwords_in_a_day_from_everywhere",),
    ),
    Mutant(
        name="who asked does not decide",
        kind="four eyes",
        path="admissions/accounts/colleagues/account_changes.py",
        old="    return person.pk != change.asked_by_id and may_want(person, change)\n",
        new="    return may_want(person, change)\n",
        tests=(f"{CHANGES}::test_asker_does_not_decide",),
    ),
    Mutant(
        name="what is asked of an account waits for two days",
        kind="four eyes",
        path="admissions/accounts/models.py",
        old='        return self.filter(outcome="", expires_at__gt=now)\n',
        new='        return self.filter(outcome="")\n',
        tests=(f"{CHANGES}::test_change_is_over_after_two_days",),
    ),
    Mutant(
        name="a role beyond one's own waits",
        kind="four eyes",
        path="admissions/accounts/colleagues/account_changes.py",
        old="    held = groups - had - alone\n",
        new="    held = set()\n",
        tests=(f"{CHANGES}::test_role_beyond_ones_own_waits_for_a_second_person",),
    ),
    Mutant(
        name="the database knows that two decide",
        kind="constraint",
        path="admissions/accounts/migrations/0002_account_links_and_changes.py",
        old="models.Q(('decided_by', None), models.Q(",
        new="models.Q(('user__isnull', False), models.Q(",
        tests=(f"{CHANGES}::test_database_refuses_that_one_of_the_two_decides",),
    ),
    Mutant(
        name="a link to choose a password ends",
        kind="token hash",
        path="admissions/accounts/colleagues/account_links.py",
        old="        expires_at__gt=timezone.now(),\n",
        new="",
        tests=(f"{LINKS}::test_link_ends_after_its_time",),
    ),
    Mutant(
        name="a newer link voids the older",
        kind="token hash",
        path="admissions/accounts/colleagues/account_links.py",
        old="    void_links(user, purpose)\n",
        new="",
        tests=(f"{LINKS}::test_newer_link_voids_the_older",),
    ),
]
