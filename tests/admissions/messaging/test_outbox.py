"""What becomes of an email beside its sending: faults, bounces, words, whom not to write."""

import uuid
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction

from admissions.audit.models import AuditEvent
from admissions.booking import consultations
from admissions.intake import suppressions
from admissions.intake.models import ConsultationRequest, Suppression
from admissions.messaging import catalog, delivery, disclosure, outbox, rendering, templates
from admissions.messaging.kinds import Night
from admissions.messaging.models import Message, MessageRule, MessageTemplate
from admissions.messaging.shared_facts import SharedFacts
from admissions.triage import contact_attempts, outcomes
from programs.models import Facility
from tests.support.factories import make_consultation, make_due, make_request, make_user
from tests.support.rivals import at_once

PACIFIC = ZoneInfo("America/Los_Angeles")
NOW = datetime(2027, 1, 4, 10, tzinfo=PACIFIC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
Kind, State, Reason = Message.Kind, Message.State, Message.Reason
FOR_REQUESTERS = sorted(templates.list_editable_kinds())

pytestmark = pytest.mark.stopped_at(NOW)


def kept(message) -> tuple[str, str]:
    message.refresh_from_db()
    return message.state, message.reason


def refuse(mail_server):
    mail_server(RCPT="550 nobody here")


# A letter that stops its worker


@pytest.mark.django_db
def test_letter_whose_workers_never_come_back_is_given_up(inbox, time_machine):
    message, now = make_due(Kind.CONFIRMATION, now=NOW), NOW
    for _worker in range(delivery.MAX_CRASHES):
        delivery.claim_message(message.pk)
        now += delivery.LEASE_DURATION + MINUTE
        time_machine.move_to(now, tick=False)

    answer = delivery.deliver_message(message.pk)

    assert (answer, kept(message), inbox) == (State.FAILED, (State.FAILED, Reason.CRASHED), [])
    assert Message.objects.due(now=now + DAY).count() == 0


@pytest.mark.django_db
def test_letter_that_was_only_delayed_is_not_given_up_as_a_crash(mail_server, time_machine):
    server = mail_server(RCPT="450 graylisted")
    message, now = make_due(Kind.CONFIRMATION, now=NOW, at=NOW + 9 * DAY), NOW
    for _try in range(delivery.MAX_CRASHES + 1):
        delivery.deliver_message(message.pk)
        message.refresh_from_db()
        now = message.due_at
        time_machine.move_to(now, tick=False)
    server.replies.clear()

    answer = delivery.deliver_message(message.pk)

    assert (answer, message.crashes) == (State.SENT, 0)


# Someone is phoned when an email is lost


@pytest.mark.django_db
def test_refused_letter_puts_its_person_on_the_desk_now(mail_server):
    refuse(mail_server)
    message = make_due(Kind.CONFIRMATION, now=NOW)

    delivery.deliver_message(message.pk)

    request = ConsultationRequest.objects.get()
    assert (request.email_failed_at, request.due_at) == (NOW, NOW)
    event = request.audit_events.get()
    assert (event.type, event.source, event.code) == ("email_failed", "system", "confirmation")


@pytest.mark.django_db
def test_letter_that_came_back_puts_its_person_on_the_desk_once(inbox):
    message = make_due(Kind.CONFIRMATION, now=NOW)
    delivery.deliver_message(message.pk)

    for _notice in range(2):
        delivery.record_bounce(message, Reason.NO_SUCH_ADDRESS)

    assert kept(message) == (State.BOUNCED, Reason.NO_SUCH_ADDRESS)
    assert AuditEvent.objects.filter(type="email_failed").count() == 1
    assert ConsultationRequest.objects.get().email_failed_at == NOW


@pytest.mark.django_db
def test_letter_that_never_went_cannot_come_back():
    message = make_due(Kind.CONFIRMATION, now=NOW)

    delivery.record_bounce(message, Reason.NO_SUCH_ADDRESS)

    assert (kept(message), ConsultationRequest.objects.get().email_failed_at) == (
        (State.QUEUED, ""),
        None,
    )


@pytest.mark.django_db
def test_refused_notice_to_staff_puts_nobody_on_the_desk(mail_server):
    refuse(mail_server)
    make_user("director")
    message = make_due(Kind.STAFF_NEW_REQUEST, now=NOW)

    delivery.deliver_message(message.pk)

    assert kept(message) == (State.FAILED, Reason.REFUSED)
    assert ConsultationRequest.objects.get().email_failed_at is None


@pytest.mark.django_db
def test_lost_letter_of_a_closed_request_asks_for_no_call(mail_server):
    refuse(mail_server)
    consultation = make_consultation(starts_at=NOW + DAY)
    outcomes.close_request(
        request_id=consultation.request_id, by=make_user(), disposition="withdrawn", reason="other"
    )

    delivery.deliver_message(consultation.messages.get().pk)

    request = ConsultationRequest.objects.get()
    assert (request.email_failed_at, request.due_at) == (None, None)


@pytest.mark.django_db
def test_logged_try_answers_the_lost_email(mail_server):
    refuse(mail_server)
    message = make_due(Kind.CONFIRMATION, now=NOW)
    delivery.deliver_message(message.pk)

    contact_attempts.log_attempt(
        request_id=message.request_id, by=make_user(), channel="call", result="reached"
    )

    assert ConsultationRequest.objects.get().email_failed_at is None


def test_lost_letter_and_a_cancellation_at_once_do_not_lock_each_other_out(
    real_commits, mail_server
):
    refuse(mail_server)
    for _round in range(5):
        message = make_due(Kind.CONFIRMATION, now=NOW, at=NOW + 2 * DAY)
        cancel = partial(
            consultations.cancel_consultation, key=uuid.uuid4(), request=message.request
        )

        answers = at_once([partial(delivery.deliver_message, message.pk), cancel])

        assert answers[0] in (State.FAILED, State.SKIPPED)


# The night


UNASKED = [kind for kind in FOR_REQUESTERS if catalog.CATALOG[kind].night is Night.WAIT]


@pytest.mark.django_db
@pytest.mark.parametrize("kind", UNASKED)
def test_letter_that_a_fault_has_carried_into_the_night_waits_for_morning(
    inbox, time_machine, kind
):
    night, morning = NOW.replace(hour=23), NOW.replace(day=5, hour=8)
    time_machine.move_to(night, tick=False)
    message = make_due(kind, now=night, at=NOW + 2 * DAY)

    delivery.deliver_message(message.pk)

    assert (kept(message), message.due_at, inbox) == ((State.QUEUED, ""), morning, [])


@pytest.mark.django_db
def test_answer_to_what_someone_just_did_goes_at_night(inbox, time_machine):
    night = NOW.replace(hour=23)
    time_machine.move_to(night, tick=False)

    answer = delivery.deliver_message(make_due(Kind.CONFIRMATION, now=night).pk)

    assert (answer, len(inbox)) == (State.SENT, 1)


# What a director has switched off


@pytest.mark.django_db
def test_kind_that_was_switched_off_is_not_sent_though_it_was_promised(inbox):
    message = make_due(Kind.REMINDER_DAY, now=NOW)
    MessageRule.objects.filter(kind=Kind.REMINDER_DAY).update(is_on=False)

    delivery.deliver_message(message.pk)

    assert (kept(message), inbox) == ((State.SKIPPED, Reason.SWITCHED_OFF), [])


@pytest.mark.django_db
@pytest.mark.parametrize("kind", [Kind.REMINDER_DAY, Kind.REMINDER_HOURS])
def test_reminder_that_is_off_is_not_promised(kind):
    MessageRule.objects.filter(kind=kind).update(is_on=False)
    consultation = make_consultation(starts_at=NOW + 3 * DAY)

    outbox.enqueue_confirmation(consultation)

    kinds = set(consultation.messages.values_list("kind", flat=True))
    assert kinds == {Kind.CONFIRMATION, Kind.REMINDER_DAY, Kind.REMINDER_HOURS} - {kind}


@pytest.mark.django_db
def test_reminder_goes_when_the_director_says():
    MessageRule.objects.filter(kind=Kind.REMINDER_DAY).update(delay=20 * HOUR)
    consultation = make_consultation(starts_at=NOW + 3 * DAY)

    outbox.enqueue_confirmation(consultation)

    reminder = consultation.messages.get(kind=Kind.REMINDER_DAY)
    assert reminder.due_at == consultation.starts_at - 20 * HOUR


@pytest.mark.django_db
def test_rule_of_a_reminder_before_the_booking_is_refused():
    with pytest.raises(IntegrityError), transaction.atomic():
        MessageRule.objects.filter(kind=Kind.REMINDER_DAY).update(minimum_lead=HOUR)


# Addresses we do not write to


@pytest.mark.django_db
@pytest.mark.parametrize("cause", Suppression.Cause)
@pytest.mark.parametrize("kind", FOR_REQUESTERS)
def test_suppressed_address_gets_no_letter_of_any_kind(inbox, kind, cause):
    message = make_due(kind, now=NOW, at=NOW + DAY, email="Jo@Example.com", created_at=NOW - DAY)
    other = make_request(email="jo@example.COM")
    suppressions.suppress_email(other, cause)

    delivery.deliver_message(message.pk)

    assert (kept(message), inbox) == ((State.SKIPPED, Reason.SUPPRESSED), [])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("cause", "state"),
    [("stopped", State.SENT), ("bounced", State.SKIPPED), ("complained", State.SKIPPED)],
)
def test_new_request_after_a_stop_is_written_to_but_not_a_dead_address(inbox, cause, state):
    suppressions.suppress_email(make_request(), cause)
    Suppression.objects.update(at=NOW - MINUTE)

    answer = delivery.deliver_message(make_due(Kind.CONFIRMATION, now=NOW, created_at=NOW).pk)

    assert answer == state


