"""A letter in the hands of a provider: its form, its name there, and every refusal sorted."""

import json
import logging
from base64 import b64decode
from datetime import UTC, datetime

import pytest

from admissions.messaging import delivery
from admissions.messaging.models import Message
from tests.support import calendar_rules
from tests.support.factories import make_consultation, make_message, make_request
from tests.support.provider_server import HANG, HANG_UP, NAMED

NOW = datetime(2027, 1, 4, 18, tzinfo=UTC)
AT = datetime(2027, 1, 6, 18, tzinfo=UTC)
State, Reason = Message.State, Message.Reason
PROVIDERS = sorted(NAMED)
NO_TRACKING = {
    "mailgun": ['name="o:tracking-opens"\r\n\r\nno', 'name="o:tracking-clicks"\r\n\r\nno'],
    "mailjet": ['"TrackOpens": "disabled"', '"TrackClicks": "disabled"'],
    "postmark": ['"TrackOpens": false', '"TrackLinks": "None"'],
    "sparkpost": ['"open_tracking": false', '"click_tracking": false'],
}

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NOW)]


def promise(kind="confirmation", **columns):
    request = make_request(email="jo@example.com", preferred_name="Zqx")
    status = {"canceled": "canceled_by_person"}.get(kind, "scheduled")
    consultation = make_consultation(starts_at=AT, request=request, status=status)
    return make_message(kind, consultation=consultation, **{"due_at": NOW} | columns)


def outcome(message):
    message.refresh_from_db()
    return message.state, message.reason


@pytest.mark.parametrize("name", PROVIDERS)
def test_provider_takes_the_letter_and_its_name_for_it_is_kept(mail_provider, name):
    server = mail_provider(name)
    message = promise()

    answer = delivery.deliver_message(message.pk)

    assert (answer, outcome(message), message.provider_message_id) == (
        State.SENT,
        (State.SENT, ""),
        NAMED[name],
    )
    assert len(server.asked) == 1


@pytest.mark.parametrize("name", PROVIDERS)
def test_provider_tracks_nothing_and_knows_the_message_by_its_mark_alone(mail_provider, name):
    server = mail_provider(name)
    message = promise()

    delivery.deliver_message(message.pk)

    said = server.asked[0].body.decode()
    for switched_off in NO_TRACKING[name]:
        assert switched_off in said
    assert marks(name, server.asked[0]) == {"message": str(message.message_uuid)}


def marks(name, asked):
    """What the provider is told of a message beside the letter itself."""
    if name == "mailgun":
        return {key[2:]: value for key, (value,) in asked.form.items() if key.startswith("v:")}
    if name == "mailjet":
        return json.loads(asked.json["Globals"]["EventPayload"])
    return asked.json["Metadata"] if name == "postmark" else asked.json["metadata"]


@pytest.mark.parametrize(("name", "keeps"), [("mailgun", True), ("mailjet", False),
                                             ("postmark", True), ("sparkpost", False)])  # fmt: skip
def test_letter_keeps_our_message_id_where_the_provider_allows_it(mail_provider, name, keeps):
    server = mail_provider(name)
    message = promise()

    delivery.deliver_message(message.pk)

    said = server.asked[0].body.decode()
    assert (f"<{message.message_uuid}@" in said) == keeps
    assert ("X-PM-KeepID" in said) == (name == "postmark")
    assert "auto-generated" in said


@pytest.mark.parametrize(("kind", "method"), [("confirmation", "REQUEST"), ("canceled", "CANCEL")])
@pytest.mark.parametrize("name", PROVIDERS)
def test_invitation_comes_as_the_one_file_and_carries_its_method(mail_provider, name, kind, method):
    server = mail_provider(name)

    delivery.deliver_message(promise(kind).pk)

    file, content_type = attached(name, server.asked[0])
    assert content_type.replace('"', "") == (
        f"text/calendar; method={method}; charset=utf-8; name=appointment.ics"
    )
    assert calendar_rules.read(file).method == method


def attached(name, asked):
    """The bytes and the type of the one attachment."""
    if name == "mailgun":
        ((file, kind),) = asked.files["attachment"]
        return file, kind
    if name == "postmark":
        (only,) = asked.json["Attachments"]
        return b64decode(only["Content"]), only["ContentType"]
    if name == "mailjet":
        (only,) = asked.json["Globals"]["Attachments"]
        return b64decode(only["Base64Content"]), only["ContentType"]
    (only,) = asked.json["content"]["attachments"]
    return b64decode(only["data"]), only["type"]


# Refusals, sorted as those of a mail server


def mailjet_says(words):
    """Its answer about a letter that it did not take."""
    return {"Messages": [{"Status": "error", "Errors": [{"ErrorMessage": words}]}]}


