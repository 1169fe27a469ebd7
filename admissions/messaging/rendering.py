"""What each email says, and how it is put together.

What it says is in `catalog`, one frame holds it. The frame is given plain words,
never a row; a discreet letter is not given the center's name, a program or a
reason, so it cannot say them.
"""

import re
import uuid
from dataclasses import dataclass
from email.encoders import encode_base64
from email.utils import formataddr
from typing import Any, cast

import css_inline
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from admissions.calendars import ics
from admissions.formatting import format_center_time, format_datetime_in_zone
from admissions.intake import manage_links
from admissions.intake.models import ConsultationRequest
from admissions.intake.phone_line_words import describe_other_hours
from admissions.scheduling.models import Consultation
from admissions.scheduling.summaries import (
    list_arrival_notes,
    summarize_consultation,
    summarize_offer,
)
from programs.models import Translation

from . import catalog, digest, greeting, placeholders, staff_mail, templates
from .kinds import MessageLayout, MessageText
from .models import Message
from .shared_facts import SharedFacts

Kind = Message.Kind
REQUEST = "admin:admissions_consultationrequest_change"

# Which page of their own a link opens; opening it changes nothing.
ACTION_QUERIES = {
    "manage": "",
    "keep": "",
    "answer": "",
    "move": "?to=move",
    "cancel": "?to=cancel",
    "book": "?to=book",
}
css_inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=True)


class RenderedEmail(EmailMultiAlternatives):
    """An email ready to send, that knows which words it was written with.

    Its invitation arrives as it was written, whatever servers do to lines.
    """

    template_version = ""
    # Anymail reads these, where a provider sends it.
    track_opens: bool
    track_clicks: bool
    metadata: dict[str, str]

    def message(self, *args: Any, **kwargs: Any) -> Any:
        made = super().message(*args, **kwargs)
        for part in made.walk():
            if part.is_multipart():
                # Python would look for one that no part holds, in each part, every time.
                part.set_boundary(f"=_{uuid.uuid4().hex}")
            if part.get_content_type() == "text/calendar":
                # From Django 6 on a part's lines end with LF alone; those of a calendar may not.
                lines = cast(bytes, part.get_payload(decode=True)).splitlines()
                written = b"".join(line + b"\r\n" for line in lines)
                del part["Content-Transfer-Encoding"]
                part.set_payload(written)
                encode_base64(part)
        return made


@dataclass(frozen=True)
class RequesterLinks:
    """Where a letter leads: to the person's own request, and to a page that stops all emails."""

    manage: str
    stop: str


# What a colleague sees in the place of links that would open someone's request.
PREVIEW_LINKS = RequesterLinks(
    f"{settings.SITE_URL}/#link-of-the-person", f"{settings.SITE_URL}/#stop-link"
)


def render_email(
    message: Message,
    *,
    links: RequesterLinks | None = None,
    words: MessageText | None = None,
    facts: SharedFacts | None = None,
) -> RenderedEmail:
    """The whole email for this message, in the person's language, ready to send.

    New links are made for it, and the words in use are taken, unless some are given. `facts` are
    those of other letters that are written just now.
    """
    facts = facts or SharedFacts()
    if message.is_for_staff:
        with translation.override("en"):
            return render_staff_email(message, links, facts)
    with translation.override(message.its_request.language):
        return render_requester_email(message, links or issue_links(message), words, facts)


def issue_links(message: Message) -> RequesterLinks:
    consultation = message.consultation
    stands = consultation if consultation and consultation.is_standing else None
    manage, stop = manage_links.issue_tokens(message.its_request, stands)
    return RequesterLinks(
        settings.SITE_URL + reverse("admissions:open_manage_link", args=[manage]),
        settings.SITE_URL + reverse("admissions:open_unsubscribe_link", args=[stop]),
    )


def render_requester_email(
    message: Message, links: RequesterLinks, words: MessageText | None, facts: SharedFacts
) -> RenderedEmail:
    request = message.its_request
    make = catalog.CATALOG[message.kind].layout
    values = build_requester_values(message, facts)
    words = words or facts.find_text(message.kind, request.language)
    context = values | {
        "box": make.box,
        "actions": build_action_links(make, links),
        "stop_link": links.stop,
        "extra": build_extra_line(message),
    }
    sender = choose_sender_name(request, facts)
    email = build_email(message, words, values, context, to=[request.email], sender=sender)
    if make.has_unsubscribe_header:
        email.extra_headers["List-Unsubscribe"] = f"<{links.stop}>"
        email.extra_headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    if make.calendar_method:
        attach_calendar(email, message.its_consultation, make.calendar_method)
    return email


def choose_sender_name(request: ConsultationRequest, facts: SharedFacts) -> str:
    """Whom the letter is from, in the person's language where that name has a translation."""
    if request.is_discreet:
        return facts.discreet_sender_name or _("Appointments")
    return Translation.objects.lines().get(facts.facility.name, facts.facility.name)


def build_extra_line(message: Message) -> str:
    """A line for some: of a new room, or that nobody but the asker hears of it."""
    if has_new_video_room(message):
        return _("The link to the video room is new.")
    if message.kind == Kind.CONFIRMATION and message.is_address_stopped:
        return _(
            "Someone asked us to stop writing to this address. This is the only email we will"
            " send about this, unless you open the link in it and choose email again."
        )
    if message.kind == Kind.CONFIRMATION and message.its_request.is_for_someone_else:
        return _("We talk only with you. We don't contact anyone else about this.")
    return ""


def has_new_video_room(message: Message) -> bool:
    return message.kind == Kind.HANDED_OVER and message.its_consultation.is_by_video


