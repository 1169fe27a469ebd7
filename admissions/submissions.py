"""What a form brings beside its answers: a key that counts once, and consents."""

import uuid

from .models import ConsentEvent, ConsentVersion, ConsultationRequest, Submission


def answered_before(key: uuid.UUID) -> ConsultationRequest | None:
    """The request that this key already made or changed; waits for a twin still under way."""
    Submission.objects.bulk_create([Submission(key=key)], ignore_conflicts=True)
    submission = Submission.objects.select_for_update().select_related(None).get(key=key)
    return submission.request


def remember(key: uuid.UUID, request: ConsultationRequest) -> None:
    Submission.objects.filter(key=key).update(request=request)


def keep_consents(request: ConsultationRequest, consents: dict) -> None:
    """One event per consent asked, with the version of the words that were shown."""
    versions = ConsentVersion.objects.current(language=request.language)
    ConsentEvent.objects.bulk_create(
        ConsentEvent(request=request, version=versions[key], is_granted=is_granted)
        for key, is_granted in consents.items()
    )
