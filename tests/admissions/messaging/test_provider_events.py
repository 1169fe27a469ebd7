"""What a provider reports: its proof, replays, bounces, complaints, and strangers."""

import hmac
import json
import uuid
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.test import Client

from admissions.intake.models import ConsultationRequest, Suppression
from admissions.messaging import delivery
from admissions.messaging.models import Message, ProviderEvent
from tests.support.factories import make_consultation, make_message, make_request
from tests.support.provider_server import KEYS, SECRET
from tests.support.rivals import at_once

NOW = datetime(2027, 1, 4, 18, tzinfo=UTC)
AT = datetime(2027, 1, 6, 18, tzinfo=UTC)
HOUR = timedelta(hours=1)
State, Reason, Cause = Message.State, Message.Reason, Suppression.Cause
JO = "jo@example.com"

pytestmark = pytest.mark.stopped_at(NOW)


@pytest.fixture(params=["mailgun", "mailjet", "postmark", "sparkpost"])
def provider(request, settings):
    return use(settings, request.param)


@pytest.fixture
def mailgun(settings):
    return use(settings, "mailgun")


def use(settings, name):
    settings.MAIL_PROVIDER, settings.ANYMAIL = name, KEYS[name]
    return name


@pytest.fixture
def message(db):
    return sent()


def sent(kind="confirmation", state="sent", **columns):
    request = make_request(email=JO, due_at=NOW + HOUR)
    consultation = make_consultation(starts_at=AT, request=request)
    finished_at = NOW - HOUR if state == "sent" else None
    reason = "unreachable" if state == "delayed" else ""
    return make_message(
        kind, consultation=consultation, due_at=NOW - HOUR, state=state, reason=reason,
        finished_at=finished_at, **columns,
    )  # fmt: skip


# What each of them posts, as their own documentation shows it


def mailgun_says(message, what, *, token="a" * 50, at=NOW, recipient=JO):
    said = {
        "bounce": {"event": "failed", "severity": "permanent", "reason": "bounce"},
        "soft": {"event": "failed", "severity": "temporary", "reason": "generic"},
        "complaint": {"event": "complained"},
        "opened": {"event": "opened"},
        "stop": {"event": "unsubscribed"},
    }[what]
    stamp = str(int(at.timestamp()))
    key = KEYS["mailgun"]["MAILGUN_WEBHOOK_SIGNING_KEY"].encode()
    return {
        "signature": {
            "token": token,
            "timestamp": stamp,
            "signature": hmac.digest(key, f"{stamp}{token}".encode(), "sha256").hex(),
        },
        "event-data": said | {
            "timestamp": at.timestamp(),
            "recipient": recipient,
            "user-variables": {"message": str(message.message_uuid)},
            "message": {"headers": {"message-id": "20270104.1@mg.example"}},
        },
    }  # fmt: skip


def mailjet_says(message, what, *, recipient=JO):
    said = {
        "bounce": {"event": "bounce", "hard_bounce": True, "error": "user unknown"},
        "soft": {"event": "bounce", "hard_bounce": False, "error": "mailbox inactive"},
        "complaint": {"event": "spam", "source": "JMRPP"},
        "opened": {"event": "open"},
        "stop": {"event": "unsub"},
    }[what]
    payload = json.dumps({"message": str(message.message_uuid)})
    return [said | {"time": 1, "MessageID": 19421777835146490, "email": recipient,
                    "Payload": payload}]  # fmt: skip


def postmark_says(message, what, *, recipient=JO):
    said = {
        "bounce": {"RecordType": "Bounce", "Type": "HardBounce", "ID": 42},
        "soft": {"RecordType": "Bounce", "Type": "SoftBounce", "ID": 43},
        "complaint": {"RecordType": "SpamComplaint", "Type": "SpamComplaint", "ID": 44},
        "opened": {"RecordType": "Open"},
        "stop": {"RecordType": "SubscriptionChange", "SuppressSending": True,
                 "SuppressionReason": "ManualSuppression"},
    }[what]  # fmt: skip
    field = "Recipient" if what in ("opened", "stop") else "Email"
    return said | {
        field: recipient,
        "MessageID": "00000000-0000-0000-0000-000000000000",
        "Metadata": {"message": str(message.message_uuid)},
    }


def sparkpost_says(message, what, *, recipient=JO):
    said = {
        "bounce": {"type": "bounce", "bounce_class": "10"},
        "soft": {"type": "bounce", "bounce_class": "22"},
        "complaint": {"type": "spam_complaint"},
        "opened": {"type": "open"},
        "stop": {"type": "list_unsubscribe"},
    }[what]
    kind = {"opened": "track_event", "stop": "unsubscribe_event"}.get(what, "message_event")
    said |= {
        "event_id": f"92356927693813856{what}",
        "timestamp": "1609783200",
        "raw_rcpt_to": recipient,
        "transmission_id": "65832150921904138",
        "rcpt_meta": {"message": str(message.message_uuid)},
    }
    return [{"msys": {kind: said}}]


