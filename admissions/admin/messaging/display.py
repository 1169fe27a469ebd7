"""What staff read about an email: what became of it, why, when it goes next, what it says."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import OperationalError
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from admissions import formatting, local_time, staff_formatting, time_zones
from admissions.intake import suppressions
from admissions.intake.models import ConsultationRequest, Suppression
from admissions.messaging import rendering, templates
from admissions.messaging.models import Message
from admissions.triage import status_line
from users.models import User

logger = logging.getLogger(__name__)
State = Message.State
# Beat hands out what is due each minute; after five, something is amiss.
PICKUP_DEADLINE = timedelta(minutes=5)


@dataclass(frozen=True)
class MessageRow:
    """One email of a list: what became of it in words; and who had it sent again, and why."""

    message: Message
    status: status_line.StatusLine
    resend_note: str


@dataclass(frozen=True)
class UpcomingMessage:
    """One email to come: when by the desk's clock, and by the person's where that differs."""

    message: Message
    when: str
    recipient_time: str


@dataclass(frozen=True)
class MessagePreview:
    """What the person gets, but for the links, which lead nowhere; no letter if it is broken."""

    title: str
    letter: rendering.RenderedEmail | None
    to: str = ""
    files: tuple[str, ...] = ()


def message_row(message: Message, now: datetime) -> MessageRow:
    return MessageRow(message, delivery_status(message, now), describe_resend(message))


def delivery_status(message: Message, now: datetime) -> status_line.StatusLine:
    """What became of it, why if it did not go, and when it goes next."""
    reason, at = message.get_reason_display(), message.finished_at or message.due_at
    when = staff_formatting.format_relative_day_and_time(at, now)
    if message.state == State.QUEUED:
        return pending_delivery_status(at, now)
    if message.state == State.RETRYING:
        words = {"n": message.tries + 1, "when": when}
        return status_line.StatusLine(
            _("Not sent yet, try %(n)s %(when)s") % words, reason, status_line.WARM
        )
    if message.is_lost:
        return status_line.StatusLine(
            f"{message.get_state_display()} {when}", reason, status_line.HOT
        )
    if message.state == State.SENDING:
        return status_line.StatusLine(_("Being sent now"))
    if message.state == State.SKIPPED:
        return status_line.StatusLine(_("Not sent, %(when)s") % {"when": when}, reason)
    return status_line.StatusLine(f"{message.get_state_display()} {when}", reason)


def pending_delivery_status(due_at: datetime, now: datetime) -> status_line.StatusLine:
    """When it goes; and that it should have gone, once no worker has come for it."""
    when = {"when": staff_formatting.format_relative_day_and_time(due_at, now)}
    if due_at > now:
        return status_line.StatusLine(_("Goes %(when)s") % when)
    if due_at > now - PICKUP_DEADLINE:
        return status_line.StatusLine(_("Due %(when)s, goes within a minute") % when)
    return status_line.StatusLine(
        _("Due %(when)s, no worker has taken it yet") % when, urgency=status_line.WARM
    )


def describe_resend(message: Message) -> str:
    """Who had it sent once more, and why; or an empty string."""
    if not message.copy:
        return ""
    # Staff alone have it sent again.
    who, why = (
        formatting.staff_name(cast(User, message.resent_by)),
        message.get_resend_reason_display(),
    )
    return _("Sent again by %(who)s: %(why)s") % {"who": who, "why": why}


def describe_recipient(message: Message) -> str:
    """To whom it goes, without an address."""
    if not message.is_for_staff and message.request:
        return suppressions.mask_email(message.request.email) or _("nobody: no address is kept")
    if message.colleague and not message.account_news:
        return formatting.staff_name(message.colleague)
    if message.colleague:
        return f"{formatting.staff_name(message.colleague)}: {message.get_account_news_display()}"
    return _("staff")


def message_facts(message: Message, now: datetime) -> list[tuple[str, str]]:
    """Its history and its marks, in order, those that are empty left out."""
    first = staff_formatting.format_date_and_time(message.enqueued_at)
    found = [
        (_("To"), describe_recipient(message)),
        (_("Promised"), first),
        (
            _("Falls due"),
            "" if message.finished_at else staff_formatting.format_date_and_time(message.due_at),
        ),
        (_("Tries"), str(message.tries)),
        (_("Workers that never came back"), str(message.crashes or "")),
        (
            _("Settled"),
            staff_formatting.format_date_and_time(message.finished_at)
            if message.finished_at
            else "",
        ),
        (_("Words it was written with"), message.template_version),
        (_("The mail provider calls it"), message.provider_message_id),
        (_("Message-ID"), str(message.message_uuid)),
        *provider_reports(message),
    ]
    return [(name, value) for name, value in found if value]


def provider_reports(message: Message) -> list[tuple[str, str]]:
    """What a mail provider has told us of it, in order."""
    return [
        (_("%(provider)s reported") % {"provider": each.provider}, f"{each.type}, {when}")
        for each in message.provider_events.order_by("at", "pk")
        for when in [staff_formatting.format_date_and_time(each.at)]
    ]


def try_render(message: Message) -> rendering.RenderedEmail | None:
    """The letter as it would go now, with links that open nothing; None if it can't be written."""
    try:
        return rendering.render_email(message, links=rendering.PREVIEW_LINKS)
    except OperationalError:
        raise
    except Exception as fault:
        logger.warning("Message %s has no preview: %s", message.pk, type(fault).__name__)
        return None


