"""The director's own words for emails: what they may hold, and every version of them.

A version is never edited. What is promised and not yet sent goes in the newest words,
because words are chosen when an email is sent.
"""

import difflib
import re
import unicodedata
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from programs.models import Facility

from . import wordings
from .models import AuditEvent, Message, Wording
from .rulebook import ChangedMeanwhile
from .wordings import Words

PARTS = ("subject", "heading", "text")
LONGEST = {part: Wording._meta.get_field(part).max_length for part in PARTS}
# Letters lead only to us, by buttons of their own.
LINK = re.compile(r"http|www|@|://|\w{2,}\.[a-z]{2,}", re.IGNORECASE)
MARKUP = re.compile(r"[<>]")
BRACES = re.compile(r"[{}]")


class WordsRefused(Exception):
    """These words must not be sent; `faults` says why, by part."""

    def __init__(self, faults: dict[str, list[str]]):
        super().__init__(*faults)
        self.faults = faults


def editable() -> list[str]:
    """The kinds whose words a director may change: those to requesters."""
    return list(wordings.MAKES)


@transaction.atomic
def save(*, kind: str, language: str, words: Words, seen: int, by: User) -> bool:
    """Keep these words as the next version; False where they are in use already.

    `seen` is the number of the version that they were based on, 0 where there was none.
    """
    words = tidied(words)
    if found := faults(kind, words, Facility.objects.get().name):
        raise WordsRefused(found)
    newest = newest_of(kind, language)
    changed = [
        part
        for part in PARTS
        if getattr(words, part) != getattr(said(newest, kind, language), part)
    ]
    if not changed:
        return False

    add_version(newest, seen, by, kind=kind, language=language, **said_in(words))

    record(by, kind, [f"{part}_{language}" for part in changed])
    return True


@transaction.atomic
def use_ours(*, kind: str, language: str, seen: int, by: User) -> bool:
    """From now on the words that came with the site; False where they are in use already."""
    newest = newest_of(kind, language)
    if newest is None or newest.is_built_in:
        return False

    add_version(newest, seen, by, kind=kind, language=language, is_built_in=True)

    record(by, kind, [f"built_in_{language}"])
    return True


def add_version(newest: Wording | None, seen: int, by: User, **columns) -> None:
    """The next row, or ChangedMeanwhile: the unique key decides between two at once."""
    number = newest.version if newest else 0
    if number != seen:
        raise ChangedMeanwhile
    try:
        with transaction.atomic():
            Wording.objects.create(version=number + 1, made_by=by, **columns)
    except IntegrityError as refused:
        if "wording_version_once" not in str(refused):
            raise
        raise ChangedMeanwhile from refused


def record(by: User, kind: str, fields: list[str]) -> None:
    AuditEvent.objects.create(
        type=AuditEvent.Type.WORDING_CHANGED, actor=by, code=kind, fields=fields
    )


def newest_of(kind: str, language: str) -> Wording | None:
    return Wording.objects.filter(kind=kind, language=language).order_by("-version").first()


def said(kept: Wording | None, kind: str, language: str) -> Words:
    """The words of this version as text; ours where it has none of its own."""
    if kept is not None and not kept.is_built_in:
        return Words(kept.subject, kept.heading, kept.text)
    with translation.override(language):
        return Words(**{part: str(getattr(wordings.OURS[kind], part)) for part in PARTS})


def said_in(words: Words) -> dict[str, str]:
    return {part: getattr(words, part) for part in PARTS}


def tidied(words: Words) -> Words:
    """One kind of line end, accents and letters in one piece, no blanks around.

    What is too long for its part stays as it is, to be refused: see `faults_of`.
    """
    return Words(**{part: tidied_part(part, text) for part, text in said_in(words).items()})


def tidied_part(part: str, text: str) -> str:
    text = re.sub(r"\r\n?", "\n", text).strip()
    return text if len(text) > LONGEST[part] else unicodedata.normalize("NFC", text)


def faults(kind: str, words: Words, *names: str) -> dict[str, list[str]]:
    """Why these words must not be sent, by part; `names` of the centre must not be said."""
    found = {part: faults_of(kind, part, text, names) for part, text in said_in(words).items()}
    return {part: reasons for part, reasons in found.items() if reasons}