SAYS = {
    "mailgun": mailgun_says,
    "mailjet": mailjet_says,
    "postmark": postmark_says,
    "sparkpost": sparkpost_says,
}


def post(provider, said, *, secret=SECRET, client=None):
    """Post it as JSON, with the secret as basic auth; the status of the answer."""
    proof = {"Authorization": f"Basic {b64encode(secret.encode()).decode()}"} if secret else {}
    client = client or Client(enforce_csrf_checks=True)
    answer = client.post(
        f"/mail/events/{provider}/", json.dumps(said), "application/json", headers=proof
    )
    return answer.status_code


def report(provider, message, what, **named):
    return post(provider, SAYS[provider](message, what, **named))


def stands(message):
    """All that a report may change: the message, who is phoned, who is written to no more."""
    message.refresh_from_db()
    request = message.request
    request.refresh_from_db()
    return {
        "message": (message.state, message.reason),
        "phone": (request.email_failed_at, request.due_at),
        "suppressed": sorted(
            Suppression.objects.for_email(request.email).values_list("cause", flat=True)
        ),
        "audit": [(e.type, e.source) for e in request.audit_events.all()],
    }


UNTOUCHED = {
    "message": ("sent", ""),
    "phone": (None, NOW + HOUR),
    "suppressed": [],
    "audit": [],
}


def lost(reason, cause):
    return {
        "message": ("bounced", reason),
        "phone": (NOW, NOW),
        "suppressed": [cause] if cause else [],
        "audit": [("email_failed", "system")],
    }


# What follows of a report


@pytest.mark.parametrize(
    ("what", "became"),
    [
        ("bounce", lost("no_such_address", "bounced")),
        ("complaint", lost("complained", "complained")),
        ("soft", UNTOUCHED),
        ("opened", UNTOUCHED),
        ("stop", UNTOUCHED | {"suppressed": ["stopped"]}),
    ],
)
def test_report_of_each_provider_is_understood(provider, message, what, became):
    status = report(provider, message, what)

    assert (status, stands(message)) == (200, became)
    assert ProviderEvent.objects.count() == (what != "opened")


@pytest.mark.django_db
@pytest.mark.parametrize("bounce_class", ["20", "24", "51", "70", "1"])
def test_sparkpost_says_by_class_whether_an_address_is_no_good(settings, message, bounce_class):
    use(settings, "sparkpost")
    said = sparkpost_says(message, "bounce")
    said[0]["msys"]["message_event"]["bounce_class"] = bounce_class

    assert (post("sparkpost", said), stands(message)) == (200, UNTOUCHED)


def test_rejected_letter_is_lost_but_the_address_may_be_good(settings, message):
    use(settings, "postmark")
    said = postmark_says(message, "bounce") | {"Type": "Blocked"}

    assert (post("postmark", said), stands(message)) == (200, lost("refused", ""))


def test_report_finds_the_message_by_the_providers_name_for_it(settings, message):
    use(settings, "postmark")
    said = postmark_says(message, "bounce")
    del said["Metadata"]
    Message.objects.filter(pk=message.pk).update(provider_message_id=said["MessageID"])

    assert (post("postmark", said), stands(message)["message"][0]) == (200, "bounced")


def test_closed_request_is_not_phoned(mailgun, message):
    ConsultationRequest.objects.filter(pk=message.request_id).update(
        stage="closed", closed_at=NOW, due_at=None, disposition="not_admitted", close_reason="cost"
    )

    report(mailgun, message, "bounce")

    found = stands(message)
    assert (found["message"][0], found["phone"], found["suppressed"]) == (
        "bounced",
        (None, None),
        ["bounced"],
    )


def test_letter_that_is_tried_again_may_have_gone_and_come_back(mailgun, db):
    message = sent(state="delayed")

    report(mailgun, message, "bounce")

    assert stands(message) == lost("no_such_address", "bounced")
    assert delivery.deliver_message(message.pk) is None


def test_report_that_outruns_its_worker_is_asked_for_again(mailgun, db):
    message = sent(state="sending", lease=uuid.uuid4(), lease_until=NOW + HOUR)

    early = report(mailgun, message, "bounce")
    Message.objects.filter(pk=message.pk).update(
        state="sent", lease=None, lease_until=None, finished_at=NOW
    )
    later = report(mailgun, message, "bounce")

    assert (early, later) == (503, 200)
    assert stands(message) == lost("no_such_address", "bounced")


def test_report_about_an_address_corrected_since_changes_nothing(mailgun, message):
    status = report(mailgun, message, "bounce", recipient="typo@example.com")

    assert (status, stands(message)) == (200, UNTOUCHED)


@pytest.mark.parametrize("recipient", ["JO@Example.COM", " jo@example.com"])
def test_address_is_the_same_however_it_is_typed(mailgun, message, recipient):
    report(mailgun, message, "bounce", recipient=recipient)

    assert stands(message)["message"][0] == "bounced"


def test_letter_to_staff_that_came_back_puts_nobody_on_a_list(mailgun, db):
    message = sent(kind="staff_new_request")

    report(mailgun, message, "bounce", recipient="desk@example.org")

    assert stands(message) == UNTOUCHED | {"message": ("bounced", "no_such_address")}
    assert Suppression.objects.count() == 0


