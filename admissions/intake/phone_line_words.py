"""Who answers the line, in the words and the language of a page or a letter."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from admissions import formatting, time_zones
from admissions.scheduling.models import AfterHours

from .phone_line import Answerer, LineAnswer

Task = AfterHours.Task
# Whole sentences: word for word they would be wrong in another language.
AFTER_HOURS = {
    (Answerer.ON_CALL, Task.BOOK): _lazy(
        "Someone from our team is on call. They will answer, and can book a time for you."
    ),
    (Answerer.ON_CALL, Task.PROMISE): _lazy(
        "Someone from our team is on call. They will answer, and can tell you when we will call you"
        " back."
    ),
    (Answerer.ON_CALL, Task.MESSAGE): _lazy(
        "Someone from our team is on call. They will answer, and can take a message for us."
    ),
    (Answerer.SERVICE, Task.BOOK): _lazy(
        "Our answering service picks up, and can book a time for you."
    ),
    (Answerer.SERVICE, Task.PROMISE): _lazy(
        "Our answering service picks up, and can tell you when we will call you back."
    ),
    (Answerer.SERVICE, Task.MESSAGE): _lazy(
        "Our answering service picks up, and can take a message for us."
    ),
}


@dataclass(frozen=True)
class LineWords:
    """What a page says of the line at the moment it is drawn.

    `is_talk` tells whether a caller talks with a counselor at once; only then a page says "now".
    `always_in` are the languages in which the line is answered at every hour, None where it is not.
    """

    sentence: str
    is_answered: bool
    is_talk: bool
    always_in: frozenset[str] | None


def describe_line(answer: LineAnswer, *, now: datetime, zone: ZoneInfo) -> LineWords:
    """Who answers now; where nobody does, when somebody does next, by the clock of `zone`."""
    return LineWords(
        sentence=" ".join(each for each in list_sentences(answer, now=now, zone=zone) if each),
        is_answered=answer.is_answered,
        is_talk=answer.is_counselor,
        always_in=answer.always_in,
    )


def list_sentences(answer: LineAnswer, *, now: datetime, zone: ZoneInfo) -> list[str]:
    if answer.by is Answerer.COUNSELORS:
        return [_("A counselor is answering calls right now."), tell_language(answer.languages)]
    if answer.is_answered:
        return [
            _("Our counselors are off right now."),
            str(AFTER_HOURS[answer.by, Task(answer.task)]),
            tell_language(answer.languages),
        ]
    if answer.opens_at is None:
        return [_("No one is answering our line right now, and we can't say yet when we will.")]
    return [
        _("No one is answering our line right now."),
        tell_opening(answer.opens_at, now=now, zone=zone),
        tell_language(answer.opening_languages),
    ]


def tell_language(languages: Collection[str]) -> str:
    """In which language they answer, where it is not the page's; else empty."""
    own = get_language() or settings.LANGUAGE_CODE
    if own in languages or not languages:
        return ""
    other = next(code for code, _name in settings.LANGUAGES if code in languages)
    return _("They answer %(in_language)s.") % {
        "in_language": formatting.name_language_in_sentence(other)
    }


def tell_opening(at: datetime, *, now: datetime, zone: ZoneInfo) -> str:
    """We answer again tomorrow at 8:00 am (PST)."""
    local = at.astimezone(zone)
    ahead = (local.date() - now.astimezone(zone).date()).days
    # Spanish says "la 1:00" and "las 2:00": the hour is what is counted.
    again = {
        0: ngettext(
            "We answer again today at %(time)s.",
            "We answer again today at %(time)s.",
            local.hour % 12,
        ),
        1: ngettext(
            "We answer again tomorrow at %(time)s.",
            "We answer again tomorrow at %(time)s.",
            local.hour % 12,
        ),
    }.get(ahead) or ngettext(
        "We answer again on %(day)s at %(time)s.",
        "We answer again on %(day)s at %(time)s.",
        local.hour % 12,
    )
    clock = f"{formatting.format_time(local)} ({time_zones.format_zone_at(local)})"
    return again % {"time": clock, "day": date_format(local, _("l, F j"))}


def describe_other_hours(always_in: frozenset[str] | None) -> str:
    """For a letter, read at any hour: the language we answer in after hours, if another."""
    own = get_language() or settings.LANGUAGE_CODE
    if not always_in or own in always_in:
        return ""
    other = next(code for code, _name in settings.LANGUAGES if code in always_in)
    return _("After hours we answer %(in_language)s.") % {
        "in_language": formatting.name_language_in_sentence(other)
    }
