"""How a letter is handed to who carries it, and what it means when they do not take it.

A provider gets the same letter in its own form. It is asked to track nothing,
and told nothing of a message but the UUID by which we know it again.
"""

import re
import smtplib
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from anymail.exceptions import AnymailAPIError, AnymailRecipientsRefused
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import get_connection
from django.core.mail.backends.smtp import EmailBackend

from .models import Message
from .rendering import RenderedEmail

Reason = Message.Reason
# Headers that a provider writes itself; the rest keep our Message-ID.
PROVIDER_WRITTEN_HEADERS = {
    "mailgun": set(),
    "mailjet": {"Date", "Message-ID"},
    "postmark": {"Date"},
    "sparkpost": {"Date", "Message-ID"},
}
# Without it Postmark puts its own Message-ID in the place of ours.
KEEP_MESSAGE_ID_HEADERS = {"postmark": {"X-PM-KeepID": "true"}}
# What a provider says about one letter; a fault of ours, or of its own, may yet pass.
MESSAGE_ERROR_STATUSES = {400, 413, 422}
SENDER_ERROR_PATTERN = re.compile(
    r"\b(from|sender|sending|signature|account|token|api[ _-]?key|sandbox|permission)\b", re.I
)


class SharedConnection(threading.local):
    """What a thread that sends several letters talks to the mail server by, once it is open."""

    is_shared = False
    backend: EmailBackend | None = None

    def open(self) -> EmailBackend | None:
        """The shared line; None where each letter goes its own way."""
        if self.is_shared and self.backend is None:
            backend = get_connection()
            if isinstance(backend, EmailBackend):
                backend.open()
                self.backend = backend
        return self.backend

    def drop(self) -> None:
        """Without a goodbye: whoever made us wait would make us wait for that too."""
        if self.backend is not None and self.backend.connection is not None:
            self.backend.connection.close()
        self.backend = None


shared_connection = SharedConnection()


@contextmanager
def share_connection() -> Iterator[None]:
    """The letters that this thread hands over meanwhile share one line, with its sign-in."""
    shared_connection.is_shared = True
    try:
        yield
    finally:
        shared_connection.is_shared = False
        if shared_connection.backend is not None:
            with suppress(OSError, smtplib.SMTPException):
                shared_connection.backend.close()
        shared_connection.backend = None


class EmailNotAccepted(Exception):
    """The letter was not accepted; carries why, whether for good, and whether we are at fault."""

    def __init__(self, reason: str, *, is_permanent: bool, is_our_fault: bool, words: str):
        super().__init__(words)
        self.reason, self.is_permanent, self.is_our_fault = reason, is_permanent, is_our_fault


def send_email(email: RenderedEmail, message: Message) -> str:
    """Hand the email over; return the provider's id for it, if any, or raise EmailNotAccepted."""
    if settings.MAIL_PROVIDER:
        adapt_to_provider(email, message, settings.MAIL_PROVIDER)
    try:
        email.connection = shared_connection.open()
        email.send()
    except (OSError, AnymailRecipientsRefused, ImproperlyConfigured) as fault:
        shared_connection.drop()
        raise classify_error(fault) from None
    if unsaid := find_silent_refusal(email):
        raise unsaid
    return extract_provider_message_id(email)


def adapt_to_provider(email: RenderedEmail, message: Message, provider: str) -> None:
    """Put the letter into the form that a provider takes."""
    # A provider that cannot send without tracking, or loses our mark, is not on the list of
    # email_settings. The mark is a random UUID and tells nothing of the person.
    email.track_opens = email.track_clicks = False
    email.metadata = {"message": str(message.message_uuid)}
    own = PROVIDER_WRITTEN_HEADERS[provider]
    kept = {name: value for name, value in email.extra_headers.items() if name not in own}
    email.extra_headers = kept | KEEP_MESSAGE_ID_HEADERS.get(provider, {})
    turn_invite_into_attachment(email)


