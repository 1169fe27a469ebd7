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
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.smtp import EmailBackend

from .models import Message

Reason = Message.Reason
# Headers that a provider writes itself; the rest keep our Message-ID.
ITS_OWN = {
    "mailgun": set(),
    "mailjet": {"Date", "Message-ID"},
    "postmark": {"Date"},
    "sparkpost": {"Date", "Message-ID"},
}
# Without it Postmark puts its own Message-ID in the place of ours.
KEEP_OURS = {"postmark": {"X-PM-KeepID": "true"}}
# What a provider says about one letter; a fault of ours, or of its own, may yet pass.
ABOUT_THE_LETTER = {400, 413, 422}
ABOUT_US = re.compile(
    r"\b(from|sender|sending|signature|account|token|api[ _-]?key|sandbox|permission)\b", re.I
)


class Line(threading.local):
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


line = Line()


@contextmanager
def one_line() -> Iterator[None]:
    """The letters that this thread hands over meanwhile share one line, with its sign-in."""
    line.is_shared = True
    try:
        yield
    finally:
        line.is_shared = False
        if line.backend is not None:
            with suppress(OSError, smtplib.SMTPException):
                line.backend.close()
        line.backend = None


class NotTaken(Exception):
    """The letter was not accepted; carries why, whether for good, and whether we are at fault."""

    def __init__(self, reason: str, *, is_permanent: bool, is_ours: bool, words: str):
        super().__init__(words)
        self.reason, self.is_permanent, self.is_ours = reason, is_permanent, is_ours


def carry(email: EmailMultiAlternatives, message: Message) -> str:
    """Hand the letter over; returns what the provider calls it, if anything, or raises NotTaken."""
    if settings.MAIL_PROVIDER:
        suit(email, message, settings.MAIL_PROVIDER)
    try:
        email.connection = line.open()
        email.send()
    except (OSError, AnymailRecipientsRefused, ImproperlyConfigured) as fault:
        line.drop()
        raise refusal(fault) from None
    if unsaid := polite_refusal(email):
        raise unsaid
    return provider_id(email)


def suit(email: EmailMultiAlternatives, message: Message, provider: str) -> None:
    """Put the letter into the form that a provider takes."""
    email.track_opens = email.track_clicks = False
    email.metadata = {"message": str(message.message_id)}
    own = ITS_OWN[provider]
    kept = {name: value for name, value in email.extra_headers.items() if name not in own}
    email.extra_headers = kept | KEEP_OURS.get(provider, {})
    turn_invitation_into_file(email)


def turn_invitation_into_file(email: EmailMultiAlternatives) -> None:
    """Providers take no third alternative: the one file then carries the method."""
    for alternative in list(email.alternatives):
        if alternative.mimetype.startswith("text/calendar"):
            email.alternatives.remove(alternative)
            email.attachments.clear()
            kind = f'{alternative.mimetype}; charset=utf-8; name="appointment.ics"'
            email.attach("appointment.ics", alternative.content, kind)


def provider_id(email: EmailMultiAlternatives) -> str:
    """What the provider calls this letter; the first name if it has one for each address."""
    status = getattr(email, "anymail_status", None)
    name = status.message_id if status else None
    names = {name} if isinstance(name, str) else name or set()
    return min((each for each in names if each), default="")[:200]


def polite_refusal(email: EmailMultiAlternatives) -> NotTaken | None:
    """Mailjet answers of a letter that it did not take, and anymail raises nothing then."""
    status = getattr(email, "anymail_status", None)
    if status is None or status.status & {"sent", "queued", "unknown"}:
        return None
    is_ours = bool(ABOUT_US.search(status.esp_response.text))
    reason = Reason.NOT_ACCEPTED if is_ours else Reason.REFUSED
    return NotTaken(reason, is_permanent=not is_ours, is_ours=is_ours, words="the provider failed")


def refusal(fault: Exception) -> NotTaken:
    """Sort a fault: about this letter or person it is for good, else it may yet pass."""
    if isinstance(fault, AnymailRecipientsRefused):
        return for_good(fault)
    if isinstance(fault, ImproperlyConfigured):
        return not_yet(Reason.NOT_ACCEPTED, fault, is_ours=True)
    if isinstance(fault, AnymailAPIError):
        return refusal_by_provider(fault)
    return refusal_by_server(fault)


def refusal_by_provider(fault: AnymailAPIError) -> NotTaken:
    if fault.status_code is None:
        return not_yet(Reason.UNREACHABLE, fault)
    if fault.status_code in ABOUT_THE_LETTER and not ABOUT_US.search(fault.response.text):
        return for_good(fault)
    return not_yet(Reason.NOT_ACCEPTED, fault, is_ours=is_our_fault(fault.status_code))


def is_our_fault(status: int) -> bool:
    """Keys, payment or sender are wrong: no waiting helps, someone must look."""
    return 400 <= status < 500 and status not in (408, 425, 429)


def refusal_by_server(fault: OSError) -> NotTaken:
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _text in fault.recipients.values()]
        is_final = all(code >= 500 for code in codes)
        return for_good(fault) if is_final else not_yet(Reason.NOT_ACCEPTED, fault)
    if isinstance(fault, smtplib.SMTPDataError) and fault.smtp_code >= 500:
        return for_good(fault)
    if isinstance(fault, smtplib.SMTPResponseException):
        is_ours = fault.smtp_code >= 500
        return not_yet(Reason.NOT_ACCEPTED, fault, is_ours=is_ours)
    return not_yet(Reason.UNREACHABLE, fault)


def for_good(fault: Exception) -> NotTaken:
    return NotTaken(Reason.REFUSED, is_permanent=True, is_ours=False, words=name_of(fault))


def not_yet(reason: str, fault: Exception, *, is_ours: bool = False) -> NotTaken:
    return NotTaken(reason, is_permanent=False, is_ours=is_ours, words=name_of(fault))


def name_of(fault: Exception) -> str:
    """Class and status alone: what a server says repeats the address."""
    status = getattr(fault, "status_code", None) or getattr(fault, "smtp_code", None)
    return f"{type(fault).__name__} {status or ''}".strip()
