"""Invented people of the demo whose data is kept, held, asked for and told."""

from datetime import datetime, timedelta

from django.utils import timezone

from admissions.intake.models import ConsultationRequest
from admissions.privacy import disclosures, holds, privacy_requests
from admissions.privacy.models import Disclosure, PrivacyRequest
from users.models import User

DAY = timedelta(days=1)
# Name, phone, and how many days ago the request was closed.
PEOPLE = [("Ola", "+17145550171", 740), ("Rui", "+17145550172", 1100), ("Mina", "+17145550173", 40)]


def add_privacy_stories() -> None:
    """One due for removal tonight, one older under a hold, one who asks for a copy; once."""
    if PrivacyRequest.objects.exists():
        return
    now, lee = timezone.now(), User.objects.get(username="lee")
    made = {name: add_closed(name, phone, now - days * DAY) for name, phone, days in PEOPLE}
    holds.place_holds(
        request_ids=[made["Rui"].pk], reason="An invented complaint; ask counsel.", by=lee
    )
    privacy_requests.record_privacy_request(
        request_id=made["Mina"].pk,
        kind=PrivacyRequest.Kind.COPY,
        received_on=timezone.localdate(now - 18 * DAY),
        details="By letter: a copy of everything, sent to the address in the letter.",
        by=User.objects.get(username="kim"),
    )
    told = disclosures.DisclosureInput(
        disclosed_at=now - 41 * DAY,
        to_whom="Dr. Ames, an invented emergency room",
        purpose="Care after an overdose",
        categories=[Disclosure.Category.CONTACT, Disclosure.Category.NOTES],
        basis=Disclosure.Basis.EMERGENCY,
    )
    disclosures.record_disclosure(request_id=made["Mina"].pk, by=lee, told=told)


def add_closed(name: str, phone: str, closed_at: datetime) -> ConsultationRequest:
    """A request that was closed at this time, two days after it was made."""
    request = ConsultationRequest.objects.create(
        created_at=closed_at - 2 * DAY,
        source=ConsultationRequest.Source.CALLBACK,
        stage=ConsultationRequest.Stage.CLOSED,
        closed_at=closed_at,
        disposition=ConsultationRequest.Disposition.DECLINED_BY_PERSON,
        close_reason=ConsultationRequest.CloseReason.NOT_READY,
        preferred_name=name,
        phone=phone,
        email=f"{name.lower()}@example.com",
        may_call=True,
        may_email=True,
    )
    kim = User.objects.get(username="kim")
    request.attempts.create(by=kim, at=closed_at - DAY, channel="call", result="reached")
    request.notes.create(by=kim, at=closed_at - DAY, text="Would rather wait until summer.")
    return request
