"""iCalendar: invitations, updates, cancellations and feeds that say nothing personal.

One UID for the life of a consultation, a SEQUENCE that rises with each
change (RFC 5545 and 5546). The title is neutral and there is no
description of the person, the program or the reason.
"""

import hashlib
import hmac
from datetime import UTC, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vCalAddress, vDuration, vText

from .models import Consultation

ASK_AGAIN_AFTER = timedelta(minutes=15)


def invitation(consultation: Consultation, *, attendee: str) -> bytes:
    """A REQUEST that adds the consultation to the attendee's calendar, or updates it."""
    return calendar("REQUEST", event(consultation, attendee=attendee))


def cancellation(consultation: Consultation, *, attendee: str) -> bytes:
    """A CANCEL that takes it out of the attendee's calendar."""
    gone = event(consultation, attendee=attendee)
    gone["STATUS"] = vText("CANCELLED")
    return calendar("CANCEL", gone)


def download(consultation: Consultation) -> bytes:
    """A PUBLISH file for a person who adds it by hand: no address of anyone."""
    return calendar("PUBLISH", event(consultation, attendee=None))


def feed(consultations, *, secret: str) -> bytes:
    """Many of them for one counselor's own calendar app: the same bytes until one changes."""
    wrapped = blank("PUBLISH")
    wrapped.add("X-WR-CALNAME", _("Appointments"))
    wrapped.add("REFRESH-INTERVAL", ASK_AGAIN_AFTER, parameters={"VALUE": "DURATION"})
    wrapped.add("X-PUBLISHED-TTL", vDuration(ASK_AGAIN_AFTER))
    for consultation in consultations:
        wrapped.add_component(feed_event(consultation, secret=secret))
    return wrapped.to_ical()


def calendar(method: str, component: Event) -> bytes:
    wrapped = blank(method)
    wrapped.add_component(component)
    return wrapped.to_ical()


def blank(method: str) -> Calendar:
    wrapped = Calendar()
    wrapped.add("PRODID", "-//Appointments//EN")
    wrapped.add("VERSION", "2.0")
    wrapped.add("METHOD", method)
    return wrapped


def feed_event(consultation: Consultation, *, secret: str) -> Event:
    """A time and how we talk; its UID lasts, yet nobody can match it with the requester's."""
    mark = hmac.digest(secret.encode(), consultation.uid.bytes, hashlib.sha256).hex()[:32]
    component = Event()
    component.add("UID", f"{mark}@{domain()}")
    component.add("SEQUENCE", consultation.sequence)
    component.add("DTSTAMP", consultation.booked_at.astimezone(UTC))
    component.add("DTSTART", consultation.starts_at.astimezone(UTC))
    component.add("DTEND", consultation.ends_at.astimezone(UTC))
    component.add("SUMMARY", _("Appointment"))
    component.add("LOCATION", consultation.get_mode_display())
    component.add("STATUS", "CONFIRMED")
    component.add("TRANSP", "OPAQUE")
    component.add("CLASS", "PRIVATE")
    return component


def domain() -> str:
    return settings.MAIL_FROM.partition("@")[2]


def event(consultation: Consultation, *, attendee: str | None) -> Event:
    component = Event()
    component.add("UID", f"{consultation.uid}@{domain()}")
    component.add("SEQUENCE", consultation.sequence)
    component.add("DTSTAMP", timezone.now().astimezone(UTC))
    component.add("DTSTART", consultation.starts_at.astimezone(UTC))
    component.add("DTEND", consultation.ends_at.astimezone(UTC))
    component.add("SUMMARY", _("Appointment"))
    component.add("STATUS", "CONFIRMED")
    component.add("CLASS", "PRIVATE")
    component.add("ORGANIZER", vCalAddress(f"mailto:{settings.MAIL_FROM}"))
    if attendee:
        address = vCalAddress(f"mailto:{attendee}")
        address.params["ROLE"] = vText("REQ-PARTICIPANT")
        address.params["PARTSTAT"] = vText("ACCEPTED")
        address.params["RSVP"] = vText("FALSE")
        component.add("ATTENDEE", address)
    return component
