"""Stores what a person consented to, by the version of the words they saw."""

from users.models import User

from .models import ConsentEvent, ConsentVersion, ConsultationRequest


def record_consents(
    request: ConsultationRequest,
    consents: dict[str, bool],
    *,
    by: User | None = None,
    language: str = "",
) -> None:
    """One event per consent asked, with the version of the words shown, or read out by staff.

    The words were in this `language`, or in the person's own.
    """
    versions = ConsentVersion.objects.current(language=language or request.language)
    channel = ConsentEvent.Channel.PHONE if by else ConsentEvent.Channel.WEB
    ConsentEvent.objects.bulk_create(
        ConsentEvent(
            request=request,
            version=versions[key],
            is_granted=is_granted,
            channel=channel,
            actor=by,
        )
        for key, is_granted in consents.items()
    )
