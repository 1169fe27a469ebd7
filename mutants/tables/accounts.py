"""What a session of staff must have proven, and how often one may guess."""

from mutants.mutant import Mutant

SIGN_IN = "admissions/accounts/test_sign_in.py"
THROTTLING = "admissions/accounts/test_throttling.py"

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
        old="            raise ValidationError(WAIT, code=TOO_MANY_ATTEMPTS)\n",
        new="            continue\n",
        tests=(
            f"{THROTTLING}::test_sixth_guess_has_to_wait",
            f"{THROTTLING}::test_codes_are_slowed_down_too",
        ),
    ),
]