@pytest.mark.django_db
def test_suppression_that_was_lifted_holds_nothing_back(inbox):
    suppressions.suppress_email(make_request(), "bounced")
    Suppression.objects.update(lifted_at=NOW)

    answer = delivery.deliver_message(make_due(Kind.CONFIRMATION, now=NOW).pk)

    assert answer == State.SENT


@pytest.mark.django_db
def test_suppression_keeps_no_address():
    suppressions.suppress_email(make_request(email="zqx@example.com"), "stopped")

    row = Suppression.objects.values().get()

    assert [column for column, value in row.items() if "zqx" in str(value)] == []


# Nobody answers


@pytest.mark.django_db
@pytest.mark.parametrize("result", ["no_answer", "voicemail", "sent", "wrong_number"])
def test_try_without_an_answer_promises_three_letters(result):
    request = make_request(created_at=NOW - HOUR)

    contact_attempts.log_attempt(
        request_id=request.pk, by=make_user(), channel="call", result=result
    )

    letters_due = request.messages.order_by("due_at").values_list("kind", "due_at")
    assert list(letters_due) == [
        (Kind.NO_CONTACT_FIRST, NOW + DAY),
        (Kind.NO_CONTACT_SECOND, NOW + 4 * DAY),
        (Kind.NO_CONTACT_LAST, NOW + 10 * DAY),
    ]


