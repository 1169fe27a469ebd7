"""What every email says: all subjects and words on one screen, and what each is made of.

The words are ours until a director keeps a version of their own. `{when}` and the like
are filled in by `letters`; a text may use those of its kind and no others.
"""

import hashlib
from dataclasses import dataclass
from functools import cache

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .disclosure import find_revealing_words
from .models import Message, MessageTemplate
from .placeholders import PLACEHOLDER_PATTERN

Kind = Message.Kind


@dataclass(frozen=True)
class MessageText:
    """A subject for the lock screen, a heading, and paragraphs parted by empty lines."""

    subject: str | Promise
    heading: str | Promise
    text: str | Promise
    version: str = ""


@dataclass(frozen=True)
class MessageLayout:
    """What a letter has beside its words: the box with the time, buttons, and an invitation."""

    box: str = ""
    actions: tuple[str, ...] = ("manage",)
    calendar_method: str = ""
    is_follow_up: bool = False
    placeholders: tuple[str, ...] = ()


TIME_PLACEHOLDERS = ("when", "counselor")
REMINDER_LAYOUT = MessageLayout(
    "time", ("keep", "move", "cancel"), is_follow_up=True, placeholders=TIME_PLACEHOLDERS
)
REBOOK_LAYOUT = MessageLayout(actions=("book",), is_follow_up=True)
LAYOUTS = {
    Kind.CONFIRMATION: MessageLayout(
        "time", calendar_method="REQUEST", placeholders=TIME_PLACEHOLDERS
    ),
    Kind.MOVED: MessageLayout("time", calendar_method="REQUEST", placeholders=TIME_PLACEHOLDERS),
    Kind.HANDED_OVER: MessageLayout(
        "time", calendar_method="REQUEST", placeholders=TIME_PLACEHOLDERS
    ),
    Kind.CANCELED_BY_CENTER: MessageLayout(
        actions=("book",), calendar_method="CANCEL", placeholders=TIME_PLACEHOLDERS
    ),
    Kind.CANCELED: MessageLayout(
        actions=("book",), calendar_method="CANCEL", placeholders=TIME_PLACEHOLDERS
    ),
    Kind.REMINDER_DAY: REMINDER_LAYOUT,
    Kind.REMINDER_HOURS: REMINDER_LAYOUT,
    Kind.AFTER_COMPLETED: MessageLayout(actions=(), is_follow_up=True),
    Kind.AFTER_NO_SHOW: REBOOK_LAYOUT,
    Kind.NO_SHOW_SECOND: REBOOK_LAYOUT,
    Kind.NO_SHOW_LAST: REBOOK_LAYOUT,
    Kind.NO_CONTACT_FIRST: REBOOK_LAYOUT,
    Kind.NO_CONTACT_SECOND: REBOOK_LAYOUT,
    Kind.NO_CONTACT_LAST: REBOOK_LAYOUT,
    Kind.CALLBACK_MADE: REBOOK_LAYOUT,
    Kind.CALLBACK_MISSED: REBOOK_LAYOUT,
    Kind.CALLBACK_LATE: MessageLayout(actions=("book",)),
    Kind.EARLIER_OFFER: MessageLayout(
        "earlier", ("answer",), placeholders=("when", "earlier", "answer_by")
    ),
    Kind.EARLIER_OFFER_TAKEN: MessageLayout("time", placeholders=("when", "earlier")),
}