def preview_message(message: Message) -> MessagePreview:
    title = _("What it would say now") if message.is_finished else _("What it says")
    letter = try_render(message)
    if letter is None:
        return MessagePreview(title, None)
    to = ", ".join(suppressions.mask_email(address) for address in letter.to)
    return MessagePreview(title, letter, to, tuple(file.filename for file in letter.attachments))


def html_body(letter: rendering.RenderedEmail) -> str:
    return next(str(content) for content, kind in letter.alternatives if kind == "text/html")


def upcoming_messages(request: ConsultationRequest, now: datetime) -> list[UpcomingMessage]:
    """What goes next to this person, the soonest first."""
    owed = (
        request.messages.unfinished().exclude(kind__in=Message.STAFF_KINDS).order_by("due_at", "pk")
    )
    return [
        UpcomingMessage(
            each,
            str(delivery_status(each, now).text),
            format_recipient_time(each.due_at, request.time_zone),
        )
        for each in owed
    ]


def format_recipient_time(at: datetime, zone_name: str) -> str:
    """Wed 11:00 am (EST), by the person's clock; empty where it is ours."""
    local, ours = at.astimezone(ZoneInfo(zone_name)), at.astimezone(local_time.center_zone())
    if local.utcoffset() == ours.utcoffset():
        return ""
    zone = time_zones.format_zone_at(local)
    return f"{date_format(local, 'D')} {formatting.format_time(local)} ({zone})"


def last_lost_message(request: ConsultationRequest, now: datetime) -> MessageRow | None:
    """The last email to them that never arrived."""
    lost = request.messages.filter(state__in=Message.LOST_STATES).exclude(
        kind__in=Message.STAFF_KINDS
    )
    message = lost.select_related("resent_by").order_by("-finished_at", "-pk").first()
    return message_row(message, now) if message else None


def describe_suppression(request: ConsultationRequest, now: datetime) -> str:
    """Why we do not write to their address, and since when; or an empty string."""
    found = Suppression.objects.blocking(request).order_by("at").first() if request.email else None
    if found is None:
        return ""
    words = {
        "why": found.get_cause_display(),
        "when": staff_formatting.format_relative_day_and_time(found.at, now),
    }
    return _("We don't write to this address: %(why)s, %(when)s.") % words


def describe_source(used: templates.TemplateInUse) -> dict:
    """Whose words are in use, in words of its own."""
    found = {
        "language": dict(settings.LANGUAGES)[used.language],
        "code": used.language,
        "is_custom": used.is_custom,
    }
    if used.template is None:
        return found | {"name": _("our words")}
    words = {
        "version": used.template.version,
        "by": formatting.staff_name(used.template.made_by),
        "at": staff_formatting.format_date_and_time(used.template.made_at),
    }
    found["since"] = _("by %(by)s, %(at)s") % words
    if used.revealing_words:
        telling = {"words": ", ".join(used.revealing_words)}
        found["trouble"] = (
            _("Version %(version)s is passed over") % words
            + ": "
            + _("it now gives people away (%(words)s).") % telling
        )
    return found | {"name": _("version %(version)s") % words if used.is_custom else _("our words")}
