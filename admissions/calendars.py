"""iCalendar: invitations, updates and cancellations that say nothing personal.

One UID for the life of a consultation, a SEQUENCE that rises with each
change (RFC 5545 and 5546). The title is neutral and there is no
description of the person, the program or the reason.
"""

from datetime import UTC

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vCalAddress, vText

from .models import Consultation


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


def calendar(method: str, component: Event) -> bytes:
    wrapped = Calendar()
    wrapped.add("PRODID", "-//Appointments//EN")
    wrapped.add("VERSION", "2.0")
    wrapped.add("METHOD", method)
    wrapped.add_component(component)
    return wrapped.to_ical()


def event(consultation: Consultation, *, attendee: str | None) -> Event:
    component = Event()
    component.add("UID", f"{consultation.uid}@{settings.MAIL_FROM.partition('@')[2]}")
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