@pytest.mark.django_db
def test_more_tries_promise_no_more_letters(time_machine):
    request, staff = make_request(created_at=NOW - HOUR), make_user()

    for days in (0, 1, 3, 12):
        time_machine.move_to(NOW + days * DAY, tick=False)
        contact_attempts.log_attempt(
            request_id=request.pk, by=staff, channel="call", result="no_answer"
        )

    assert request.messages.count() == 3


@pytest.mark.django_db
def test_no_show_who_does_not_answer_gets_one_ladder_only():
    consultation = make_consultation(starts_at=NOW - HOUR)
    request, staff = consultation.request, make_user()
    outcomes.mark_no_show(request_id=request.pk, by=staff)

    contact_attempts.log_attempt(
        request_id=request.pk, by=staff, channel="call", result="no_answer"
    )

    kinds = request.messages.order_by("due_at").values_list("kind", flat=True)
    assert list(kinds) == catalog.list_series("no_show")


@pytest.mark.django_db
def test_silence_after_we_have_talked_begins_a_new_ladder(time_machine):
    request, staff = make_request(created_at=NOW - HOUR), make_user()
    contact_attempts.log_attempt(
        request_id=request.pk, by=staff, channel="call", result="no_answer"
    )
    time_machine.move_to(NOW + HOUR, tick=False)
    contact_attempts.log_attempt(request_id=request.pk, by=staff, channel="call", result="reached")
    ConsultationRequest.objects.update(stage="consultation_scheduled")
    make_consultation(starts_at=NOW + 3 * DAY, request=request)
    consultations.cancel_consultation(key=uuid.uuid4(), request=request)
    time_machine.move_to(NOW + 2 * HOUR, tick=False)

    contact_attempts.log_attempt(
        request_id=request.pk, by=staff, channel="call", result="no_answer"
    )

    rounds = request.messages.filter(kind=Kind.NO_CONTACT_FIRST).order_by("pk")
    assert [message.dedupe_key for message in rounds] == [
        f"request:{request.pk}:{round}" for round in (0, 1)
    ]