def test_next_letter_to_the_address_is_not_sent(mailgun, message, inbox):
    other = make_message("moved", consultation=message.consultation, due_at=NOW)
    report(mailgun, message, "bounce")

    answer = delivery.deliver_message(other.pk)

    assert (answer, list(inbox)) == ("skipped", [])


# Proof


def test_wrong_or_missing_secret_is_refused(settings, message):
    for name in ("mailjet", "postmark", "sparkpost"):
        use(settings, name)
        said = SAYS[name](message, "bounce")
        for secret in ("hook:wrong", "", SECRET + "x"):
            assert post(name, said, secret=secret) == 403

    assert (stands(message), ProviderEvent.objects.count()) == (UNTOUCHED, 0)


@pytest.mark.parametrize("part", ["token", "timestamp", "signature"])
def test_report_whose_signature_does_not_fit_is_refused(mailgun, message, part):
    said = mailgun_says(message, "bounce")
    said["signature"][part] = str(int(NOW.timestamp()) - 1) if part == "timestamp" else "0" * 64

    assert (post(mailgun, said), stands(message)) == (403, UNTOUCHED)


@pytest.mark.parametrize("age", [timedelta(hours=13), -timedelta(minutes=6)])
def test_report_signed_long_ago_or_ahead_is_refused(mailgun, message, age):
    status = report(mailgun, message, "bounce", at=NOW - age)

    assert (status, stands(message)) == (403, UNTOUCHED)


def test_report_that_mailgun_could_not_bring_for_hours_is_heard(mailgun, message):
    assert report(mailgun, message, "bounce", at=NOW - 9 * HOUR) == 200
    assert stands(message)["message"][0] == "bounced"


@pytest.mark.parametrize("body", ["", "[]", "{}", "nonsense", '{"signature": 1}', "null"])
def test_nonsense_is_refused(mailgun, message, body):
    answer = Client().post("/mail/events/mailgun/", body, "application/json")

    assert answer.status_code in (400, 403)
    assert stands(message) == UNTOUCHED


def test_signed_nonsense_is_refused(settings, message):
    use(settings, "postmark")
    for said in ([], "text", 7, {"RecordType": ["Bounce"]}, {"Metadata": 3}):
        assert post("postmark", said) in (200, 400)

    assert stands(message) == UNTOUCHED


def test_old_form_of_a_mailgun_report_is_refused(mailgun, message):
    said = mailgun_says(message, "bounce")["signature"]
    form = said | {"event": "bounced", "recipient": JO, "message": str(message.message_uuid)}

    answer = Client().post("/mail/events/mailgun/", form)

    assert (answer.status_code, stands(message)) == (400, UNTOUCHED)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["postmark", "elsewhere", "mailgun"])
def test_only_the_provider_that_carries_our_mail_is_heard(settings, message, name):
    use(settings, "mailgun") if name != "mailgun" else setattr(settings, "MAIL_PROVIDER", "")

    assert post(name, mailgun_says(message, "bounce")) == 404
    assert stands(message) == UNTOUCHED


def test_address_of_reports_shows_nothing_to_who_reads_it(mailgun, message):
    client = Client()

    assert client.get("/mail/events/mailgun/").status_code == 405
    assert client.head("/mail/events/mailgun/").status_code == 200


# Replays


def test_report_said_twice_changes_nothing_the_second_time(provider, message):
    report(provider, message, "bounce")
    Suppression.objects.all().delete()
    ConsultationRequest.objects.filter(pk=message.request_id).update(email_failed_at=None)
    before = stands(message)

    status = report(provider, message, "bounce")

    assert (status, stands(message), ProviderEvent.objects.count()) == (200, before, 1)


def test_signature_of_one_report_vouches_for_no_other(mailgun, message):
    other = sent()
    report(mailgun, other, "soft")

    status = report(mailgun, message, "bounce")

    assert (status, stands(message)) == (200, UNTOUCHED)


def test_report_that_many_bring_at_once_counts_once(real_commits, settings):
    use(settings, "mailgun")
    message = sent()
    said = mailgun_says(message, "bounce")

    answers = at_once([partial(post, "mailgun", said)] * 6)

    assert answers == [200] * 6
    assert stands(message) == lost("no_such_address", "bounced")
    assert ProviderEvent.objects.count() == 1


def test_report_about_a_stranger_is_heard_and_forgotten(mailgun, message):
    stranger = Message(message_uuid=uuid.uuid4())

    assert report(mailgun, stranger, "bounce") == 200
    assert (stands(message), ProviderEvent.objects.count()) == (UNTOUCHED, 0)


def test_log_says_nothing_of_anyone(mailgun, message, caplog):
    said = mailgun_says(message, "bounce")
    post(mailgun, said)
    post(mailgun, said | {"signature": {"token": JO, "timestamp": "1", "signature": JO}})
    post(mailgun, JO)

    text = "\n".join(caplog.messages)
    assert JO not in text
    assert SECRET not in text
    assert said["signature"]["token"] not in text
