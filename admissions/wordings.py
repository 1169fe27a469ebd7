"""What every email says: all subjects and words on one screen, and what each is made of.

The words are ours until a director keeps a version of their own. `{when}` and the like
are filled in by `letters`; a text may use those of its kind and no others.
"""

import hashlib
import re
from dataclasses import dataclass
from functools import cache

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .models import Message, Wording

Kind = Message.Kind

# Any of these, seen by the wrong person, would tell what the letter is about.
TELLING = re.compile(
    r"recover|\biop\b|residential|addict|treatment|alcohol|drug|rehab|sober|sobriety|detox|opioid"
    r"|substance|counsel|admission|intake|clinic|therap|patient|facility|programs?\b"
    r"|level of care|insurance|diagnos|overdose|relapse|withdrawal|naloxone|narcan|hospital"
    r"|alcoh|heroin|cocain|fentanyl|cannabis|marijuana|methamph|methadone|\bmeth\b|drinking|drunk"
    r"|recuper|residencial|ambulatori|adicci|adict[oa]|dependencia|tratamiento|droga|rehabilit"
    r"|sobri|abstinen|desintox|consejer|admisi|internamiento|cl[ií]nica|terap|paciente"
    r"|programas?\b|consum|reca[ií]da|recaer|sustancia|sobredosis|nivel de atenci|diagn[oó]s"
    r"|seguro m[eé]dico|aseguradora|hero[ií]na|coca[ií]na|fentanilo|marihuana|metanfet|metadona"
    r"|borrach|naloxona",
    re.IGNORECASE,
)
PLACEHOLDER = re.compile(r"\{(\w*)\}")


@dataclass(frozen=True)
class Words:
    """A subject for the lock screen, a heading, and paragraphs parted by empty lines."""

    subject: str | Promise
    heading: str | Promise
    text: str | Promise
    version: str = ""


@dataclass(frozen=True)
class Make:
    """What a letter has beside its words: the box with the time, buttons, and an invitation."""

    box: str = ""
    actions: tuple[str, ...] = ("manage",)
    method: str = ""
    is_follow_up: bool = False
    knows: tuple[str, ...] = ()


TIME = ("when", "counselor")
REMINDER = Make("time", ("keep", "move", "cancel"), is_follow_up=True, knows=TIME)
AGAIN = Make(actions=("book",), is_follow_up=True)
MAKES = {
    Kind.CONFIRMATION: Make("time", method="REQUEST", knows=TIME),
    Kind.MOVED: Make("time", method="REQUEST", knows=TIME),
    Kind.HANDED_OVER: Make("time", method="REQUEST", knows=TIME),
    Kind.FREED: Make(actions=("book",), method="CANCEL", knows=TIME),
    Kind.CANCELLED: Make(actions=("book",), method="CANCEL", knows=TIME),
    Kind.REMINDER_DAY: REMINDER,
    Kind.REMINDER_HOURS: REMINDER,
    Kind.AFTER_COMPLETED: Make(actions=(), is_follow_up=True),
    Kind.AFTER_NO_SHOW: AGAIN,
    Kind.NO_SHOW_SECOND: AGAIN,
    Kind.NO_SHOW_LAST: AGAIN,
    Kind.NO_CONTACT_FIRST: AGAIN,
    Kind.NO_CONTACT_SECOND: AGAIN,
    Kind.NO_CONTACT_LAST: AGAIN,
    Kind.CALLBACK_KEPT: AGAIN,
    Kind.CALLBACK_MISSED: AGAIN,
    Kind.CALLBACK_LATE: Make(actions=("book",)),
    Kind.EARLIER_OFFER: Make("earlier", ("answer",), knows=("when", "earlier", "answer_by")),
    Kind.EARLIER_GONE: Make("time", knows=("when", "earlier")),
}

