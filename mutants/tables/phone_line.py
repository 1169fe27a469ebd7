"""What keeps pages from promising more of the line than holds."""

from mutants.mutant import Mutant

LINE = "admissions/public/line"
WEEK = f"{LINE}/test_week.py"
DANGER = f"{LINE}/test_danger.py"
NO_HOUR = f"{WEEK}::test_no_hour_of_a_week_says_now_beside_later_or_leaves_open_who_answers"
AFTER_HOURS = "admissions/admin/scheduling/test_after_hours.py"

MUTANTS = [
    Mutant(
        name="a talk now is said only where a counselor answers",
        kind="phone line",
        path="admissions/intake/phone_line.py",
        old="return self.by in (Answerer.COUNSELORS, Answerer.ON_CALL)",
        new="return self.is_answered",
        tests=(NO_HOUR,),
    ),
    Mutant(
        name="a call now comes within a quarter of an hour",
        kind="phone line",
        path="admissions/intake/service_levels.py",
        old="CALL_NOW_WITHIN = timedelta(minutes=15)",
        new="CALL_NOW_WITHIN = timedelta(days=7)",
        tests=(NO_HOUR, f"{DANGER}::test_at_night_the_receipt_says_when_we_would_call"),
    ),
    Mutant(
        name="counselors who are off say who answers",
        kind="phone line",
        path="admissions/intake/phone_line_words.py",
        old="            str(AFTER_HOURS[answer.by, Task(answer.task)]),\n",
        new="",
        tests=(NO_HOUR,),
    ),
    Mutant(
        name="who answers is of this hour",
        kind="phone line",
        path="admissions/intake/phone_line.py",
        old="if any(opens <= at < closes for opens, closes in everyone):",
        new="if everyone:",
        tests=(NO_HOUR,),
    ),
    Mutant(
        name="a call that nobody has hours for is refused",
        kind="phone line",
        path="admissions/booking/callbacks.py",
        old="    if promise is None:\n        raise ActionNotAllowed(",
        new="    if promise is None:\n        return request\n        raise ActionNotAllowed(",
        tests=(f"{DANGER}::test_call_that_nobody_has_hours_for_is_promised_to_nobody",),
    ),
    Mutant(
        name="whoever answers after hours can do something",
        kind="phone line",
        path="admissions/scheduling/models/after_hours.py",
        old="        if missing:\n            raise ValidationError(missing)\n",
        new="",
        tests=(f"{AFTER_HOURS}::test_whoever_answers_speaks_a_language_and_can_do_something",),
    ),
    Mutant(
        name="Postgres refuses half an answer",
        kind="phone line",
        path="admissions/migrations/0011_say_who_answers_after_hours.py",
        old="models.Q(('answered_by', 'nobody'), ('languages__len', 0), ('task', ''))",
        new="models.Q(('answered_by', 'nobody'))",
        tests=(f"{AFTER_HOURS}::test_database_refuses_a_half_answer",),
    ),
    Mutant(
        name="letters say day and night only where somebody answers",
        kind="phone line",
        path="admissions/messaging/rendering.py",
        old='"is_line_always_answered": facts.always_in is not None,',
        new='"is_line_always_answered": True,',
        tests=(
            f"{LINE}/test_pages.py"
            "::test_letter_says_day_and_night_only_where_somebody_answers_then",
        ),
    ),
    Mutant(
        name="search engines are told every hour only where somebody answers",
        kind="phone line",
        path="programs/structured_data.py",
        old="    if languages is None:\n        return point\n",
        new="    languages = languages or []\n",
        tests=(
            f"{LINE}/test_pages.py"
            "::test_search_engines_read_every_hour_only_where_somebody_answers",
        ),
    ),
]
