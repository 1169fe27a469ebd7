"""A change of a crisis line: what one person asks, with every language, and another approves.

Postgres refuses what is not approved of 911 and 988, whoever writes it.
"""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed
from programs.models import FALLBACK_LANGUAGE, CrisisLine, CrisisLineChange, Translation
from programs.translatable_fields import TRANSLATABLE_FIELDS, has_words
from users.models import User

Type, Outcome = AuditEvent.Type, CrisisLineChange.Outcome
ASK, DECIDE = "programs.change_crisisline", "programs.decide_crisislinechange"
SPOKEN = TRANSLATABLE_FIELDS[CrisisLine]
OTHER_LANGUAGES = [code for code, _name in settings.LANGUAGES if code != FALLBACK_LANGUAGE]
# By language, the words for each English line.
Words = dict[str, dict[str, str]]


@transaction.atomic
def ask(
    *, by: User, line_id: int | None, values: dict[str, Any], translations: Words
) -> CrisisLineChange | None:
    """Have a second person decide about these columns of a line, or about a new one; None if
    nothing would change. What was asked of the line before is void.

    Raise ActionNotAllowed where a language lacks words, or if this is not for `by` to ask.
    """
    if not by.has_perm(ASK):
        raise ActionNotAllowed(_("You may not ask for that."))
    line = CrisisLine.objects.select_for_update().get(pk=line_id) if line_id else CrisisLine()
    columns = {
        name: new for name, new in values.items() if not line_id or getattr(line, name) != new
    }
    spoken = {name: columns.get(name, getattr(line, name)) for name in SPOKEN}
    words = check_words([each for each in spoken.values() if has_words(each)], translations)
    if not columns and not changes_words(words):
        return None

    if line_id:
        older = CrisisLineChange.objects.filter(line=line, outcome="")
        older.update(outcome=Outcome.REPLACED, decided_at=timezone.now())
    change = CrisisLineChange.objects.create(
        line=line if line_id else None, columns=columns, translations=words, asked_by=by
    )

    record(Type.CHANGE_ASKED, change, by)
    return change


@transaction.atomic
def approve(*, change_id: int, by: User) -> CrisisLine:
    """Make the change; raise ActionNotAllowed if it waits no more, or `by` asked for it."""
    change = lock_waiting(change_id, by=by)

    # First what is asked, then the line: a trigger looks for the approved change.
    settle(change, Outcome.APPROVED, by)
    line = change.line or CrisisLine()
    for name, value in change.columns.items():
        setattr(line, name, value)
    line.save()
    for language, words in change.translations.items():
        for english, text in words.items():
            Translation.objects.update_or_create(
                language=language,
                english=english,
                defaults={"text": text, "translated_from": ""},
            )

    AuditEvent.objects.create(
        type=Type.RECORD_CHANGED if change.line_id else Type.RECORD_ADDED,
        actor=by,
        object_type="crisisline",
        object_id=str(line.pk),
        fields=sorted(change.columns),
        detail={"change": change.pk, "asked_by": change.asked_by_id},
    )
    return line


@transaction.atomic
def decline(*, change_id: int, by: User) -> CrisisLineChange:
    """Leave the line as it is. Raise ActionNotAllowed as `approve` does."""
    change = lock_waiting(change_id, by=by)

    settle(change, Outcome.DECLINED, by)

    record(Type.CHANGE_DECLINED, change, by)
    return change


def check_words(spoken: list[str], translations: Words) -> Words:
    """The words of each other language for what the line says; ActionNotAllowed for a gap."""
    found: Words = {}
    for language in OTHER_LANGUAGES:
        given = translations.get(language, {})
        found[language] = {english: given.get(english, "").strip() for english in spoken}
        if not all(found[language].values()):
            raise ActionNotAllowed(_("A crisis line needs its words in every language."))
    return found


def changes_words(words: Words) -> bool:
    """Whether some words are other than those that visitors read now."""
    return any(
        current_words(language).get(english) != text
        for language, lines in words.items()
        for english, text in lines.items()
    )


def current_words(language: str) -> dict[str, str]:
    rows = Translation.objects.filter(language=language, translated_from="")
    return dict(rows.values_list("english", "text"))


def lock_waiting(change_id: int, *, by: User) -> CrisisLineChange:
    """The change if it waits and `by` may decide it; its line is locked before it, as in `ask`."""
    CrisisLine.objects.select_for_update().filter(changes=change_id).first()
    waiting = CrisisLineChange.objects.select_for_update(of=["self"]).filter(outcome="")
    change = waiting.filter(pk=change_id).first()
    if change is None:
        raise ActionNotAllowed(_("It is decided already, or asked anew."))
    if not may_decide(by, change):
        raise ActionNotAllowed(_("That is for someone else to decide."))
    return change


def may_decide(person: User, change: CrisisLineChange) -> bool:
    return person.has_perm(DECIDE) and person.pk != change.asked_by_id


def count_to_decide(person: User) -> int:
    """How many changes wait for this person."""
    if not person.has_perm(DECIDE):
        return 0
    return CrisisLineChange.objects.filter(outcome="").exclude(asked_by=person).count()


def settle(change: CrisisLineChange, outcome: str, by: User) -> None:
    change.outcome, change.decided_by, change.decided_at = outcome, by, timezone.now()
    change.save(update_fields=["outcome", "decided_by", "decided_at"])


def record(type: str, change: CrisisLineChange, by: User) -> None:
    AuditEvent.objects.create(
        type=type,
        actor=by,
        object_type="crisislinechange",
        object_id=str(change.pk),
        fields=sorted(change.columns),
        detail={"line": change.line_id},
    )