@pytest.mark.django_db
def test_new_ladder_is_promised_though_its_first_letter_is_off(time_machine):
    MessageRule.objects.filter(kind=Kind.NO_CONTACT_FIRST).update(is_on=False)
    request, staff = make_request(created_at=NOW - HOUR), make_user()
    outbox.enqueue_no_contact_series(request)
    time_machine.move_to(NOW + HOUR, tick=False)
    contact_attempts.log_attempt(request_id=request.pk, by=staff, channel="call", result="reached")
    time_machine.move_to(NOW + 2 * HOUR, tick=False)

    outbox.enqueue_no_contact_series(request)

    rounds = request.messages.filter(kind=Kind.NO_CONTACT_LAST).order_by("pk")
    assert [message.dedupe_key for message in rounds] == [
        f"request:{request.pk}:{round}" for round in (0, 1)
    ]


# Which words


@pytest.mark.django_db
def test_ledger_keeps_which_words_were_sent(inbox):
    message = make_due(Kind.CONFIRMATION, now=NOW)

    delivery.deliver_message(message.pk)

    message.refresh_from_db()
    assert message.template_version == f"ours {templates.hash_built_in_text(Kind.CONFIRMATION)}"


def keep_words(version=1, **columns) -> MessageTemplate:
    said = {"subject": "Your time", "heading": "Hello again", "text": "Call {line} any time."}
    return MessageTemplate.objects.create(
        kind=Kind.CONFIRMATION, language="en", version=version, made_by=make_user(),
        **(said | columns),
    )  # fmt: skip


@pytest.mark.django_db
def test_directors_words_are_sent(inbox):
    keep_words()
    message = make_due(Kind.CONFIRMATION, now=NOW)

    delivery.deliver_message(message.pk)

    message.refresh_from_db()
    line = str(Facility.objects.get().admissions_line)
    assert (inbox[0]["Subject"], message.template_version) == ("Your time", "own 1 en")
    assert f"Call {line} any time." in inbox[0].get_body(["plain"]).get_content()


@pytest.mark.django_db
def test_directors_words_of_one_language_are_not_sent_to_readers_of_another(inbox):
    keep_words()

    delivery.deliver_message(make_due(Kind.CONFIRMATION, now=NOW, language="es").pk)

    assert inbox[0]["Subject"] != "Your time"


@pytest.mark.django_db
def test_our_words_come_back_when_the_director_says_so(inbox):
    keep_words()
    keep_words(2, is_built_in=True, subject="", heading="", text="")

    delivery.deliver_message(make_due(Kind.CONFIRMATION, now=NOW).pk)

    assert inbox[0]["Subject"] == "Your appointment"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "said", [{"subject": "Your treatment"}, {"text": "Welcome to Experience Recovery."}]
)
def test_words_that_would_tell_are_never_sent_however_they_came_here(inbox, said):
    keep_words(**said)

    delivery.deliver_message(make_due(Kind.CONFIRMATION, now=NOW).pk)

    assert inbox[0]["Subject"] == "Your appointment"
    assert "Recovery" not in inbox[0].as_string()


@pytest.mark.django_db
@pytest.mark.security(47)
def test_unknown_placeholder_stays_as_it_was_typed():
    keep_words(text="See {self.__class__} and {nothing}.")

    letter = rendering.render_email(make_due(Kind.CONFIRMATION, now=NOW))

    assert "See {self.__class__} and {nothing}." in letter.body


@pytest.mark.parametrize("kind", FOR_REQUESTERS)
def test_our_own_words_tell_nothing_and_fill_every_placeholder(kind):
    words = catalog.CATALOG[kind].text
    said = f"{words.subject}\n{words.heading}\n{words.text}"

    assert (
        disclosure.find_revealing_words(said),
        templates.find_unknown_placeholders(kind, said),
    ) == ([], [])


# What it costs


@pytest.mark.django_db
def test_letter_takes_thirteen_queries(inbox, django_assert_num_queries, settings):
    settings.REQUEST_LIMIT_FACTOR = 1
    message = make_due(Kind.CONFIRMATION, now=NOW)

    with django_assert_num_queries(13):
        delivery.deliver_message(message.pk)


@pytest.mark.django_db
def test_next_letter_of_a_task_takes_nine_queries(inbox, django_assert_num_queries, settings):
    settings.REQUEST_LIMIT_FACTOR = 1
    facts = SharedFacts()
    first, second = (make_due(Kind.CONFIRMATION, now=NOW) for _letter in range(2))
    delivery.deliver_message(first.pk, facts)

    with django_assert_num_queries(9):
        delivery.deliver_message(second.pk, facts)