def turn_invite_into_attachment(email: RenderedEmail) -> None:
    """Providers take no third alternative: the one file then carries the method."""
    for alternative in list(email.alternatives):
        content, mimetype = alternative
        if mimetype.startswith("text/calendar"):
            email.alternatives.remove(alternative)
            email.attachments.clear()
            kind = f'{mimetype}; charset=utf-8; name="appointment.ics"'
            email.attach("appointment.ics", str(content), kind)


def extract_provider_message_id(email: RenderedEmail) -> str:
    """What the provider calls this letter; the first name if it has one for each address."""
    status = getattr(email, "anymail_status", None)
    name = status.message_id if status else None
    names = {name} if isinstance(name, str) else name or set()
    return min((each for each in names if each), default="")[:200]


def find_silent_refusal(email: RenderedEmail) -> EmailNotAccepted | None:
    """Mailjet answers of a letter that it did not take, and anymail raises nothing then."""
    status = getattr(email, "anymail_status", None)
    if status is None or status.status & {"sent", "queued", "unknown"}:
        return None
    is_our_fault = bool(SENDER_ERROR_PATTERN.search(status.esp_response.text))
    reason = Reason.NOT_ACCEPTED if is_our_fault else Reason.REFUSED
    return EmailNotAccepted(
        reason,
        is_permanent=not is_our_fault,
        is_our_fault=is_our_fault,
        words="the provider failed",
    )


def classify_error(fault: Exception) -> EmailNotAccepted:
    """Sort a fault: about this letter or person it is for good, else it may yet pass."""
    if isinstance(fault, AnymailRecipientsRefused):
        return permanent_error(fault)
    if isinstance(fault, ImproperlyConfigured):
        return temporary_error(Reason.NOT_ACCEPTED, fault, is_our_fault=True)
    if isinstance(fault, AnymailAPIError):
        return classify_provider_error(fault)
    return classify_smtp_error(fault)


def classify_provider_error(fault: AnymailAPIError) -> EmailNotAccepted:
    if fault.status_code is None:
        return temporary_error(Reason.UNREACHABLE, fault)
    if fault.status_code in MESSAGE_ERROR_STATUSES and not SENDER_ERROR_PATTERN.search(
        fault.response.text
    ):
        return permanent_error(fault)
    return temporary_error(
        Reason.NOT_ACCEPTED, fault, is_our_fault=is_our_error_status(fault.status_code)
    )


def is_our_error_status(status: int) -> bool:
    """Keys, payment or sender are wrong: no waiting helps, someone must look."""
    return 400 <= status < 500 and status not in (408, 425, 429)


def classify_smtp_error(fault: Exception) -> EmailNotAccepted:
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _text in fault.recipients.values()]
        is_final = all(code >= 500 for code in codes)
        return permanent_error(fault) if is_final else temporary_error(Reason.NOT_ACCEPTED, fault)
    if isinstance(fault, smtplib.SMTPDataError) and fault.smtp_code >= 500:
        return permanent_error(fault)
    if isinstance(fault, smtplib.SMTPResponseException):
        is_our_fault = fault.smtp_code >= 500
        return temporary_error(Reason.NOT_ACCEPTED, fault, is_our_fault=is_our_fault)
    return temporary_error(Reason.UNREACHABLE, fault)


def permanent_error(fault: Exception) -> EmailNotAccepted:
    return EmailNotAccepted(
        Reason.REFUSED, is_permanent=True, is_our_fault=False, words=describe_error(fault)
    )


def temporary_error(
    reason: str, fault: Exception, *, is_our_fault: bool = False
) -> EmailNotAccepted:
    return EmailNotAccepted(
        reason, is_permanent=False, is_our_fault=is_our_fault, words=describe_error(fault)
    )


def describe_error(fault: Exception) -> str:
    """Class and status alone: what a server says repeats the address."""
    status = getattr(fault, "status_code", None) or getattr(fault, "smtp_code", None)
    return f"{type(fault).__name__} {status or ''}".strip()
