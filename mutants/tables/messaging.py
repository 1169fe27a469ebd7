"""What sends each letter once, and none to who has asked for none."""

from mutants.mutant import Mutant

DELIVERY = "admissions/messaging/test_delivery.py"
TASKS = "admissions/messaging/test_tasks.py"
STRANGERS = "admissions/messaging/test_stranger_addresses.py"
ELIGIBILITY = "admissions/messaging/eligibility.py"

MUTANTS = [
    Mutant(
        name="a worker takes what is due and in no one's hands",
        kind="claim",
        path="admissions/messaging/delivery.py",
        old="            state IN ('promised', 'delayed') AND due_at <= %(now)s\n"
        "            OR state = 'sending' AND lease_until < %(now)s\n",
        new="            true\n",
        tests=(f"{DELIVERY}::test_deliver_by_many_workers_at_once_sends_once",),
    ),
    Mutant(
        name="a restored database sends nothing",
        kind="claim",
        path="admissions/messaging/delivery.py",
        old="        ) AND EXISTS ({FREE_TO_SEND})\n",
        new="        )\n",
        tests=("admissions/operations/test_sending_hold.py::test_restored_database_sends_nothing",),
    ),
    Mutant(
        name="a worker settles what its own lease holds",
        kind="claim",
        path="admissions/messaging/delivery.py",
        old="    return Message.objects.filter(pk=message.pk, lease=message.lease).update(",
        new="    return Message.objects.filter(pk=message.pk).update(",
        tests=(f"{DELIVERY}::test_late_worker_does_not_settle_what_another_has_in_hand",),
    ),
    Mutant(
        name="a lease that has ended is taken up",
        kind="claim",
        path="admissions/messaging/delivery.py",
        old="            OR state = 'sending' AND lease_until < %(now)s\n",
        new="",
        tests=(f"{DELIVERY}::test_message_of_a_dead_worker_goes_after_the_lease_with_the_same_id",),
    ),
    Mutant(
        name="a sweep finds a lease that has ended",
        kind="sweep",
        path="admissions/messaging/models/messages.py",
        old="            | Q(state=Message.State.SENDING, lease_until__lt=now)\n",
        new="",
        tests=(f"{TASKS}::test_sweep_takes_up_what_a_dead_worker_left",),
    ),
    Mutant(
        name="beat sweeps every minute",
        kind="sweep",
        path="recovery_site/celery.py",
        old='"task": "admissions.messaging.tasks.send_due_messages",\n'
        '        "schedule": timedelta(seconds=60),',
        new='"task": "admissions.messaging.tasks.send_due_messages",\n'
        '        "schedule": timedelta(days=60),',
        tests=(f"{TASKS}::test_beat_sweeps_messages_and_offers_every_minute",),
    ),
    Mutant(
        name="a sweep takes up what a dead worker left",
        kind="sweep",
        path="admissions/messaging/tasks.py",
        old="        send_abandoned_message.delay(message.pk)\n",
        new="        pass\n",
        tests=(f"{TASKS}::test_sweep_takes_up_what_a_dead_worker_left",),
    ),
    Mutant(
        name="a booking stands while Redis is away",
        kind="sweep",
        path="admissions/messaging/tasks.py",
        old="lambda: send_due_messages.delay(pk), robust=True)",
        new="lambda: send_due_messages.delay(pk))",
        tests=(f"{TASKS}::test_booking_stands_while_redis_is_away_and_the_sweep_sends_later",),
    ),
    Mutant(
        name="a letter that kills its workers is given up",
        kind="sweep",
        path="admissions/messaging/delivery.py",
        old="    if message.crashes >= MAX_CRASHES:\n",
        new="    if False:\n",
        tests=(
            "admissions/messaging/test_outbox.py"
            "::test_letter_whose_workers_never_come_back_is_given_up",
        ),
    ),
    Mutant(
        name="a letter is owed once",
        kind="constraint",
        path="admissions/migrations/0001_initial.py",
        old="models.F('kind'), models.F('dedupe_key'), models.F('copy'), name=",
        new="models.F('kind'), models.F('id'), models.F('copy'), name=",
        tests=(
            "admissions/test_constraints.py::test_message_of_one_kind_and_key_is_enqueued_once",
        ),
    ),
    Mutant(
        name="a suppressed address gets no letter",
        kind="suppression",
        path=ELIGIBILITY,
        old="    if message.suppressions and not may_ask_once(message, request):\n",
        new="    if False:\n",
        tests=(
            "admissions/messaging/test_outbox.py"
            "::test_suppressed_address_gets_no_letter_of_any_kind",
        ),
    ),
    Mutant(
        name="a stopped address hears once that someone typed it, and no more",
        kind="suppression",
        path=ELIGIBILITY,
        old="    return request.created_at > stopped_at and not written.exists()\n",
        new="    return True\n",
        tests=(f"{STRANGERS}::test_second_request_sends_none",),
    ),
    Mutant(
        name="who only typed an address lifts no stop of it",
        kind="suppression",
        path="admissions/intake/contact_plan.py",
        old="        if owns_email:\n            suppressions.lift_requester_stop(request, by=by)\n",
        new="        suppressions.lift_requester_stop(request, by=by)\n",
        tests=(
            f"{STRANGERS}::test_who_only_typed_the_address_may_not_though_they_gave_it_up_before",
        ),
    ),
    Mutant(
        name="who only typed an address stops their own request alone",
        kind="suppression",
        path="admissions/intake/contact_plan.py",
        old="    if owns_email:\n        suppressions.suppress_email(",
        new="    if True:\n        suppressions.suppress_email(",
        tests=(
            f"{STRANGERS}::test_who_only_typed_the_address_gives_it_up_for_their_own_request_alone",
        ),
    ),
    Mutant(
        name="an address hears of three new requests a day",
        kind="limit",
        path=ELIGIBILITY,
        old='    return Reason.TOO_MANY if is_flooded(request, now) else ""\n',
        new='    return ""\n',
        tests=(
            f"{STRANGERS}::test_address_hears_of_three_new_requests_in_a_day",
            f"{STRANGERS}::test_request_is_written_to_a_dozen_times_a_day",
        ),
    ),
    Mutant(
        name="a name that is a sentence is not greeted",
        kind="escape",
        path="admissions/messaging/greeting.py",
        old="    called = name if len(words) <= MAX_GREETED_WORDS else words[0]\n",
        new="    called = name\n",
        tests=(
            "admissions/messaging/test_rendering.py"
            "::test_name_of_many_words_is_greeted_by_its_first",
        ),
    ),
    Mutant(
        name="a name that reads as an address is not greeted",
        kind="escape",
        path="admissions/messaging/greeting.py",
        old="    if not words or not is_name or ADDRESS_PATTERN.search(name.translate(DOTS)):\n",
        new="    if not words:\n",
        tests=(
            "admissions/messaging/test_rendering.py"
            "::test_name_that_reads_as_an_address_is_not_repeated",
        ),
    ),
    Mutant(
        name="a provider proves who it is",
        kind="CSRF",
        path="admissions/public/views/mail_webhook.py",
        old="    reader.run_validators(request)\n",
        new="",
        tests=(
            "admissions/messaging/test_provider_events.py::test_wrong_or_missing_secret_is_refused",
            "admissions/messaging/test_provider_events.py"
            "::test_report_whose_signature_does_not_fit_is_refused",
        ),
    ),
    Mutant(
        name="an old report of a provider is no news",
        kind="CSRF",
        path="admissions/public/views/mail_webhook.py",
        old="        check_event_age(events)\n",
        new="        pass\n",
        tests=(
            "admissions/messaging/test_provider_events.py"
            "::test_report_signed_long_ago_or_ahead_is_refused",
        ),
    ),
]