OURS = {
    Kind.CONFIRMATION: Words(_("Your appointment"), _("Your appointment"), _("Your time is set.")),
    Kind.MOVED: Words(
        _("Your appointment has a new time"),
        _("Your appointment has a new time"),
        _("This is your new time. The old one is free again."),
    ),
    Kind.HANDED_OVER: Words(
        _("Your appointment: same time, someone new"),
        _("Same time, someone new"),
        _("Your time stays the same. You will now talk with {counselor}. You need to do nothing."),
    ),
    Kind.FREED: Words(
        _("Your appointment needs a new time"),
        _("Please choose another time"),
        _(
            "We are sorry. We can't keep your appointment on {when}. This is our doing, not"
            " yours. We would still like to talk with you."
        ),
    ),
    Kind.CANCELLED: Words(
        _("Your appointment is cancelled"),
        _("Your appointment is cancelled"),
        _("Your appointment is cancelled. You can choose another time whenever you like."),
    ),
    Kind.REMINDER_DAY: Words(
        _("A reminder of your appointment"),
        _("A reminder of your appointment"),
        _("This is a reminder of your time. If it no longer suits you, move it or cancel it."),
    ),
    Kind.REMINDER_HOURS: Words(
        _("A reminder of your appointment"), _("We talk soon"), _("We look forward to it.")
    ),
    Kind.AFTER_COMPLETED: Words(
        _("Thank you for talking with us"),
        _("Thank you for talking with us"),
        _(
            "Thank you for your time. Your next steps are as we agreed. If a question comes up,"
            " call us."
        ),
    ),
    Kind.AFTER_NO_SHOW: Words(
        _("About your appointment"),
        _("We are sorry that we missed you"),
        _("We are sorry that we missed you. It happens. Choose another time, or call us."),
    ),
    Kind.NO_SHOW_SECOND: Words(
        _("Choose another time"),
        _("There is still a time for you"),
        _("We would still like to talk with you. Choose a time that suits you, or call us."),
    ),
    Kind.NO_SHOW_LAST: Words(
        _("Whenever you are ready"),
        _("Whenever you are ready"),
        _(
            "You can choose a time or call us whenever you like, today or much later. We will not"
            " write again unless you ask."
        ),
    ),
    Kind.NO_CONTACT_FIRST: Words(
        _("We tried to reach you"),
        _("We tried to reach you"),
        _("We tried to reach you about your request. Choose a time that suits you, or call us."),
    ),
    Kind.NO_CONTACT_SECOND: Words(
        _("About your request"),
        _("We are still here"),
        _(
            "We have not reached you yet. That is all right. Choose a time that suits you, or call"
            " us when you have a quiet moment."
        ),
    ),
    Kind.NO_CONTACT_LAST: Words(
        _("Whenever you are ready"),
        _("Whenever you are ready"),
        _(
            "We have tried to reach you a few times, and do not want to press you. You can choose"
            " a time or call us whenever you like. We will not write again unless you ask.\n\n"
            "We wish you well."
        ),
    ),
    Kind.CALLBACK_KEPT: Words(
        _("Thank you for talking with us"),
        _("Thank you for talking with us"),
        _(
            "It was good to talk with you. If a question comes up, call us. If you would like to"
            " talk longer, choose a time."
        ),
    ),
    Kind.CALLBACK_MISSED: Words(
        _("We called you"),
        _("We called you"),
        _(
            "We called you as we had said, and did not reach you. We will try again. You can also"
            " call us now, or choose a time that suits you."
        ),
    ),
    Kind.CALLBACK_LATE: Words(
        _("We are late with our call"),
        _("We are late with our call"),
        _(
            "We said that we would call you, and have not yet. We are sorry. We have not"
            " forgotten you. Please call us now if you can, or choose a time."
        ),
    ),
    Kind.EARLIER_OFFER: Words(
        _("An earlier time for your appointment"),
        _("An earlier time for your appointment"),
        _("You asked for something sooner. This time has opened:"),
    ),
    Kind.EARLIER_GONE: Words(
        _("Your appointment stays as it is"),
        _("Your appointment stays as it is"),
        _(
            "Someone else has just taken the earlier time, {earlier}. We are sorry. Nothing has"
            " changed for you. You still have the time below. We keep looking, and write if"
            " another time opens."
        ),
    ),
    # Staff mail is in English.
    Kind.STAFF_NEW_REQUEST: Words(
        "New request {reference}", "New request {reference}", "It waits for an answer."
    ),
    Kind.STAFF_HANDED_OVER: Words(
        "Taken over from a colleague: {reference}",
        "Request {reference}",
        "Its consultation is now with another counselor, at the same time.",
    ),
    Kind.STAFF_PROMISE_NEAR: Words(
        "Call by {call_at}: {reference}",
        "A promised call falls due",
        "Nobody has logged a try for request {reference} yet.",
    ),
    Kind.STAFF_PROMISE_BROKEN: Words(
        "Late call: {reference}",
        "A promised call is late",
        "Nobody has logged a try for request {reference} yet.",
    ),
    Kind.STAFF_ESCALATED: Words(
        "For the on-call lead: {reference}",
        "Nobody has answered request {reference}",
        "Please see to it, or find someone who can. The desk shows what is owed.",
    ),
    Kind.STAFF_DIGEST: Words("The day ahead", "The day ahead", "Good morning."),
    Kind.STAFF_SHORTAGE: Words(
        "No phone time within a day",
        "No phone time within a day",
        "In the next 24 hours nobody can book a talk by phone, in at least one language.",
    ),
}


def placeholders(kind: str) -> set[str]:
    """What a text of this kind may have filled in."""
    return {"line", *MAKES[kind].knows}


def unknown_placeholders(kind: str, text: str) -> list[str]:
    """Those in the text that nothing would fill, in order."""
    known = placeholders(kind)
    return [name for name in PLACEHOLDER.findall(text) if name not in known]


def tells(text: str, *names: str) -> list[str]:
    """The words in a text that would give someone away; `names` of the centre among them."""
    # The name of a placeholder is not said, what fills it is: {counselor} is a first name.
    text = PLACEHOLDER.sub(" ", text)
    found = [match.group() for match in TELLING.finditer(text)]
    return found + [name for name in names if name and name.casefold() in text.casefold()]


def words_of(kind: str, language: str, *names: str) -> Words:
    """The director's words where there are any that tell nothing, else ours in this language."""
    kept = Wording.objects.newest(kind=kind, language=language)
    if kept is None or tells(f"{kept.subject}\n{kept.heading}\n{kept.text}", *names):
        return ours(kind)
    return Words(kept.subject, kept.heading, kept.text, f"own {kept.version} {language}")


def ours(kind: str) -> Words:
    words = OURS[kind]
    return Words(words.subject, words.heading, words.text, f"ours {digest(kind)}")


@cache
def digest(kind: str) -> str:
    """Changes with our words, so that the ledger says which were sent."""
    words = OURS[kind]
    with translation.override("en"):
        said = "\n".join(map(str, (words.subject, words.heading, words.text)))
    return hashlib.sha256(said.encode()).hexdigest()[:8]


def fill(text: str, values: dict[str, str]) -> str:
    """The text with its placeholders filled; one that is not known stays as it was typed."""
    return PLACEHOLDER.sub(lambda match: str(values.get(match[1], match[0])), text)