def faults_of(kind: str, part: str, text: str, names: tuple[str, ...]) -> list[str]:
    """In plain words, what to change in this part."""
    if not text.strip():
        return [_("Write something here.")]
    if len(text) > LONGEST[part]:
        # Nothing below is asked of it: normalizing takes the square of its length.
        words = {"most": LONGEST[part], "n": len(text)}
        return [_("Use at most %(most)s letters; this has %(n)s.") % words]
    # As it would be read: letters that only look different are the same.
    read = unicodedata.normalize("NFKC", text)
    found = []
    if unseen(text, may_break=part == "text"):
        found.append(
            _("Take out what cannot be seen, such as invisible characters.")
            if part == "text"
            else _("Write it in one line, without invisible characters.")
        )
    if telling := wordings.tells(" ".join(read.split()), *names) or bare_tells(read, *names):
        words = {"words": ", ".join(dict.fromkeys(f"“{word}”" for word in telling))}
        found.append(_("Others may see this email. Leave out %(words)s.") % words)
    if LINK.search(read) or MARKUP.search(read):
        found.append(
            _("Leave out links, addresses, and the signs < > @. Each email has its own buttons.")
        )
    return found + faults_of_placeholders(kind, text)


def bare_tells(text: str, *names: str) -> list[str]:
    """Telling words that marks over or through the letters would hide from us, not from readers."""
    apart = unicodedata.normalize("NFKD", text)
    bare = "".join(each for each in apart if unicodedata.category(each) != "Mn")
    return wordings.tells(" ".join(bare.split()), *names)


def faults_of_placeholders(kind: str, text: str) -> list[str]:
    unknown = [f"{{{name}}}" for name in wordings.unknown_placeholders(kind, text)]
    if unknown:
        words = {"names": ", ".join(dict.fromkeys(unknown))}
        return [_("This email cannot fill in %(names)s. Use those in the list.") % words]
    if BRACES.search(wordings.PLACEHOLDER.sub("", text)):
        return [_("The signs { and } only go around a placeholder, such as {line}.")]
    return []


def unseen(text: str, *, may_break: bool) -> bool:
    """Whether it holds characters that nobody sees, or breaks a line where there is one."""
    allowed = {"\n"} if may_break else set()
    hidden = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    return any(unicodedata.category(each) in hidden and each not in allowed for each in text)


@dataclass(frozen=True)
class InUse:
    """Whose words one email is sent with in one language."""

    language: str
    kept: Wording | None
    is_own: bool
    # Kept, but passed over: the centre's name or our list has changed since.
    tells: list[str]


def in_use(kept: Wording | None, language: str, *names: str) -> InUse:
    if kept is None or kept.is_built_in:
        return InUse(language, kept, is_own=False, tells=[])
    telling = wordings.tells(f"{kept.subject}\n{kept.heading}\n{kept.text}", *names)
    return InUse(language, kept, is_own=not telling, tells=telling)


@dataclass(frozen=True)
class Version:
    """One version, its words, and what it changed in those before it."""

    kept: Wording
    words: Words
    changes: dict[str, list[tuple[str, str]]]
    is_newest: bool


def versions(kind: str, language: str, *, most: int = 20) -> list[Version]:
    """The newest first, each compared with the one before it."""
    rows = list(
        Wording.objects.filter(kind=kind, language=language)
        .select_related("made_by")
        .order_by("-version")[: most + 1]
    )
    before = [*rows[1:], None][: len(rows)]
    return [
        Version(row, said(row, kind, language), compared(last, row, kind, language), row is rows[0])
        for row, last in zip(rows, before, strict=True)
    ][:most]


def compared(last: Wording | None, row: Wording, kind: str, language: str) -> dict:
    old, new = (said(each, kind, language) for each in (last, row))
    return {part: difference(getattr(old, part), getattr(new, part)) for part in PARTS}


def difference(old: str, new: str) -> list[tuple[str, str]]:
    """The text in pieces that stay, went or came: (same | went | came, words)."""
    before, after = (re.findall(r"\s+|\S+", text) for text in (old, new))
    pieces, went, came = [], "", ""
    for act, a, b, c, d in difflib.SequenceMatcher(None, before, after, False).get_opcodes():
        gone, new = "".join(before[a:b]), "".join(after[c:d])
        # A blank alone parts no changes: they read as one.
        if act == "equal" and (gone.strip() or not went + came):
            pieces += [("went", went), ("came", came), ("same", gone)]
            went = came = ""
        else:
            went, came = went + gone, came + new
    pieces += [("went", went), ("came", came)]
    return [(what, words) for what, words in pieces if words]


def message_kind(name: str) -> Message.Kind | None:
    """The kind of this name whose words may be changed, or None."""
    return Message.Kind(name) if name in wordings.MAKES else None
