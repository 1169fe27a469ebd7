"""What each email says, and how it is put together.

A template is given plain words, never a row. A discreet letter is not given
the centre's name, a program or a reason, so it cannot say them.
"""

import re
from datetime import datetime, time
from email.encoders import encode_base64
from email.utils import formataddr
from functools import lru_cache
from zoneinfo import ZoneInfo

import css_inline
from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from programs.models import Facility

from . import calendars, privacy
from .models import Consultation, EarlierOffer, Message

Kind = Message.Kind

# Every subject on one screen: neutral on a lock screen, true to what is inside.
SUBJECTS = {
    Kind.CONFIRMATION: gettext_lazy("Your appointment"),
    Kind.MOVED: gettext_lazy("Your appointment has a new time"),
    Kind.HANDED_OVER: gettext_lazy("Your appointment: same time, someone new"),
    Kind.FREED: gettext_lazy("Your appointment needs a new time"),
    Kind.CANCELLED: gettext_lazy("Your appointment is cancelled"),
    Kind.REMINDER_DAY: gettext_lazy("A reminder of your appointment"),
    Kind.REMINDER_HOURS: gettext_lazy("A reminder of your appointment"),
    Kind.AFTER_COMPLETED: gettext_lazy("Thank you for talking with us"),
    Kind.AFTER_NO_SHOW: gettext_lazy("About your appointment"),
    Kind.EARLIER_OFFER: gettext_lazy("An earlier time for your appointment"),
    Kind.EARLIER_GONE: gettext_lazy("Your appointment stays as it is"),
    Kind.STAFF_NEW_REQUEST: gettext_lazy("New request %(reference)s"),
    Kind.STAFF_HANDED_OVER: gettext_lazy("Taken over from a colleague: %(reference)s"),
}
INVITES = {Kind.CONFIRMATION, Kind.MOVED, Kind.HANDED_OVER}
CANCELLATIONS = {Kind.CANCELLED, Kind.FREED}
OFFERS = {Kind.EARLIER_OFFER, Kind.EARLIER_GONE}

LIKE_AN_ADDRESS = re.compile(r"[/@:\\]|\w\.\w|www", re.IGNORECASE)

inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=True)


def write(message: Message) -> EmailMultiAlternatives:
    """The whole email for this message, in the person's language, ready to send."""
    request = message.request
    with translation.override("en" if message.is_for_staff else request.language):
        if message.is_for_staff:
            return staff_letter(message)
        return requester_letter(message)


def requester_letter(message: Message) -> EmailMultiAlternatives:
    request, facility = message.request, Facility.objects.get()
    words = requester_words(message, facility)
    if message.kind in OFFERS:
        words |= offer_words(request.earlier_offers.get(number=message.version))
    sender = facility.discreet_sender_name if request.is_discreet else facility.name
    email = envelope(message, to=[request.email], sender=sender, words=words)
    if message.kind in INVITES:
        attach_calendar(email, message.consultation, "REQUEST")
    if message.kind in CANCELLATIONS:
        attach_calendar(email, message.consultation, "CANCEL")
    return email


def staff_letter(message: Message) -> EmailMultiAlternatives:
    """Reference and link only: staff inboxes are no place for a person's story."""
    request, facility = message.request, Facility.objects.get()
    path = reverse("admin:admissions_consultationrequest_change", args=[request.pk])
    words = {
        "reference": request.reference,
        "link": settings.SITE_URL + path,
        "is_urgent": request.needs_safety_answer,
        "call_by": clock(request.promised_call_by, request.time_zone),
    }
    return envelope(
        message, to=staff_addresses(message, facility), sender=facility.name, words=words
    )


def staff_addresses(message: Message, facility: Facility) -> list[str]:
    """The shared admissions inbox, and the counselor whose time was booked."""
    addresses = [facility.admissions_email]
    consultation = message.request.standing_consultation()
    if consultation is not None:
        addresses.append(consultation.counselor.user.email)
    if message.request.promised_call_by:
        on_desk = User.objects.filter(is_active=True, groups__name="coordinator")
        addresses += on_desk.values_list("email", flat=True)
    return sorted({address for address in addresses if address})


def requester_words(message: Message, facility: Facility) -> dict:
    """All that a letter to a requester may know. The centre is named only if they said so."""
    request, consultation = message.request, message.consultation
    token = privacy.new_manage_token(request)
    return {
        "greeting": greeting(request.preferred_name),
        "centre": "" if request.is_discreet else facility.name,
        "line": str(facility.admissions_line),
        "line_link": facility.admissions_line.as_rfc3966,
        "reference": request.reference,
        "manage_link": settings.SITE_URL + reverse("admissions:open_manage", args=[token]),
        "book_link": settings.SITE_URL + reverse("admissions:choose_time"),
        **consultation_words(consultation, request.time_zone),
    }


