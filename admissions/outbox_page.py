"""What staff read about an email: what became of it, why, when it goes next, what it says."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import OperationalError
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from . import desk, letters, privacy
from .models import ConsultationRequest, Message, Suppression

logger = logging.getLogger(__name__)
State = Message.State
# Beat hands out what is due each minute; after five, something is amiss.
TAKEN_WITHIN = timedelta(minutes=5)


@dataclass(frozen=True)
class Row:
    """One email of a list: what became of it in words; and who had it sent again, and why."""

    message: Message
    fate: desk.Line
    again: str


@dataclass(frozen=True)
class Ahead:
    """One email to come: when by the desk's clock, and by the person's where that differs."""

    message: Message
    when: str
    when_there: str


@dataclass(frozen=True)
class Preview:
    """What the person gets, but for the links, which lead nowhere; no letter if it is broken."""

    title: str
    letter: letters.Letter | None
    to: str = ""
    files: tuple[str, ...] = ()


def row(message: Message, now: datetime) -> Row:
    return Row(message, fate(message, now), again(message))


def fate(message: Message, now: datetime) -> desk.Line:
    """What became of it, why if it did not go, and when it goes next."""
    reason, at = message.get_reason_display(), message.finished_at or message.due_at
    when = desk.day_and_clock(at, now)
    if message.state == State.PROMISED:
        return fate_of_promise(at, now)
    if message.state == State.DELAYED:
        words = {"n": message.tries + 1, "when": when}
        return desk.Line(_("Not sent yet, try %(n)s %(when)s") % words, reason, desk.WARM)
    if message.is_lost:
        return desk.Line(f"{message.get_state_display()} {when}", reason, desk.HOT)
    if message.state == State.SENDING:
        return desk.Line(_("Being sent now"))
    if message.state == State.SKIPPED:
        return desk.Line(_("Not sent, %(when)s") % {"when": when}, reason)
    return desk.Line(f"{message.get_state_display()} {when}", reason)


def fate_of_promise(due_at: datetime, now: datetime) -> desk.Line:
    """When it goes; and that it should have gone, once no worker has come for it."""
    when = {"when": desk.day_and_clock(due_at, now)}
    if due_at > now:
        return desk.Line(_("Goes %(when)s") % when)
    if due_at > now - TAKEN_WITHIN:
        return desk.Line(_("Due %(when)s, goes within a minute") % when)
    return desk.Line(_("Due %(when)s, no worker has taken it yet") % when, urgency=desk.WARM)


def again(message: Message) -> str:
    """Who had it sent once more, and why; or an empty string."""
    if not message.copy:
        return ""
    who, why = desk.staff_name(message.resent_by), message.get_resent_because_display()
    return _("Sent again by %(who)s: %(why)s") % {"who": who, "why": why}


def whom(message: Message) -> str:
    """To whom it goes, without an address."""
    if not message.is_for_staff:
        return privacy.masked_email(message.request.email) or _("nobody: no address is kept")
    return _("staff")


def facts(message: Message, now: datetime) -> list[tuple[str, str]]:
    """Its history and its marks, in order, those that are empty left out."""
    first = desk.full_clock(message.promised_at)
    found = [
        (_("To"), whom(message)),
        (_("Promised"), first),
        (_("Falls due"), "" if message.finished_at else desk.full_clock(message.due_at)),
        (_("Tries"), str(message.tries)),
        (_("Workers that never came back"), str(message.crashes or "")),
        (_("Settled"), desk.full_clock(message.finished_at) if message.finished_at else ""),
        (_("Words it was written with"), message.template_version),
        (_("The mail provider calls it"), message.provider_id),
        (_("Message-ID"), str(message.message_id)),
        *reports(message),
    ]
    return [(name, value) for name, value in found if value]


def reports(message: Message) -> list[tuple[str, str]]:
    """What a mail provider has told us of it, in order."""
    return [
        (_("%(provider)s reported") % {"provider": each.provider}, f"{each.type}, {when}")
        for each in message.mail_events.order_by("at", "pk")
        for when in [desk.full_clock(each.at)]
    ]


def written(message: Message) -> letters.Letter | None:
    """The letter as it would go now, with links that open nothing; None if it can't be written."""
    try:
        return letters.write(message, links=letters.NOT_A_LINK)
    except OperationalError:
        raise
    except Exception as fault:
        logger.warning("Message %s has no preview: %s", message.pk, type(fault).__name__)
        return None


def preview(message: Message) -> Preview:
    title = _("What it would say now") if message.is_settled else _("What it says")
    letter = written(message)
    if letter is None:
        return Preview(title, None)
    to = ", ".join(privacy.masked_email(address) for address in letter.to)
    return Preview(title, letter, to, tuple(file.filename for file in letter.attachments))


def html_of(letter: letters.Letter) -> str:
    return next(each.content for each in letter.alternatives if each.mimetype == "text/html")


def ahead(request: ConsultationRequest, now: datetime) -> list[Ahead]:
    """What goes next to this person, the soonest first."""
    owed = request.messages.owed().exclude(kind__in=Message.FOR_STAFF).order_by("due_at", "pk")
    return [
        Ahead(each, str(fate(each, now).text), there(each.due_at, request.time_zone))
        for each in owed
    ]


def there(at: datetime, zone_name: str) -> str:
    """Wed 11:00 am (EST), by the person's clock; empty where it is ours."""
    local, ours = at.astimezone(ZoneInfo(zone_name)), at.astimezone(ZoneInfo(settings.TIME_ZONE))
    if local.utcoffset() == ours.utcoffset():
        return ""
    return f"{date_format(local, 'D')} {letters.time_words(local)} ({local.tzname()})"


def last_lost(request: ConsultationRequest, now: datetime) -> Row | None:
    """The last email to them that never arrived."""
    lost = request.messages.filter(state__in=Message.LOST).exclude(kind__in=Message.FOR_STAFF)
    message = lost.select_related("resent_by").order_by("-finished_at", "-pk").first()
    return row(message, now) if message else None


def suppressed(request: ConsultationRequest, now: datetime) -> str:
    """Why we do not write to their address, and since when; or an empty string."""
    found = Suppression.objects.against(request).order_by("at").first() if request.email else None
    if found is None:
        return ""
    words = {"why": found.get_cause_display(), "when": desk.day_and_clock(found.at, now)}
    return _("We don't write to this address: %(why)s, %(when)s.") % words
