"""iCalendar: invitations, updates, cancellations and feeds that say nothing personal.

One UID for the life of a consultation, a SEQUENCE that rises with each
change (RFC 5545 and 5546). The title is neutral, the description says how we
talk and nothing of the person, the program or the reason, and no link or
number of theirs is in it: calendars are shared with families and firms. For
the same reason nothing rings (no VALARM); reminders are emails.
"""

import hashlib
import hmac
import re
from datetime import UTC, timedelta
from urllib.parse import quote

from django.conf import settings
from django.utils import timezone
from django.utils.encoding import punycode
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vCalAddress, vDuration, vText

from .models import Consultation

ASK_AGAIN_AFTER = timedelta(minutes=15)
LINE_BREAKS = re.compile(r"\r\n|[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")
# No TEXT may carry them (RFC 5545, 3.3.11), and some programs refuse the whole file.
CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
# What a mailto: address says as it is (RFC 6068); the rest is percent-encoded.
PLAIN_IN_MAILTO = "!$'*+"


def invitation(consultation: Consultation, *, attendee: str) -> bytes:
    """A REQUEST that adds the consultation to the attendee's calendar, or updates it."""
    wanted = event(consultation)
    wanted.add("DESCRIPTION", description(consultation))
    wanted.add("ATTENDEE", guest(attendee))
    return calendar("REQUEST", wanted)


def cancellation(consultation: Consultation, *, attendee: str) -> bytes:
    """A CANCEL that takes it out of the attendee's calendar."""
    gone = event(consultation)
    gone["STATUS"] = vText("CANCELLED")
    gone.add("ATTENDEE", guest(attendee))
    return calendar("CANCEL", gone)


def download(consultation: Consultation) -> bytes:
    """A PUBLISH file for a person who adds it by hand: no address of anyone's but ours."""
    return calendar("PUBLISH", event(consultation))


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
    component = entry(consultation, uid=f"{mark}@{domain()}")
    component.add("DTSTAMP", consultation.booked_at.astimezone(UTC))
    component.add("LOCATION", consultation.get_mode_display())
    return component


def event(consultation: Consultation) -> Event:
    # The id alone (RFC 7986): with a domain in it, a new sender could cancel nothing.
    component = entry(consultation, uid=str(consultation.uid))
    component.add("DTSTAMP", timezone.now().astimezone(UTC))
    component.add("LOCATION", place(consultation))
    return component


def entry(consultation: Consultation, *, uid: str) -> Event:
    """What every event of ours says, whoever reads it."""
    component = Event()
    component.add("UID", uid)
    component.add("SEQUENCE", consultation.sequence)
    component.add("DTSTART", consultation.starts_at.astimezone(UTC))
    component.add("DTEND", consultation.ends_at.astimezone(UTC))
    component.add("SUMMARY", _("Appointment"))
    component.add("STATUS", "CONFIRMED")
    component.add("TRANSP", "OPAQUE")
    component.add("CLASS", "PRIVATE")
    component.add("ORGANIZER", mailto(settings.MAIL_FROM))
    return component


def place(consultation: Consultation) -> str:
    """Where to come, for those who let us be named: a map would name us too. Else how we talk."""
    if consultation.is_in_person and not consultation.request.is_discreet:
        return plain(consultation.location.address)
    return str(consultation.get_mode_display())


def description(consultation: Consultation) -> str:
    """How we talk, and where the link is to change that: in the email, not in here."""
    if consultation.is_by_phone:
        how = _("We will call you.")
    elif consultation.is_by_video:
        how = _("The link to the video call is in our email.")
    else:
        how = _("Where to come is in our email.")
    return how + "\n" + _("To move or cancel, use the link in our email.")


def guest(address: str) -> vCalAddress:
    """Someone who has said yes by booking: nobody waits for a reply to the invitation."""
    invited = mailto(address)
    invited.params["ROLE"] = vText("REQ-PARTICIPANT")
    invited.params["PARTSTAT"] = vText("ACCEPTED")
    invited.params["RSVP"] = vText("FALSE")
    return invited


def mailto(address: str) -> vCalAddress:
    name, _at, host = address.rpartition("@")
    return vCalAddress(f"mailto:{quote(name, safe=PLAIN_IN_MAILTO)}@{punycode(host)}")


def plain(text: str) -> str:
    """One line, without what no calendar can carry."""
    return CONTROLS.sub("", LINE_BREAKS.sub(", ", text))


def domain() -> str:
    return settings.MAIL_FROM.partition("@")[2]
