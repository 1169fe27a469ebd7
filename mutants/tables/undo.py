"""What is undone, by whom and until when; what staff cancel; and what a late call says."""

from mutants.mutant import Mutant

UNDOING = "admissions/undo/test_undoing.py"
CANCELING = "admissions/triage/test_cancellations.py"
REQUESTS = "admissions/admin/triage/test_requests.py"

MUTANTS = [
    Mutant(
        name="nobody undoes a colleague's step",
        kind="undo",
        path="admissions/undo/undoing.py",
        old="    if action.by_id != by.pk:\n",
        new="    if False:\n",
        tests=(f"{UNDOING}::test_undo_of_a_colleagues_step_is_refused",),
    ),
    Mutant(
        name="an undo is over after thirty seconds",
        kind="undo",
        path="admissions/undo/undoing.py",
        old="    if timezone.now() > action.expires_at:\n",
        new="    if False:\n",
        tests=(f"{UNDOING}::test_undo_after_thirty_seconds_is_refused",),
    ),
    Mutant(
        name="what a colleague did since stands",
        kind="undo",
        path="admissions/undo/undoing.py",
        old="    if later:\n",
        new="    if False:\n",
        tests=(f"{UNDOING}::test_undo_after_a_colleagues_change_says_who_and_what",),
    ),
    Mutant(
        name="what changed without an event stands",
        kind="undo",
        path="admissions/undo/undoing.py",
        old="    if snapshots.take_snapshot(request) != action.after:\n",
        new="    if False:\n",
        tests=(f"{UNDOING}::test_undo_after_a_change_without_an_event_is_refused",),
    ),
    Mutant(
        name="no undo once its letter is on the way",
        kind="undo",
        path="admissions/undo/undoing.py",
        old="    if gone:\n",
        new="    if False:\n",
        tests=(f"{UNDOING}::test_undo_once_its_letter_is_on_the_way_is_refused",),
    ),
    Mutant(
        name="letters wait while an undo may come",
        kind="undo",
        path="admissions/undo/steps.py",
        old="    hold_letters(action)\n",
        new="",
        tests=(f"{UNDOING}::test_letter_waits_until_nobody_can_undo_what_it_says",),
    ),
    Mutant(
        name="what is undone may be promised again",
        kind="undo",
        path="admissions/undo/undoing.py",
        old='        letter.dedupe_key = f"undone:{letter.pk}"\n',
        new="",
        tests=(f"{CANCELING}::test_cancellation_that_was_undone_is_told_the_second_time",),
    ),
    Mutant(
        name="states go back within an undo alone",
        kind="undo",
        path="admissions/migrations/0024_undo_actions.py",
        old="act.undone_in = txid_current() AND act.request_id = NEW.id",
        new="act.request_id = NEW.id",
        tests=(
            "admissions/undo/test_races.py"
            "::test_states_go_back_in_the_transaction_that_undoes_alone",
        ),
    ),
    Mutant(
        name="no undo of a cancellation whose time is offered",
        kind="undo",
        path="admissions/undo/undoing.py",
        old="        check_offered_to_nobody(talk)\n",
        new="",
        tests=(f"{CANCELING}::test_undo_of_a_cancellation_whose_time_is_offered_is_refused",),
    ),
    Mutant(
        name="staff cancel what they looked at",
        kind="undo",
        path="admissions/triage/cancellations.py",
        old="    if consultation is None or consultation.pk != consultation_id:\n",
        new="    if consultation is None:\n",
        tests=(f"{CANCELING}::test_staff_who_come_after_their_move_are_told_whereto",),
    ),
    Mutant(
        name="no email is thought to tell whom none reaches",
        kind="undo",
        path="admissions/triage/cancellations.py",
        old="    if said.telling == Telling.EMAIL and not"
        " suppressions.may_email_requester(request):\n",
        new="    if False:\n",
        tests=(
            f"{CANCELING}::test_whoever_no_email_reaches_is_called_and_never_thought_to_be_told",
        ),
    ),
    Mutant(
        name="a stop is asked about first",
        kind="undo",
        path="admissions/admin/triage/requests.py",
        old="        if stop.needs_question(request, name, form):\n",
        new="        if False:\n",
        tests=(f"{REQUESTS}::test_stop_is_asked_about_before_anything_is_changed",),
    ),
    Mutant(
        name="a superuser's work claims nothing",
        kind="undo",
        path="admissions/intake/requests.py",
        old="not by.is_superuser and ",
        new="",
        tests=(f"{REQUESTS}::test_superuser_who_logs_in_an_emergency_owns_nothing",),
    ),
    Mutant(
        name="what was told of an earlier promise tells nothing of the next",
        kind="undo",
        path="admissions/triage/desk_clock.py",
        old="        if promised and each.due_at >= promised:\n",
        new="        if promised:\n",
        tests=(
            "admissions/triage/test_late_call_marks.py"
            "::test_what_was_told_of_an_earlier_promise_tells_nothing_of_the_next",
        ),
    ),
]