def greeting(name: str) -> str:
    """Hello Ana, or just Hello: a name that reads as an address could lure people through us."""
    if LIKE_AN_ADDRESS.search(name):
        return _("Hello.")
    return _("Hello %(name)s.") % {"name": name}


def offer_words(offer: EarlierOffer) -> dict:
    """The earlier time, and by when to answer, by the person's clock and ours if it differs."""
    zone_name, location = offer.request.time_zone, offer.consultation.location
    earlier, here = (clock(offer.starts_at, name) for name in (zone_name, location.time_zone))
    zones = ZoneInfo(zone_name), location.zone
    is_same = len({offer.starts_at.astimezone(zone).utcoffset() for zone in zones}) == 1
    return {
        "earlier": earlier,
        "earlier_here": "" if is_same else here,
        "answer_by": clock(offer.expires_at, zone_name),
    }


def consultation_words(consultation: Consultation, zone_name: str) -> dict:
    """When, how and where, in words, by the location's clock and the person's if it differs."""
    centre_zone = consultation.location.zone
    here = clock(consultation.starts_at, consultation.location.time_zone)
    there = clock(consultation.starts_at, zone_name)
    is_same = consultation.starts_at.astimezone(centre_zone).utcoffset() == (
        consultation.starts_at.astimezone(ZoneInfo(zone_name)).utcoffset()
    )
    return {
        "when": there,
        "when_here": "" if is_same else here,
        "minutes": consultation.minutes,
        "counselor": consultation.counselor.public_name,
        "is_by_phone": consultation.is_by_phone,
        "is_by_video": consultation.is_by_video,
        "is_in_person": consultation.is_in_person,
        "meeting_link": consultation.counselor.meeting_link if consultation.is_by_video else "",
        "address": consultation.location.address if consultation.is_in_person else "",
    }


def clock(at: datetime | None, zone_name: str) -> str:
    """Day, time and zone as people say them: Tuesday, November 24, 9:00 am (PST)."""
    if at is None:
        return ""
    local = at.astimezone(ZoneInfo(zone_name))
    day = date_format(local, _("l, F j"))
    return f"{day}, {time_words(local)} ({local.tzname()})"


def time_words(local: datetime | time) -> str:
    """A time of day as people say it: 9:00 am."""
    return time_of_day(local.hour, local.minute, translation.get_language())


@lru_cache(maxsize=24 * 60)
def time_of_day(hour: int, minute: int, _language: str | None) -> str:
    """Remembered, because a page of open times says it a hundred times."""
    words = date_format(time(hour, minute), _("g:i a"))
    return words.replace("a.m.", "am").replace("p.m.", "pm")


def envelope(message: Message, *, to: list[str], sender: str, words: dict):
    """Text and HTML in one email, with a Message-ID that a second copy repeats."""
    subject = SUBJECTS[message.kind] % {"reference": message.request.reference}
    text = render_to_string(f"emails/{message.kind}.txt", words)
    html = render_to_string(f"emails/{message.kind}.html", {**words, "subject": subject})
    email = Letter(
        subject=subject,
        body=re.sub(r"\n{3,}", "\n\n", text).strip() + "\n",
        from_email=formataddr((sender, settings.MAIL_FROM)),
        to=to,
        headers={
            "Message-ID": f"<{message.message_id}@{settings.MAIL_FROM.partition('@')[2]}>",
            "Auto-Submitted": "auto-generated",
            "Date": timezone.now().strftime("%a, %d %b %Y %H:%M:%S %z"),
        },
    )
    email.attach_alternative(inliner.inline(html), "text/html")
    return email


class Letter(EmailMultiAlternatives):
    """An email whose invitation arrives as it was written, whatever servers do to lines."""

    def message(self, *args, **kwargs):
        made = super().message(*args, **kwargs)
        for part in made.walk():
            if part.get_content_type() == "text/calendar":
                written = part.get_payload(decode=True)
                del part["Content-Transfer-Encoding"]
                part.set_payload(written)
                encode_base64(part)
        return made


def attach_calendar(email, consultation: Consultation, method: str) -> None:
    """As an alternative, which mail programs answer to, and as a file for the rest.

    The file has no method of its own: two invitations in one letter are shown twice.
    """
    make = calendars.invitation if method == "REQUEST" else calendars.cancellation
    file = make(consultation, attendee=email.to[0])
    email.attach_alternative(file.decode(), f"text/calendar; method={method}")
    email.attach("appointment.ics", file, 'application/ics; name="appointment.ics"')
