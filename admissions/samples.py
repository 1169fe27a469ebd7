"""A letter to someone invented, exactly as it would be written; no row and no link is made."""

from datetime import datetime, time, timedelta

from django.conf import settings
from django.utils import timezone, translation

from programs.models import Facility, Location

from . import letters, wordings
from .models import Consultation, ConsultationRequest, Counselor, EarlierOffer, Message, Mode

TEN, LENGTH, EARLIER = time(10), timedelta(minutes=45), timedelta(hours=2)
NAMES = {"en": "Alex", "es": "Alma"}


def letter(
    kind: str, language: str, *, words: wordings.Words | None = None, is_discreet: bool
) -> letters.Letter:
    """In these words, or those in use; the links in it lead nowhere."""
    message = invented(kind, language, is_discreet=is_discreet)
    return letters.write(message, links=letters.NOT_A_LINK, words=words)


def examples(kind: str, language: str) -> dict[str, str]:
    """What each placeholder of this kind could be filled with, in the order of its list."""
    message = invented(kind, language, is_discreet=True)
    with translation.override(language):
        values = letters.requester_values(message, Facility.objects.get())
    return {name: values[name] for name in [*wordings.MAKES[kind].knows, "line"]}


def invented(kind: str, language: str, *, is_discreet: bool) -> Message:
    """A message about a talk by phone tomorrow at ten; nothing of it is saved."""
    request = ConsultationRequest(
        reference="ABCD-2345",
        preferred_name=NAMES.get(language, NAMES["en"]),
        email="alex@example.com",
        language=language,
        is_discreet=is_discreet,
        time_zone=settings.TIME_ZONE,
    )
    consultation = talk(request)
    message = Message(request=request, consultation=consultation, kind=kind)
    message.offer = offer(consultation)
    return message


def talk(request: ConsultationRequest) -> Consultation:
    location = Location.objects.open().first() or Location(time_zone=settings.TIME_ZONE)
    tomorrow = (timezone.now().astimezone(location.zone) + timedelta(days=1)).date()
    starts_at = datetime.combine(tomorrow, TEN, tzinfo=location.zone)
    return Consultation(
        request=request,
        counselor=Counselor(public_name="Robin", location=location),
        location=location,
        mode=Mode.PHONE,
        starts_at=starts_at,
        ends_at=starts_at + LENGTH,
    )


def offer(consultation: Consultation) -> EarlierOffer:
    return EarlierOffer(
        request=consultation.request,
        consultation=consultation,
        starts_at=consultation.starts_at - EARLIER,
        expires_at=timezone.now() + EARLIER,
    )
