"""What finds an appointment again, and what a closed page gives away."""

from mutants.mutant import Mutant

FIND = "admissions/public/test_find.py"
LOOKUPS = "admissions/booking/test_lookups.py"
LIMITS = "admissions/rate_limits/limits.py"
SERVICE = "admissions/booking/lookups.py"
ANSWERS = "admissions/booking/link_answers.py"

MUTANTS = [
    Mutant(
        name="an address that is asked for is counted",
        kind="lookup",
        path=SERVICE,
        old='    limits.count_lookup(origin=origin, sought={"email": email}, now=timezone.now())\n',
        new="",
        tests=(f"{FIND}::test_address_is_asked_for_three_times_a_day_known_or_not",),
    ),
    Mutant(
        name="a reference that is tried is counted",
        kind="lookup",
        path=SERVICE,
        old="    limits.count_lookup(origin=origin, sought=sought, now=timezone.now())\n",
        new="",
        tests=(f"{FIND}::test_phone_is_tried_ten_times_a_day_from_wherever",),
    ),
    Mutant(
        name="searches are counted apart from requests",
        kind="lookup",
        path=LIMITS,
        old='hash_shared(f"lookup.{name}", value)',
        new="hash_shared(name, value)",
        tests=(f"{FIND}::test_lookups_cost_no_booking",),
    ),
    Mutant(
        name="a reference opens nothing without its phone",
        kind="lookup",
        path=SERVICE,
        old="open().filter(filter_by_phone(phone), reference=reference)\n"
        "    # A token says which to look at, the number itself decides.\n"
        '    found = next((each for each in alike if phone_digits(each.phone) == sought["phone"]), None)',
        new="open().filter(reference=reference)\n    found = alike.first()",
        tests=(f"{FIND}::test_every_miss_takes_the_same_questions_and_looks_the_same",),
    ),
    Mutant(
        name="a closed request is found by no reference",
        kind="lookup",
        path=SERVICE,
        old="ConsultationRequest.objects.open().filter(",
        new="ConsultationRequest.objects.filter(",
        tests=(f"{FIND}::test_every_miss_takes_the_same_questions_and_looks_the_same",),
    ),
    Mutant(
        name="what is found by reference may be seen and not managed",
        kind="lookup",
        path="admissions/public/session.py",
        old='    request.session["sees"] = pk\n',
        new='    request.session["sees"] = request.session["manages"] = pk\n',
        tests=(f"{FIND}::test_who_knows_reference_and_phone_sees_and_changes_nothing",),
    ),
    Mutant(
        name="who finds their own closes what another opened here",
        kind="lookup",
        path="admissions/public/session.py",
        old="    if known - {pk}:\n",
        new="    if False:\n",
        tests=(f"{FIND}::test_what_another_person_opened_here_is_closed_to_who_finds_their_own",),
    ),
    Mutant(
        name="what was found is shown while it is open",
        kind="lookup",
        path="admissions/public/session.py",
        old="ConsultationRequest.objects.open().filter(pk=pk)",
        new="ConsultationRequest.objects.filter(pk=pk)",
        tests=(f"{FIND}::test_request_that_is_closed_meanwhile_is_shown_no_more",),
    ),
    Mutant(
        name="a button pressed twice asks for one link",
        kind="lookup",
        path=ANSWERS,
        old="return not request.is_closed and not lately.exists()",
        new="return not request.is_closed",
        tests=(f"{LOOKUPS}::test_button_pressed_twice_sends_one_letter",),
    ),
    Mutant(
        name="three letters at most answer one ask",
        kind="lookup",
        path=ANSWERS,
        old="requests[-MAX_LETTERS:]",
        new="requests",
        tests=(f"{LOOKUPS}::test_newest_three_open_requests_are_written_about",),
    ),
    Mutant(
        name="what asked for a link is gone once it is answered",
        kind="lookup",
        path=ANSWERS,
        old="    asked.delete()\n",
        new="",
        tests=(f"{LOOKUPS}::test_address_that_we_do_not_know_hears_nothing",),
    ),
]