@pytest.mark.parametrize(
    ("name", "status", "answer", "became"),
    [
        ("mailgun", 400, {"message": "to parameter is not a valid address"}, State.FAILED),
        ("mailgun", 400, {"message": "from parameter is not a valid address"}, State.RETRYING),
        ("mailgun", 400, {"message": "Sandbox subdomains are for test purposes"}, State.RETRYING),
        ("mailgun", 413, {"message": "Message too large"}, State.FAILED),
        ("mailgun", 401, "Forbidden", State.RETRYING),
        ("mailgun", 402, {}, State.RETRYING),
        ("mailgun", 403, {}, State.RETRYING),
        ("mailgun", 404, {"message": "Domain not found: er-office.example"}, State.RETRYING),
        ("mailgun", 408, {}, State.RETRYING),
        ("mailgun", 429, {}, State.RETRYING),
        ("mailgun", 500, {}, State.RETRYING),
        ("mailgun", 503, {}, State.RETRYING),
        ("mailgun", 200, ["not what we were told"], State.RETRYING),
        ("mailgun", 302, {}, State.RETRYING),
        ("postmark", 422, {"ErrorCode": 300, "Message": "Invalid 'To' address: 'jo@example.com'."},
         State.FAILED),
        ("postmark", 422, {"ErrorCode": 406, "Message": "You tried to send to a recipient that has"
         " been marked as inactive.\nFound inactive addresses: jo@example.com.\nInactive recipients"
         " are ones that have generated a hard bounce or a spam complaint."}, State.FAILED),
        ("postmark", 422, {"ErrorCode": 400, "Message": "The Sender Signature is not confirmed."},
         State.RETRYING),
        ("postmark", 401, {"ErrorCode": 10, "Message": "No Account or Server API tokens"},
         State.RETRYING),
        ("postmark", 500, {}, State.RETRYING),
        ("sparkpost", 400, {"errors": [{"message": "Unconfigured Sending Domain"}]},
         State.RETRYING),
        ("sparkpost", 422, {"errors": [{"message": "invalid recipient"}]}, State.FAILED),
        ("sparkpost", 420, {"errors": [{"message": "Exceed Sending Limit"}]}, State.RETRYING),
        ("mailjet", 401, {"ErrorMessage": "API key authentication failure"}, State.RETRYING),
        ("mailjet", 500, {}, State.RETRYING),
        ("mailjet", 400, mailjet_says('"jo@example" is an invalid email address'), State.FAILED),
        ("mailjet", 400, mailjet_says('Your account is temporarily blocked'), State.RETRYING),
    ],
)  # fmt: skip
def test_refusal_is_for_good_only_if_it_is_about_this_letter(
    mail_provider, name, status, answer, became
):
    server = mail_provider(name)
    server.status, server.answer = status, answer
    message = promise()

    delivery.deliver_message(message.pk)

    reason = Reason.REFUSED if became == State.FAILED else Reason.NOT_ACCEPTED
    assert outcome(message) == (became, reason)
    assert message.request.email_failed_at == (NOW if became == State.FAILED else None)


@pytest.mark.parametrize("status", [HANG, HANG_UP])
def test_provider_that_does_not_answer_is_tried_again(mail_provider, status):
    server = mail_provider("postmark")
    server.status = status
    message = promise()

    delivery.deliver_message(message.pk)

    assert outcome(message) == (State.RETRYING, Reason.UNREACHABLE)
    assert message.due_at > NOW


def test_provider_that_is_not_there_is_tried_again(mail_provider):
    mail_provider("postmark").stop()
    message = promise()

    delivery.deliver_message(message.pk)

    assert outcome(message) == (State.RETRYING, Reason.UNREACHABLE)


def test_missing_key_leaves_the_letter_owed(mail_provider, settings):
    mail_provider("postmark")
    del settings.ANYMAIL["POSTMARK_SERVER_TOKEN"]
    message = promise()

    delivery.deliver_message(message.pk)

    assert outcome(message) == (State.RETRYING, Reason.NOT_ACCEPTED)


@pytest.mark.parametrize(
    ("status", "level"), [(401, logging.ERROR), (400, logging.WARNING), (500, logging.WARNING)]
)
def test_log_is_loud_about_our_own_fault_and_names_nobody(mail_provider, caplog, status, level):
    server = mail_provider("mailgun")
    server.status, server.answer = status, {"message": "no jo@example.com"}
    message = promise()

    delivery.deliver_message(message.pk)

    assert caplog.record_tuples == [
        (
            "admissions.messaging.delivery",
            level,
            f"Message {message.pk} was not accepted: AnymailRequestsAPIError {status}",
        )
    ]


def test_letter_by_smtp_has_no_name_of_a_provider(inbox):
    message = promise()

    delivery.deliver_message(message.pk)

    assert (outcome(message), message.provider_message_id, len(inbox)) == ((State.SENT, ""), "", 1)


def test_second_letter_goes_after_the_provider_is_back(mail_provider):
    server = mail_provider("mailgun")
    server.status = 503
    message = promise()
    delivery.deliver_message(message.pk)
    Message.objects.filter(pk=message.pk).update(due_at=NOW)
    server.status = 200

    delivery.deliver_message(message.pk)

    first, second = server.asked
    assert outcome(message) == (State.SENT, "")
    assert first.form["h:Message-Id"] == second.form["h:Message-Id"]
