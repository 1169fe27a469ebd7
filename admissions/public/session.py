"""What one browser's visit remembers: the key of its form, and the request it may see.

Kept in the server's own session, never in an address. A form's key is signed,
so that only we can issue one, and names what it is for.
"""

import secrets
import uuid
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import rotate_token
from django.utils.crypto import salted_hmac

from admissions.intake import idempotency
from admissions.intake.models import ConsultationRequest, IdempotencyKey
from admissions.intake.models.search_tokens import phone_digits
from admissions.scheduling.models import Consultation

SENDER_SALT = "admissions.form.sender"
PHONE_SALT = "admissions.session.phone"
# What a session knows of one person's requests, beside their forms.
PERSONAL_MARKS = ("request", "manages", "opened_letter", "stops", "sees")


class VisitClosed(Exception):
    """This browser may not see the page any more, or never might; `private` answers it."""


def new_idempotency_key() -> uuid.UUID:
    """A key for what counts once by itself, without a form."""
    return uuid.uuid4()


def issue_form_key(request: HttpRequest, purpose: str) -> str:
    """The signed key for this browser's form: the same in every tab until it is used."""
    # One key a browser, not one a page: the same form sent from two tabs is one request.
    keys = request.session.setdefault("form_keys", {})
    if purpose not in keys:
        keys[purpose] = str(uuid.uuid4())
        request.session.modified = True
    return idempotency.sign_key(keys[purpose], purpose)


def read_form_key(request: HttpRequest, purpose: str) -> uuid.UUID | None:
    """The key that came with a POST, or None when it is missing, forged, old or misplaced."""
    return idempotency.verify_key(request.POST.get("key", ""), purpose)


def renew_form_key(request: HttpRequest, purpose: str) -> None:
    """The next form of this kind in this browser is a new one."""
    request.session.get("form_keys", {}).pop(purpose, None)
    request.session.modified = True


def renew_used_form_key(request: HttpRequest, purpose: str) -> None:
    """A key that has already made a request makes no second one: start afresh."""
    key = request.session.get("form_keys", {}).get(purpose)
    if key and IdempotencyKey.objects.filter(key=key, request__isnull=False).exists():
        renew_form_key(request, purpose)


def sender_of(request: HttpRequest) -> str:
    """The mark of this browser until it ends or finishes: a keyed hash of its CSRF cookie.

    It outlives the session, whose end a visitor does not see. Another one at each call where
    there is no cookie.
    """
    cookie = request.COOKIES.get(settings.CSRF_COOKIE_NAME) or secrets.token_urlsafe()
    return salted_hmac(SENDER_SALT, cookie, algorithm="sha256").hexdigest()


def may_see_answer(
    request: HttpRequest, consultation_request: ConsultationRequest, *, key: uuid.UUID, sender: str
) -> bool:
    """Whether this browser sent the key that made the request, or remembers the request.

    A form that was left open, or saved, carries its key; who sends it again need not be the person
    who filled it in. Asked once the key has counted, so that of two who send it at once one is
    told no. A browser's mark is good for as long as its session would have been.
    """
    within = timedelta(seconds=settings.SESSION_COOKIE_AGE)
    is_remembered = request.session.get("request") == str(consultation_request.pk)
    return is_remembered or idempotency.is_sent_by(sender, key, within=within)


def remember_request(request: HttpRequest, consultation_request: ConsultationRequest) -> None:
    """This browser made the request, so it may see the confirmation.

    Where another request was made before, another person may sit here: they get a session and a
    mark of their own, and what the first could manage is closed.
    """
    pk = str(consultation_request.pk)
    if request.session.get("request", pk) != pk:
        request.session.cycle_key()
        for name in PERSONAL_MARKS:
            request.session.pop(name, None)
        rotate_token(request)
    request.session["request"] = pk


def remembered_request(request: HttpRequest) -> ConsultationRequest | None:
    pk = request.session.get("request")
    return ConsultationRequest.objects.filter(pk=pk).first() if pk else None


def remembered_consultation(request: HttpRequest) -> Consultation | None:
    """The consultation that stands in the request this browser made, or None."""
    consultation_request = remembered_request(request)
    return consultation_request.standing_consultation() if consultation_request else None


def set_flash(request: HttpRequest, word: str) -> None:
    """What the next page says has just been done."""
    request.session["told"] = word


def pop_flash(request: HttpRequest) -> str:
    """What has just been done, said once."""
    return request.session.pop("told", "")


def allow_managing(request: HttpRequest, consultation_request: ConsultationRequest) -> None:
    """This browser made the request, or opened its manage link."""
    request.session["manages"] = str(consultation_request.pk)
    request.session["manages_email"] = consultation_request.email_number


def allow_seeing(request: HttpRequest, consultation_request: ConsultationRequest) -> None:
    """Whoever sits here knows the reference and the phone: they may see it, and change nothing.

    What another person saw or managed in this browser is closed to them.
    """
    pk = str(consultation_request.pk)
    known = {request.session.get(name) for name in PERSONAL_MARKS} - {None}
    if known - {pk}:
        request.session.flush()
        rotate_token(request)
    request.session["sees"] = pk
    request.session["sees_phone"] = phone_mark(consultation_request)


def seen_request(request: HttpRequest) -> ConsultationRequest:
    """The open request this browser found by its reference; raises VisitClosed.

    Who found it by a phone that was corrected since is a stranger.
    """
    pk = request.session.get("sees")
    seen = ConsultationRequest.objects.open().filter(pk=pk).first() if pk else None
    if seen is None or request.session.get("sees_phone") != phone_mark(seen):
        raise VisitClosed
    return seen


def phone_mark(consultation_request: ConsultationRequest) -> str:
    """A keyed hash of the phone that the request has now, so that no session holds a number."""
    digits = phone_digits(consultation_request.phone)
    return salted_hmac(PHONE_SALT, digits, algorithm="sha256").hexdigest()


def note_opened_letter(request: HttpRequest, consultation_request: ConsultationRequest) -> None:
    """This browser came by the link in a letter: whoever sits here reads that mailbox."""
    request.session["opened_letter"] = str(consultation_request.pk)
    request.session["letter_email"] = consultation_request.email_number


def owns_email(request: HttpRequest, consultation_request: ConsultationRequest) -> bool:
    """Whether this browser opened a letter to the address that the request has now."""
    is_its_letter = request.session.get("opened_letter") == str(consultation_request.pk)
    return is_its_letter and request.session.get("letter_email", 0) == (
        consultation_request.email_number
    )


def managed_request(request: HttpRequest) -> ConsultationRequest:
    """The request this browser may manage; raises VisitClosed.

    Who came by a letter to an address that was corrected since is a stranger; the browser that made
    the request is not.
    """
    pk = request.session.get("manages")
    managed = ConsultationRequest.objects.filter(pk=pk).first() if pk else None
    if managed is None:
        raise VisitClosed
    if letter_number(request, managed) not in (None, managed.email_number):
        raise VisitClosed
    return managed


def letter_number(request: HttpRequest, managed: ConsultationRequest) -> int | None:
    """The number of the address whose letter let this browser in; None where it made the request.

    A service that lets a browser manage on asks again, with the request locked.
    """
    if request.session.get("request") == str(managed.pk):
        return None
    return request.session.get("manages_email", 0)
