"""What each email says, and how it is put together.

What it says is in `wordings`, one frame holds it. The frame is given plain words,
never a row; a discreet letter is not given the centre's name, a program or a
reason, so it cannot say them.
"""

import re
from dataclasses import dataclass
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

from programs.models import Facility, Translation

from . import calendars, digest, privacy, wordings
from .models import Consultation, ConsultationRequest, EarlierOffer, Message

Kind = Message.Kind

INVITES = {kind for kind, make in wordings.MAKES.items() if make.method == "REQUEST"}
OFFERS = {Kind.EARLIER_OFFER, Kind.EARLIER_GONE}
# Which page of their own a link opens; opening it changes nothing.
ARRIVES = {
    "manage": "",
    "keep": "",
    "answer": "",
    "move": "?to=move",
    "cancel": "?to=cancel",
    "book": "?to=book",
}
LIKE_AN_ADDRESS = re.compile(r"[/@:\\]|\w\.\w|www", re.IGNORECASE)

inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=True)


class Letter(EmailMultiAlternatives):
    """An email ready to send, that knows which words it was written with.

    Its invitation arrives as it was written, whatever servers do to lines.
    """

    template_version = ""

    def message(self, *args, **kwargs):
        made = super().message(*args, **kwargs)
        for part in made.walk():
            if part.get_content_type() == "text/calendar":
                written = part.get_payload(decode=True)
                del part["Content-Transfer-Encoding"]
                part.set_payload(written)
                encode_base64(part)
        return made


@dataclass(frozen=True)
class Links:
    """Where a letter leads: to the person's own request, and to a page that stops all emails."""

    manage: str
    stop: str


# What a colleague sees in the place of links that would open someone's request.
NOT_A_LINK = Links(f"{settings.SITE_URL}/#link-of-the-person", f"{settings.SITE_URL}/#stop-link")


def write(
    message: Message, *, links: Links | None = None, words: wordings.Words | None = None
) -> Letter:
    """The whole email for this message, in the person's language, ready to send.

    New links are made for it, and the words in use are taken, unless some are given.
    """
    if message.is_for_staff:
        with translation.override("en"):
            return staff_letter(message)
    with translation.override(message.request.language):
        return requester_letter(message, links or new_links(message), words)


def new_links(message: Message) -> Links:
    consultation = message.consultation
    stands = consultation if consultation and consultation.is_standing else None
    manage, stop = privacy.new_tokens(message.request, stands)
    return Links(
        settings.SITE_URL + reverse("admissions:open_manage", args=[manage]),
        settings.SITE_URL + reverse("admissions:open_stop", args=[stop]),
    )


def requester_letter(message: Message, links: Links, words: wordings.Words | None) -> Letter:
    request, facility = message.request, Facility.objects.get()
    make = wordings.MAKES[message.kind]
    values = requester_values(message, facility)
    words = words or wordings.words_of(message.kind, request.language, facility.name)
    context = values | {
        "box": make.box,
        "actions": actions(make, links),
        "stop_link": links.stop,
        "extra": extra(message),
    }
    sender = sender_name(request, facility)
    email = envelope(message, words, values, context, to=[request.email], sender=sender)
    if make.is_follow_up:
        email.extra_headers["List-Unsubscribe"] = f"<{links.stop}>"
        email.extra_headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    if make.method:
        attach_calendar(email, message.consultation, make.method)
    return email


def sender_name(request: ConsultationRequest, facility: Facility) -> str:
    """Whom the letter is from, in the person's language where that name has a translation."""
    name = facility.discreet_sender_name if request.is_discreet else facility.name
    return Translation.objects.lines().get(name, name)


def extra(message: Message) -> str:
    """A line for some: of a new room, or that nobody but the asker hears of it."""
    if has_new_room(message):
        return _("The link to the video room is new.")
    if message.kind == Kind.CONFIRMATION and message.request.is_for_someone_else:
        return _("We talk with you, and contact nobody else about it.")
    return ""


def has_new_room(message: Message) -> bool:
    return message.kind == Kind.HANDED_OVER and message.consultation.is_by_video


def actions(make: wordings.Make, links: Links) -> list[dict]:
    """What the person can do, the first as a button; each only opens a page of ours."""
    labels = {
        "manage": _("See, move or cancel"),
        "keep": _("Keep my appointment"),
        "move": _("Move it"),
        "cancel": _("Cancel it"),
        "book": _("Choose a time"),
        "answer": _("Take it, or keep your time"),
    }
    return [{"label": labels[each], "link": links.manage + ARRIVES[each]} for each in make.actions]


