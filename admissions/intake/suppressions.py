"""Whom we may not write to, and since when."""

from django.utils import timezone

from users.models import User

from .models import ConsultationRequest, Suppression, hash_email


def suppress_email(request: ConsultationRequest, cause: str) -> None:
    """Write to this address no more, whoever's request it stands in; the latest word counts."""
    if not request.email:
        return
    now, mark = timezone.now(), hash_email(request.email)
    Suppression.objects.rehash(request.email)
    kept = Suppression.objects.for_email(request.email).filter(cause=cause)
    if not kept.update(at=now, request=request):
        new = Suppression(sha256=mark, cause=cause, at=now, request=request)
        Suppression.objects.bulk_create([new], ignore_conflicts=True)


def lift_requester_stop(request: ConsultationRequest, *, by: User | None = None) -> None:
    """Write to this address again, as its owner asks; one that bounced or complained stays."""
    stopped = Suppression.objects.for_email(request.email).filter(cause=Suppression.Cause.STOPPED)
    stopped.update(lifted_at=timezone.now(), lifted_by=by)


def may_email_requester(request: ConsultationRequest, *, owns_email: bool = True) -> bool:
    """Whether a letter to this requester would go: permitted, and not suppressed.

    Whoever has not shown that they own the address learns nothing of its suppression, which
    would tell that its owner knows us.
    """
    is_permitted = bool(request.email) and request.may_email
    if not owns_email:
        return is_permitted
    return is_permitted and not is_suppressed(request)


def is_suppressed(request: ConsultationRequest) -> bool:
    """Whether nothing goes to this address any more, whatever its requests permit."""
    return Suppression.objects.blocking(request).exists()


def is_stopped(request: ConsultationRequest) -> bool:
    """Whether the owner of this address has asked us to stop, in whatever request."""
    return any(each.is_stop for each in Suppression.objects.blocking(request))


def is_email_undeliverable(request: ConsultationRequest) -> bool:
    """Whether email to this address bounced or was reported, whatever its owner permits."""
    lasting = Suppression.objects.for_email(request.email).exclude(cause=Suppression.Cause.STOPPED)
    return bool(request.email) and lasting.exists()


def mask_email(email: str) -> str:
    """Enough for its owner to recognize, too little for anyone else: j•••@example.com."""
    name, _at, domain = email.partition("@")
    return f"{name[:1]}•••@{domain}" if domain else ""
