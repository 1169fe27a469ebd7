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
from collections.abc import Iterable
from datetime import UTC, timedelta
from urllib.parse import quote

from django.conf import settings
from django.utils import timezone
from django.utils.encoding import punycode
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vCalAddress, vDuration, vText

from admissions.scheduling.models import Consultation

FEED_REFRESH_INTERVAL = timedelta(minutes=15)
LINE_BREAKS = re.compile(r"\r\n|[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")
# No TEXT may carry them (RFC 5545, 3.3.11), and some programs refuse the whole file.
CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
# What a mailto: address says as it is (RFC 6068); the rest is percent-encoded.
MAILTO_SAFE_CHARACTERS = "!$'*+"


def build_invitation(consultation: Consultation, *, attendee: str) -> bytes:
    """A REQUEST that adds the consultation to the attendee's calendar, or updates it."""
    wanted = build_event(consultation)
    wanted.add("DESCRIPTION", event_description(consultation))
    wanted.add("ATTENDEE", build_attendee(attendee))
    return wrap_event("REQUEST", wanted)


def build_cancellation(consultation: Consultation, *, attendee: str) -> bytes:
    """A CANCEL that takes it out of the attendee's calendar."""
    gone = build_event(consultation)
    gone["STATUS"] = vText("CANCELLED")
    gone.add("ATTENDEE", build_attendee(attendee))
    return wrap_event("CANCEL", gone)


def build_download(consultation: Consultation) -> bytes:
    """A PUBLISH file for a person who adds it by hand: no address of anyone's but ours."""
    return wrap_event("PUBLISH", build_event(consultation))


def build_feed(consultations: Iterable[Consultation], *, secret: str) -> bytes:
    """Many of them for one counselor's own calendar app: the same bytes until one changes."""
    wrapped = new_calendar("PUBLISH")
    wrapped.add("X-WR-CALNAME", _("Appointments"))
    wrapped.add("REFRESH-INTERVAL", FEED_REFRESH_INTERVAL, parameters={"VALUE": "DURATION"})
    wrapped.add("X-PUBLISHED-TTL", vDuration(FEED_REFRESH_INTERVAL))
    for consultation in consultations:
        wrapped.add_component(build_feed_event(consultation, secret=secret))
    return wrapped.to_ical()


def wrap_event(method: str, component: Event) -> bytes:
    wrapped = new_calendar(method)
    wrapped.add_component(component)
    return wrapped.to_ical()


def new_calendar(method: str) -> Calendar:
    wrapped = Calendar()
    wrapped.add("PRODID", "-//Appointments//EN")
    wrapped.add("VERSION", "2.0")
    wrapped.add("METHOD", method)
    return wrapped


def build_feed_event(consultation: Consultation, *, secret: str) -> Event:
    """A time and how we talk; its UID lasts, yet nobody can match it with the requester's."""
    mark = hmac.digest(secret.encode(), consultation.uid.bytes, hashlib.sha256).hex()[:32]
    component = build_base_event(consultation, uid=f"{mark}@{own_domain()}")
    component.add("DTSTAMP", consultation.booked_at.astimezone(UTC))
    component.add("LOCATION", consultation.get_mode_display())
    return component


def build_event(consultation: Consultation) -> Event:
    # The id alone (RFC 7986): with a domain in it, a new sender could cancel nothing.
    component = build_base_event(consultation, uid=str(consultation.uid))
    component.add("DTSTAMP", timezone.now().astimezone(UTC))
    component.add("LOCATION", event_location(consultation))
    return component


def build_base_event(consultation: Consultation, *, uid: str) -> Event:
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
    component.add("ORGANIZER", build_mailto(settings.MAIL_FROM))
    return component


def event_location(consultation: Consultation) -> str:
    """Where to come, for those who let us be named: a map would name us too. Else how we talk."""
    if consultation.is_in_person and not consultation.request.is_discreet:
        return to_ics_line(consultation.location.address)
    return str(consultation.get_mode_display())


def event_description(consultation: Consultation) -> str:
    """How we talk, and where the link is to change that: in the email, not in here."""
    if consultation.is_by_phone:
        how = _("We will call you.")
    elif consultation.is_by_video:
        how = _("The link to the video call is in our email.")
    else:
        how = _("The address is in our email.")
    return how + "\n" + _("To move or cancel, use the link in our email.")


def build_attendee(address: str) -> vCalAddress:
    """Someone who has said yes by booking: nobody waits for a reply to the invitation."""
    invited = build_mailto(address)
    invited.params["ROLE"] = vText("REQ-PARTICIPANT")
    invited.params["PARTSTAT"] = vText("ACCEPTED")
    invited.params["RSVP"] = vText("FALSE")
    return invited


def build_mailto(address: str) -> vCalAddress:
    name, _at, host = address.rpartition("@")
    return vCalAddress(f"mailto:{quote(name, safe=MAILTO_SAFE_CHARACTERS)}@{punycode(host)}")


def to_ics_line(text: str) -> str:
    """One line, without what no calendar can carry."""
    return CONTROL_CHARACTERS.sub("", LINE_BREAKS.sub(", ", text))


def own_domain() -> str:
    return settings.MAIL_FROM.partition("@")[2]
