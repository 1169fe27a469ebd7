"""What one browser's visit remembers: the key of its form, and the request it may see.

Kept in the server's own session, never in an address. A form's key is signed,
so that only we can issue one, and names what it is for.
"""

import uuid

from django.shortcuts import get_object_or_404

from admissions.intake import idempotency
from admissions.intake.models import ConsultationRequest, IdempotencyKey
from admissions.scheduling.models import Consultation


def new_idempotency_key() -> uuid.UUID:
    """A key for what counts once by itself, without a form."""
    return uuid.uuid4()


def issue_form_key(http_request, purpose: str) -> str:
    """The signed key for this browser's form: the same in every tab until it is used."""
    # One key a browser, not one a page: the same form sent from two tabs is one request.
    keys = http_request.session.setdefault("form_keys", {})
    if purpose not in keys:
        keys[purpose] = str(uuid.uuid4())
        http_request.session.modified = True
    return idempotency.sign_key(keys[purpose], purpose)


def read_form_key(http_request, purpose: str) -> uuid.UUID | None:
    """The key that came with a POST, or None when it is missing, forged, old or misplaced."""
    return idempotency.verify_key(http_request.POST.get("key", ""), purpose)


def renew_form_key(http_request, purpose: str) -> None:
    """The next form of this kind in this browser is a new one."""
    http_request.session.get("form_keys", {}).pop(purpose, None)
    http_request.session.modified = True


def renew_used_form_key(http_request, purpose: str) -> None:
    """A key that has already made a request makes no second one: start afresh."""
    key = http_request.session.get("form_keys", {}).get(purpose)
    if key and IdempotencyKey.objects.filter(key=key, request__isnull=False).exists():
        renew_form_key(http_request, purpose)


def remember_request(http_request, request: ConsultationRequest) -> None:
    """This browser made the request, so it may see the confirmation."""
    http_request.session["request"] = str(request.pk)


def remembered_request(http_request) -> ConsultationRequest | None:
    pk = http_request.session.get("request")
    return ConsultationRequest.objects.filter(pk=pk).first() if pk else None


def remembered_consultation(http_request) -> Consultation | None:
    """The consultation that stands in the request this browser made, or None."""
    request = remembered_request(http_request)
    return request.standing_consultation() if request else None


def set_flash(http_request, word: str) -> None:
    """What the next page says has just been done."""
    http_request.session["told"] = word


def pop_flash(http_request) -> str:
    """What has just been done, said once."""
    return http_request.session.pop("told", "")


def allow_managing(http_request, request: ConsultationRequest) -> None:
    """This browser opened the request's manage link."""
    http_request.session["manages"] = str(request.pk)


def managed_request_or_404(http_request) -> ConsultationRequest:
    """The request this browser may manage, or 404: the same page as for a link we never sent."""
    return get_object_or_404(ConsultationRequest, pk=http_request.session.get("manages"))
