"""What keeps danger ringing until one named person has it, and no longer."""

from mutants.mutant import Mutant

NIGHT = "admissions/messaging/alarms/test_night.py"
RACES = "admissions/triage/test_races.py"
ROTA = "admissions/public/line/test_rota.py"
RAISING = "admissions/messaging/alarms/raising.py"
RINGING = "admissions/messaging/alarms/ringing.py"
TAKING = "admissions/triage/alarms.py"

MUTANTS = [
    Mutant(
        name="each ring reaches one person more",
        kind="alarm",
        path=RINGING,
        old="others[: alarm.rings + 1]",
        new="others[:1]",
        tests=(f"{NIGHT}::test_back_up_has_it_within_minutes_and_nothing_rings_after",),
    ),
    Mutant(
        name="an email on its way asks whether somebody has it",
        kind="alarm",
        path="admissions/messaging/eligibility.py",
        old="    if not ringing:\n        return Reason.TAKEN\n",
        new="",
        tests=(f"{NIGHT}::test_email_on_its_way_stays_when_somebody_has_it",),
    ),
    Mutant(
        name="a taken alarm rings no more",
        kind="alarm",
        path="admissions/messaging/models/alarms.py",
        old="        return self.filter(IS_OPEN, NEEDS_ANSWER).exclude(",
        new="        return self.filter(NEEDS_ANSWER).exclude(",
        tests=(f"{NIGHT}::test_help_asked_for_again_rings_though_somebody_had_it",),
    ),
    Mutant(
        name="of two who have it, one does",
        kind="alarm",
        path=TAKING,
        old="        raise ActionNotAllowed(describe_taken(",
        new="        ActionNotAllowed(describe_taken(",
        tests=(
            f"{NIGHT}::test_second_person_is_told_who_has_it",
            f"{RACES}::test_two_who_have_it_at_once_are_one_and_the_other_is_told_who",
        ),
    ),
    Mutant(
        name="one number is one alarm",
        kind="alarm",
        path=RAISING,
        old="    if request.phone:\n",
        new="    if False:\n",
        tests=(f"{NIGHT}::test_same_number_is_one_alarm_and_one_press_takes_all",),
    ),
    Mutant(
        name="new alarms wait for one email after a ring",
        kind="alarm",
        path=RINGING,
        old="    return [] if has_just_rung and is_new else due\n",
        new="    return due\n",
        tests=(f"{NIGHT}::test_many_at_once_are_told_in_one_email",),
    ),
    Mutant(
        name="danger without an alarm is found",
        kind="alarm",
        path=RINGING,
        old="    for request_id in find_silent_danger():\n        raise_missing_alarm(request_id)\n",
        new="",
        tests=(f"{NIGHT}::test_danger_without_an_alarm_is_found",),
    ),
    Mutant(
        name="whoever left is not rung",
        kind="alarm",
        path="admissions/scheduling/models/on_call.py",
        old="        return self.person.is_active and not self.person_is_away\n",
        new="        return True\n",
        tests=(f"{NIGHT}::test_whoever_left_or_is_away_falls_out",),
    ),
    Mutant(
        name="nobody switches danger off",
        kind="alarm",
        path="admissions/messaging/rules.py",
        old="    if not values.is_on and catalog.is_always_on(kind):\n",
        new="    if False:\n",
        tests=(f"{NIGHT}::test_director_changes_how_often_it_rings_and_cannot_switch_it_off",),
    ),
    Mutant(
        name="a counselor on call is named while the rota has one",
        kind="phone line",
        path="admissions/intake/phone_line.py",
        old="    if not rule.follows_rota:\n        return Answerer(rule.answered_by)",
        new="    if True:\n        return Answerer(rule.answered_by)",
        tests=(f"{ROTA}::test_empty_rota_falls_to_what_the_row_says_otherwise",),
    ),
]