def build_action_links(make: MessageLayout, links: RequesterLinks) -> list[dict]:
    """What the person can do, the first as a button; each only opens a page of ours."""
    labels = {
        "manage": _("See, move or cancel"),
        "keep": _("Keep my appointment"),
        "move": _("Move it"),
        "cancel": _("Cancel it"),
        "book": _("Choose a time"),
        "answer": _("Take it, or keep your current time"),
    }
    return [
        {"label": labels[each], "link": links.manage + ACTION_QUERIES[each]}
        for each in make.actions
    ]


def render_staff_email(
    message: Message, links: RequesterLinks | None, facts: SharedFacts
) -> RenderedEmail:
    """Reference and link only: staff inboxes are no place for a person's story."""
    values = {}
    context: dict[str, Any] = {"link": settings.SITE_URL + reverse("admin:index")}
    if message.request:
        request = message.request
        path = reverse(REQUEST, args=[request.pk])
        values = {
            "reference": request.reference,
            "call_by": format_datetime_in_zone(request.promised_call_by, settings.TIME_ZONE),
            "call_at": format_center_time(request.promised_call_by),
        }
        context = {"link": settings.SITE_URL + path, "is_urgent": request.needs_safety_answer}
    if message.kind == Kind.STAFF_DIGEST:
        lines = digest.build_digest_lines(now=timezone.now())
        context |= {"lines": lines, "is_quiet": not lines}
    if message.kind == Kind.STAFF_DANGER:
        context |= {"lines": list_alarms(message)}
    if message.colleague and message.account_news:
        values = {"username": message.colleague.username}
        link = links.manage if links else staff_mail.build_account_link(message)
        context = {"link": link, "label": staff_mail.TEXTS[message.account_news].label}
    alert = staff_mail.find_alert(message)
    if alert is not None:
        context = {"link": settings.SITE_URL + reverse("admin:open_alert", args=[alert.handle])}
    return build_email(
        message,
        staff_mail.find_account_text(message)
        or staff_mail.find_alert_text(alert)
        or templates.get_built_in_text(message.kind),
        values,
        values | context,
        to=staff_mail.list_recipients(message),
        sender=facts.facility.name,
    )


def list_alarms(message: Message) -> list[dict[str, str]]:
    """A line for each request whose danger nobody has yet, with its page."""
    told = message.alarm_rings.select_related("alarm__request").order_by("alarm_id")
    waiting = [each.alarm.request for each in told if each.alarm.is_open]
    return [
        {"label": request.reference, "url": settings.SITE_URL + reverse(REQUEST, args=[request.pk])}
        for request in waiting
    ]


def build_requester_values(message: Message, facts: SharedFacts) -> dict:
    """All that a letter to a requester may know. The center is named only if they said so."""
    request, consultation, facility = message.its_request, message.consultation, facts.facility
    values = {
        "greeting": greeting.format_greeting(request.preferred_name),
        "center": "" if request.is_discreet else facility.name,
        "line": str(facility.admissions_line),
        "line_link": facility.admissions_line.as_rfc3966,
        "is_line_always_answered": facts.always_in is not None,
        "line_other_hours": describe_other_hours(facts.always_in),
        "reference": request.reference,
    }
    if consultation:
        values |= summarize_consultation(consultation, request.time_zone)
        # An editor's words may say whose door it is; the page of a discreet person has them.
        values["arrival"] = [] if request.is_discreet else list_arrival_notes(consultation)
    if message.offer:
        values |= summarize_offer(message.offer)
    return values


def build_email(
    message: Message,
    words: MessageText,
    values: dict,
    context: dict,
    *,
    to: list[str],
    sender: str,
) -> RenderedEmail:
    """Text and HTML in one email, with a Message-ID that a second copy repeats."""
    frame = "staff" if message.is_for_staff else "letter"
    context |= {
        # One line each, whatever a name may hold.
        "subject": " ".join(placeholders.fill_placeholders(str(words.subject), values).split()),
        "heading": " ".join(placeholders.fill_placeholders(str(words.heading), values).split()),
        "paragraphs": re.split(
            r"\n\s*\n", placeholders.fill_placeholders(str(words.text), values).strip()
        ),
    }
    text = render_to_string(f"emails/{frame}.txt", context)
    email = RenderedEmail(
        subject=context["subject"],
        body=re.sub(r"\n{3,}", "\n\n", text).strip() + "\n",
        from_email=formataddr((sender, settings.MAIL_FROM)),
        to=to,
        reply_to=[settings.MAIL_REPLY_TO],
        headers=build_headers(message),
    )
    html = render_to_string(f"emails/{frame}.html", context)
    email.attach_alternative(css_inliner.inline(html), "text/html")
    email.template_version = words.version
    return email


def build_headers(message: Message) -> dict[str, str]:
    return {
        # The same for each try: a second copy, after a worker died between the server's 250 and
        # our commit, is then known for one.
        "Message-ID": f"<{message.message_uuid}@{settings.MAIL_FROM.partition('@')[2]}>",
        "Auto-Submitted": "auto-generated",
        "Content-Language": translation.get_language(),
        "X-Auto-Response-Suppress": "All",
        "Date": timezone.now().strftime("%a, %d %b %Y %H:%M:%S %z"),
    }


def attach_calendar(email: RenderedEmail, consultation: Consultation, method: str) -> None:
    """As an alternative, which mail programs answer to, and as a file for the rest.

    The file has no method of its own: two invitations in one letter are shown twice.
    """
    make = ics.build_invitation if method == "REQUEST" else ics.build_cancellation
    file = make(consultation, attendee=email.to[0])
    email.attach_alternative(file.decode(), f"text/calendar; method={method}")
    email.attach("appointment.ics", file, 'application/ics; name="appointment.ics"')
