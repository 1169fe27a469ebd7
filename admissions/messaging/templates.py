"""The director's own words for emails: what they may hold, and every version of them.

A version is never edited. What is promised and not yet sent goes in the newest words,
because words are chosen when an email is sent.
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from admissions.audit.models import AuditEvent
from admissions.exceptions import ChangedMeanwhile
from programs.diff import diff_words
from programs.models import Facility
from users.models import User

from . import catalog, disclosure, placeholders
from .kinds import Kind, MessageText
from .models import MessageTemplate

TEXT_PARTS = ("subject", "heading", "text")
MAX_PART_LENGTHS: dict[str, int] = {
    part: vars(MessageTemplate._meta.get_field(part))["max_length"] for part in TEXT_PARTS
}
# Letters lead only to us, by buttons of their own.
LINK_PATTERN = re.compile(r"http|www|@|://|\w{2,}\.[a-z]{2,}", re.IGNORECASE)
MARKUP_PATTERN = re.compile(r"[<>]")
BRACES_PATTERN = re.compile(r"[{}]")


class InvalidTemplate(Exception):
    """These words must not be sent; `errors` says why, by part."""

    def __init__(self, errors: dict[str, list[str]]):
        super().__init__(*errors)
        self.errors = errors


def list_editable_kinds() -> list[str]:
    """The kinds whose words a director may change: those to requesters."""
    return [kind for kind, entry in catalog.CATALOG.items() if not entry.is_for_staff]


@transaction.atomic
def save_template(*, kind: str, language: str, words: MessageText, seen: int, by: User) -> bool:
    """Keep these words as the next version; False where they are in use already.

    `seen` is the number of the version that they were based on, 0 where there was none.
    """
    words = normalize_text(words)
    if found := find_text_errors(kind, words, Facility.objects.get().name):
        raise InvalidTemplate(found)
    newest = find_latest_template(kind, language)
    changed = [
        part
        for part in TEXT_PARTS
        if getattr(words, part) != getattr(get_template_text(newest, kind, language), part)
    ]
    if not changed:
        return False

    add_template_version(newest, seen, by, kind=kind, language=language, **split_text(words))

    record_template_change(by, kind, [f"{part}_{language}" for part in changed])
    return True


@transaction.atomic
def restore_built_in_text(*, kind: str, language: str, seen: int, by: User) -> bool:
    """From now on the words that came with the site; False where they are in use already."""
    newest = find_latest_template(kind, language)
    if newest is None or newest.is_built_in:
        return False

    add_template_version(newest, seen, by, kind=kind, language=language, is_built_in=True)

    record_template_change(by, kind, [f"built_in_{language}"])
    return True


def add_template_version(
    newest: MessageTemplate | None, seen: int, by: User, **columns: Any
) -> None:
    """The next row, or ChangedMeanwhile: the unique key decides between two at once."""
    number = newest.version if newest else 0
    if number != seen:
        raise ChangedMeanwhile
    try:
        with transaction.atomic():
            MessageTemplate.objects.create(version=number + 1, made_by=by, **columns)
    except IntegrityError as refused:
        if "message_template_version_once" not in str(refused):
            raise
        raise ChangedMeanwhile from refused


def record_template_change(by: User, kind: str, fields: list[str]) -> None:
    AuditEvent.objects.create(
        type=AuditEvent.Type.TEMPLATE_CHANGED, actor=by, code=kind, fields=fields
    )


def find_latest_template(kind: str, language: str) -> MessageTemplate | None:
    return MessageTemplate.objects.filter(kind=kind, language=language).order_by("-version").first()


def get_template_text(kept: MessageTemplate | None, kind: str, language: str) -> MessageText:
    """The words of this version as text; ours where it has none of its own."""
    if kept is not None and not kept.is_built_in:
        return MessageText(kept.subject, kept.heading, kept.text)
    with translation.override(language):
        ours = catalog.CATALOG[kind].text
        return MessageText(**{part: str(getattr(ours, part)) for part in TEXT_PARTS})


def split_text(words: MessageText) -> dict[str, str]:
    return {part: getattr(words, part) for part in TEXT_PARTS}


def normalize_text(words: MessageText) -> MessageText:
    """One kind of line end, accents and letters in one piece, no blanks around.

    What is too long for its part stays as it is, to be refused: see `faults_of`.
    """
    return MessageText(
        **{part: tidied_part(part, text) for part, text in split_text(words).items()}
    )


def tidied_part(part: str, text: str) -> str:
    text = re.sub(r"\r\n?", "\n", text).strip()
    return text if len(text) > MAX_PART_LENGTHS[part] else unicodedata.normalize("NFC", text)


def find_text_errors(kind: str, words: MessageText, *names: str) -> dict[str, list[str]]:
    """Why these words must not be sent, by part; `names` of the center must not be said."""
    found = {
        part: find_part_errors(kind, part, text, names) for part, text in split_text(words).items()
    }
    return {part: reasons for part, reasons in found.items() if reasons}


def find_part_errors(kind: str, part: str, text: str, names: tuple[str, ...]) -> list[str]:
    """In plain words, what to change in this part."""
    if not text.strip():
        return [_("Write something here.")]
    if len(text) > MAX_PART_LENGTHS[part]:
        # Nothing below is asked of it: normalizing takes the square of its length.
        most = {"most": MAX_PART_LENGTHS[part], "n": len(text)}
        return [_("Use at most %(most)s letters; this has %(n)s.") % most]
    # As it would be read: letters that only look different are the same.
    read = unicodedata.normalize("NFKC", text)
    found = []
    if has_invisible_characters(text, may_break=part == "text"):
        found.append(
            _("Take out what cannot be seen, such as invisible characters.")
            if part == "text"
            else _("Write it in one line, without invisible characters.")
        )
    if telling := disclosure.find_revealing_words(
        " ".join(read.split()), *names
    ) or find_disguised_revealing_words(read, *names):
        words = {"words": ", ".join(dict.fromkeys(f"“{word}”" for word in telling))}
        found.append(_("Others may see this email. Leave out %(words)s.") % words)
    if LINK_PATTERN.search(read) or MARKUP_PATTERN.search(read):
        found.append(
            _("Leave out links, addresses, and the signs < > @. Each email has its own buttons.")
        )
    return found + find_placeholder_errors(kind, text)


def find_disguised_revealing_words(text: str, *names: str) -> list[str]:
    """Telling words that marks over or through the letters would hide from us, not from readers."""
    apart = unicodedata.normalize("NFKD", text)
    bare = "".join(each for each in apart if unicodedata.category(each) != "Mn")
    return disclosure.find_revealing_words(" ".join(bare.split()), *names)


def find_placeholder_errors(kind: str, text: str) -> list[str]:
    unknown = [f"{{{name}}}" for name in find_unknown_placeholders(kind, text)]
    if unknown:
        words = {"names": ", ".join(dict.fromkeys(unknown))}
        return [_("This email cannot fill in %(names)s. Use those in the list.") % words]
    if BRACES_PATTERN.search(placeholders.PLACEHOLDER_PATTERN.sub("", text)):
        return [_("The signs { and } only go around a placeholder, such as {line}.")]
    return []


def has_invisible_characters(text: str, *, may_break: bool) -> bool:
    """Whether it holds characters that nobody sees, or breaks a line where there is one."""
    allowed = {"\n"} if may_break else set()
    hidden = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    return any(unicodedata.category(each) in hidden and each not in allowed for each in text)


@dataclass(frozen=True)
class TemplateInUse:
    """Whose words one email is sent with in one language."""

    language: str
    template: MessageTemplate | None
    is_custom: bool
    # Kept, but passed over: the center's name or our list has changed since.
    revealing_words: list[str]


def find_template_in_use(kept: MessageTemplate | None, language: str, *names: str) -> TemplateInUse:
    if kept is None or kept.is_built_in:
        return TemplateInUse(language, kept, is_custom=False, revealing_words=[])
    telling = disclosure.find_revealing_words(
        f"{kept.subject}\n{kept.heading}\n{kept.text}", *names
    )
    return TemplateInUse(language, kept, is_custom=not telling, revealing_words=telling)


@dataclass(frozen=True)
class TemplateVersion:
    """One version, its words, and what it changed in those before it."""

    template: MessageTemplate
    words: MessageText
    changes: dict[str, list[tuple[str, str]]]
    is_newest: bool


def list_template_versions(kind: str, language: str, *, most: int = 20) -> list[TemplateVersion]:
    """The newest first, each compared with the one before it."""
    rows = list(
        MessageTemplate.objects.filter(kind=kind, language=language)
        .select_related("made_by")
        .order_by("-version")[: most + 1]
    )
    before = [*rows[1:], None][: len(rows)]
    return [
        TemplateVersion(
            row,
            get_template_text(row, kind, language),
            diff_templates(last, row, kind, language),
            row is rows[0],
        )
        for row, last in zip(rows, before, strict=True)
    ][:most]


def diff_templates(
    last: MessageTemplate | None, row: MessageTemplate, kind: str, language: str
) -> dict:
    old, new = (get_template_text(each, kind, language) for each in (last, row))
    return {part: diff_words(getattr(old, part), getattr(new, part)) for part in TEXT_PARTS}


def find_editable_kind(name: str) -> Kind | None:
    """The kind of this name whose words may be changed, or None."""
    return Kind(name) if name in list_editable_kinds() else None


def find_unknown_placeholders(kind: str, text: str) -> list[str]:
    """Those in the text that nothing would fill, in order."""
    known = catalog.list_placeholders(kind)
    return [name for name in placeholders.PLACEHOLDER_PATTERN.findall(text) if name not in known]


def find_current_text(kind: str, language: str, *names: str) -> MessageText:
    """The director's words where there are any that tell nothing, else ours in this language."""
    kept = MessageTemplate.objects.newest(kind=kind, language=language)
    if kept is None:
        return get_built_in_text(kind)
    said = f"{kept.subject}\n{kept.heading}\n{kept.text}"
    if disclosure.find_revealing_words(said, *names):
        return get_built_in_text(kind)
    return MessageText(kept.subject, kept.heading, kept.text, f"own {kept.version} {language}")


def get_built_in_text(kind: str) -> MessageText:
    words = catalog.CATALOG[kind].text
    return MessageText(words.subject, words.heading, words.text, f"ours {hash_built_in_text(kind)}")


@cache
def hash_built_in_text(kind: str) -> str:
    """Changes with our words, so that the ledger says which were sent."""
    words = catalog.CATALOG[kind].text
    with translation.override("en"):
        said = "\n".join(map(str, (words.subject, words.heading, words.text)))
    return hashlib.sha256(said.encode()).hexdigest()[:8]