BUILT_IN_TEXTS = {
    Kind.CONFIRMATION: MessageText(
        _("Your appointment"), _("Your appointment"), _("Your time is set.")
    ),
    Kind.MOVED: MessageText(
        _("Your appointment has a new time"),
        _("Your appointment has a new time"),
        _("This is your new time. The old one is free again."),
    ),
    Kind.HANDED_OVER: MessageText(
        _("Your appointment: same time, someone new"),
        _("Same time, someone new"),
        _("Your time stays the same. You will now talk with {counselor}. You need to do nothing."),
    ),
    Kind.CANCELED_BY_CENTER: MessageText(
        _("Your appointment needs a new time"),
        _("Please choose another time"),
        _(
            "We are sorry. We can't keep your appointment on {when}. This is our doing, not"
            " yours. We would still like to talk with you."
        ),
    ),
    Kind.CANCELED: MessageText(
        _("Your appointment is canceled"),
        _("Your appointment is canceled"),
        _("Your appointment is canceled. You can choose another time whenever you like."),
    ),
    Kind.REMINDER_DAY: MessageText(
        _("A reminder of your appointment"),
        _("A reminder of your appointment"),
        _("This is a reminder of your time. If it no longer suits you, move it or cancel it."),
    ),
    Kind.REMINDER_HOURS: MessageText(
        _("A reminder of your appointment"), _("We talk soon"), _("We look forward to it.")
    ),
    Kind.AFTER_COMPLETED: MessageText(
        _("Thank you for talking with us"),
        _("Thank you for talking with us"),
        _(
            "Thank you for your time. Your next steps are as we agreed. If a question comes up,"
            " call us."
        ),
    ),
    Kind.AFTER_NO_SHOW: MessageText(
        _("About your appointment"),
        _("We are sorry that we missed you"),
        _("We are sorry that we missed you. It happens. Choose another time, or call us."),
    ),
    Kind.NO_SHOW_SECOND: MessageText(
        _("Choose another time"),
        _("There is still a time for you"),
        _("We would still like to talk with you. Choose a time that suits you, or call us."),
    ),
    Kind.NO_SHOW_LAST: MessageText(
        _("Whenever you are ready"),
        _("Whenever you are ready"),
        _(
            "You can choose a time or call us whenever you like, today or much later. We will not"
            " write again unless you ask."
        ),
    ),
    Kind.NO_CONTACT_FIRST: MessageText(
        _("We tried to reach you"),
        _("We tried to reach you"),
        _("We tried to reach you about your request. Choose a time that suits you, or call us."),
    ),
    Kind.NO_CONTACT_SECOND: MessageText(
        _("About your request"),
        _("We are still here"),
        _(
            "We have not reached you yet. That is all right. Choose a time that suits you, or call"
            " us when you have a quiet moment."
        ),
    ),
    Kind.NO_CONTACT_LAST: MessageText(
        _("Whenever you are ready"),
        _("Whenever you are ready"),
        _(
            "We have tried to reach you a few times, and do not want to press you. You can choose"
            " a time or call us whenever you like. We will not write again unless you ask.\n\n"
            "We wish you well."
        ),
    ),
    Kind.CALLBACK_MADE: MessageText(
        _("Thank you for talking with us"),
        _("Thank you for talking with us"),
        _(
            "It was good to talk with you. If a question comes up, call us. If you would like to"
            " talk longer, choose a time."
        ),
    ),
    Kind.CALLBACK_MISSED: MessageText(
        _("We called you"),
        _("We called you"),
        _(
            "We called you as we had said, and did not reach you. We will try again. You can also"
            " call us now, or choose a time that suits you."
        ),
    ),
    Kind.CALLBACK_LATE: MessageText(
        _("We are late with our call"),
        _("We are late with our call"),
        _(
            "We said that we would call you, and have not yet. We are sorry. We have not"
            " forgotten you. Please call us now if you can, or choose a time."
        ),
    ),
    Kind.EARLIER_OFFER: MessageText(
        _("An earlier time for your appointment"),
        _("An earlier time for your appointment"),
        _("You asked for something sooner. This time has opened:"),
    ),
    Kind.EARLIER_OFFER_TAKEN: MessageText(
        _("Your appointment stays as it is"),
        _("Your appointment stays as it is"),
        _(
            "Someone else has just taken the earlier time, {earlier}. We are sorry. Nothing has"
            " changed for you. You still have the time below. We keep looking, and write if"
            " another time opens."
        ),
    ),
    # Staff mail is in English.
    Kind.STAFF_NEW_REQUEST: MessageText(
        "New request {reference}", "New request {reference}", "It waits for an answer."
    ),
    Kind.STAFF_HANDED_OVER: MessageText(
        "Taken over from a colleague: {reference}",
        "Request {reference}",
        "Its consultation is now with another counselor, at the same time.",
    ),
    Kind.STAFF_CALL_DUE: MessageText(
        "Call by {call_at}: {reference}",
        "A promised call falls due",
        "Nobody has logged a try for request {reference} yet.",
    ),
    Kind.STAFF_CALL_OVERDUE: MessageText(
        "Late call: {reference}",
        "A promised call is late",
        "Nobody has logged a try for request {reference} yet.",
    ),
    Kind.STAFF_ESCALATED: MessageText(
        "For the on-call lead: {reference}",
        "Nobody has answered request {reference}",
        "Please see to it, or find someone who can. The desk shows what is owed.",
    ),
    Kind.STAFF_DIGEST: MessageText("The day ahead", "The day ahead", "Good morning."),
    Kind.STAFF_SHORTAGE: MessageText(
        "No phone time within a day",
        "No phone time within a day",
        "In the next 24 hours nobody can book a talk by phone, in at least one language.",
    ),
}


def list_placeholders(kind: str) -> set[str]:
    """What a text of this kind may have filled in."""
    return {"line", *LAYOUTS[kind].placeholders}


def find_unknown_placeholders(kind: str, text: str) -> list[str]:
    """Those in the text that nothing would fill, in order."""
    known = list_placeholders(kind)
    return [name for name in PLACEHOLDER_PATTERN.findall(text) if name not in known]


def find_current_text(kind: str, language: str, *names: str) -> MessageText:
    """The director's words where there are any that tell nothing, else ours in this language."""
    kept = MessageTemplate.objects.newest(kind=kind, language=language)
    if kept is None or find_revealing_words(f"{kept.subject}\n{kept.heading}\n{kept.text}", *names):
        return get_built_in_text(kind)
    return MessageText(kept.subject, kept.heading, kept.text, f"own {kept.version} {language}")


def get_built_in_text(kind: str) -> MessageText:
    words = BUILT_IN_TEXTS[kind]
    return MessageText(words.subject, words.heading, words.text, f"ours {hash_built_in_text(kind)}")


@cache
def hash_built_in_text(kind: str) -> str:
    """Changes with our words, so that the ledger says which were sent."""
    words = BUILT_IN_TEXTS[kind]
    with translation.override("en"):
        said = "\n".join(map(str, (words.subject, words.heading, words.text)))
    return hashlib.sha256(said.encode()).hexdigest()[:8]