def staff_letter(message: Message) -> Letter:
    """Reference and link only: staff inboxes are no place for a person's story."""
    facility = Facility.objects.get()
    values = {}
    context = {"link": settings.SITE_URL + reverse("admin:index")}
    if message.request:
        request = message.request
        path = reverse("admin:admissions_consultationrequest_change", args=[request.pk])
        values = {
            "reference": request.reference,
            "call_by": clock(request.promised_call_by, settings.TIME_ZONE),
            "call_at": time_at(request.promised_call_by),
        }
        context = {"link": settings.SITE_URL + path, "is_urgent": request.needs_safety_answer}
    if message.kind == Kind.STAFF_DIGEST:
        lines = digest.lines(now=timezone.now())
        context |= {"lines": lines, "is_quiet": not lines}
    return envelope(
        message,
        wordings.ours(message.kind),
        values,
        values | context,
        to=recipients(message, facility),
        sender=facility.name,
    )


def recipients(message: Message, facility: Facility) -> list[str]:
    """Whom a notice for staff goes to."""
    if message.kind == Kind.STAFF_ESCALATED:
        found = [facility.on_call_email] if facility.on_call_email else emails_of("director")
    elif message.kind == Kind.STAFF_SHORTAGE:
        found = emails_of("director")
    elif message.kind == Kind.STAFF_DIGEST:
        found = [facility.admissions_email, *emails_of("director")]
    else:
        found = desk_addresses(message.request, facility)
    return sorted({address for address in found if address})


def desk_addresses(request: ConsultationRequest, facility: Facility) -> list[str]:
    """The shared inbox, whoever's request or consultation it is, and who answers calls."""
    found = [facility.admissions_email]
    if request.owner:
        found.append(request.owner.email)
    consultation = request.standing_consultation()
    if consultation is not None:
        found.append(consultation.counselor.user.email)
    return found + emails_of("coordinator") if request.promised_call_by else found


def emails_of(role: str) -> list[str]:
    return list(
        User.objects.filter(is_active=True, groups__name=role).values_list("email", flat=True)
    )


def requester_values(message: Message, facility: Facility) -> dict:
    """All that a letter to a requester may know. The centre is named only if they said so."""
    request, consultation = message.request, message.consultation
    values = {
        "greeting": greeting(request.preferred_name),
        "centre": "" if request.is_discreet else facility.name,
        "line": str(facility.admissions_line),
        "line_link": facility.admissions_line.as_rfc3966,
        "reference": request.reference,
    }
    if consultation:
        values |= consultation_words(consultation, request.time_zone)
    if message.kind in OFFERS:
        values |= offer_words(message.offer)
    return values


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


def time_at(at: datetime | None) -> str:
    """The time of day by the centre's clock: 9:00 am."""
    return time_words(timezone.localtime(at)) if at else ""


def time_words(local: datetime | time) -> str:
    """A time of day as people say it: 9:00 am."""
    return time_of_day(local.hour, local.minute, translation.get_language())


@lru_cache(maxsize=24 * 60)
def time_of_day(hour: int, minute: int, _language: str | None) -> str:
    """Remembered, because a page of open times says it a hundred times."""
    words = date_format(time(hour, minute), _("g:i a"))
    return words.replace("a.m.", _("am")).replace("p.m.", _("pm"))


def envelope(
    message: Message, words: wordings.Words, values: dict, context: dict, *, to: list, sender: str
) -> Letter:
    """Text and HTML in one email, with a Message-ID that a second copy repeats."""
    frame = "staff" if message.is_for_staff else "letter"
    context |= {
        # One line each, whatever a name may hold.
        "subject": " ".join(wordings.fill(str(words.subject), values).split()),
        "heading": " ".join(wordings.fill(str(words.heading), values).split()),
        "paragraphs": re.split(r"\n\s*\n", wordings.fill(str(words.text), values).strip()),
    }
    text = render_to_string(f"emails/{frame}.txt", context)
    email = Letter(
        subject=context["subject"],
        body=re.sub(r"\n{3,}", "\n\n", text).strip() + "\n",
        from_email=formataddr((sender, settings.MAIL_FROM)),
        to=to,
        reply_to=[settings.MAIL_REPLY_TO],
        headers=headers(message),
    )
    html = render_to_string(f"emails/{frame}.html", context)
    email.attach_alternative(inliner.inline(html), "text/html")
    email.template_version = words.version
    return email


def headers(message: Message) -> dict[str, str]:
    return {
        "Message-ID": f"<{message.message_id}@{settings.MAIL_FROM.partition('@')[2]}>",
        "Auto-Submitted": "auto-generated",
        "Content-Language": translation.get_language(),
        "X-Auto-Response-Suppress": "All",
        "Date": timezone.now().strftime("%a, %d %b %Y %H:%M:%S %z"),
    }


def attach_calendar(email, consultation: Consultation, method: str) -> None:
    """As an alternative, which mail programs answer to, and as a file for the rest.

    The file has no method of its own: two invitations in one letter are shown twice.
    """
    make = calendars.invitation if method == "REQUEST" else calendars.cancellation
    file = make(consultation, attendee=email.to[0])
    email.attach_alternative(file.decode(), f"text/calendar; method={method}")
    email.attach("appointment.ics", file, 'application/ics; name="appointment.ics"')
