"""A letter to someone invented, exactly as it would be written; no row and no link is made."""

from datetime import datetime, time, timedelta

from django.conf import settings
from django.utils import timezone, translation

from admissions.intake.models import ConsultationRequest
from admissions.scheduling.models import Consultation, Counselor, EarlierOffer, Mode
from programs.models import Location

from . import catalog, rendering
from .kinds import MessageText, Subject
from .models import Message
from .shared_facts import SharedFacts

EXAMPLE_TIME, EXAMPLE_LENGTH, EXAMPLE_EARLIER_BY = (
    time(10),
    timedelta(minutes=45),
    timedelta(hours=2),
)
EXAMPLE_NAMES = {"en": "Alex", "es": "Alma"}


def render_example(
    kind: str, language: str, *, words: MessageText | None = None, is_discreet: bool
) -> rendering.RenderedEmail:
    """In these words, or those in use; the links in it lead nowhere."""
    message = build_example_message(kind, language, is_discreet=is_discreet)
    return rendering.render_email(message, links=rendering.PREVIEW_LINKS, words=words)


def list_example_values(kind: str, language: str) -> dict[str, str]:
    """What each placeholder of this kind could be filled with, in the order of its list."""
    message = build_example_message(kind, language, is_discreet=True)
    with translation.override(language):
        values = rendering.build_requester_values(message, SharedFacts())
    return {name: values[name] for name in [*catalog.CATALOG[kind].layout.placeholders, "line"]}


def build_example_message(kind: str, language: str, *, is_discreet: bool) -> Message:
    """A message about a talk by phone tomorrow at ten; nothing of it is saved."""
    request = ConsultationRequest(
        reference="ABCD-2345",
        preferred_name=EXAMPLE_NAMES.get(language, EXAMPLE_NAMES["en"]),
        email="alex@example.com",
        language=language,
        is_discreet=is_discreet,
        time_zone=settings.TIME_ZONE,
    )
    consultation = build_example_consultation(request)
    message = Message(request=request, consultation=consultation, kind=kind)
    if catalog.CATALOG[kind].subject is Subject.OFFER:
        message.offer = build_example_offer(consultation)
    return message


def build_example_consultation(request: ConsultationRequest) -> Consultation:
    location = Location.objects.open().first() or Location(time_zone=settings.TIME_ZONE)
    tomorrow = (timezone.now().astimezone(location.zone) + timedelta(days=1)).date()
    starts_at = datetime.combine(tomorrow, EXAMPLE_TIME, tzinfo=location.zone)
    return Consultation(
        request=request,
        counselor=Counselor(public_name="Robin", location=location),
        location=location,
        mode=Mode.PHONE,
        starts_at=starts_at,
        ends_at=starts_at + EXAMPLE_LENGTH,
    )


def build_example_offer(consultation: Consultation) -> EarlierOffer:
    return EarlierOffer(
        request=consultation.request,
        consultation=consultation,
        starts_at=consultation.starts_at - EXAMPLE_EARLIER_BY,
        expires_at=timezone.now() + EXAMPLE_EARLIER_BY,
    )
