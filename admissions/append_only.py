"""Rows that stay: Postgres refuses to change, delete or empty them.

The one exception is narrow: once personal data is removed from a request, the texts that were
written about its person may be emptied, and nothing else of these rows changes.
"""

from collections.abc import Sequence
from typing import Any

import pgtrigger

UPDATE_OR_DELETE = pgtrigger.Update | pgtrigger.Delete
PERSON_IS_REMOVED = """EXISTS (
    SELECT 1 FROM admissions_consultationrequest person
    WHERE person.id = {request} AND person.anonymized_at IS NOT NULL
)"""


def forbid_truncate(name: str) -> pgtrigger.Trigger:
    """Refuses TRUNCATE, which fires no trigger of single rows."""
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        operation=pgtrigger.Truncate,
        func="RAISE EXCEPTION 'rows of % stay', TG_TABLE_NAME;",
    )


class PermanentButForTexts(pgtrigger.Protect):
    """Refuses every change of a row, but that `texts` become empty once its person is removed.

    `request` is SQL for the id of the request that a NEW row is about.
    """

    def __init__(
        self, *, texts: Sequence[str], request: str = "NEW.request_id", **options: Any
    ) -> None:
        self.texts, self.request_sql = list(texts), request
        super().__init__(operation=UPDATE_OR_DELETE, **options)

    @property
    def erasable(self) -> list[str]:
        """The columns that a removal changes."""
        return self.texts

    @property
    def linkable(self) -> list[str]:
        """Columns that may be filled in once, after the row was written."""
        return []

    def get_func(self, model: Any) -> str:
        others = ", ".join(f"'{each}'" for each in self.texts)
        return f"""
            IF TG_OP = 'UPDATE' THEN
                IF to_jsonb(NEW) - ARRAY[{others}] = to_jsonb(OLD) - ARRAY[{others}]
                    AND {only_emptied(self.texts)}
                    AND {PERSON_IS_REMOVED.format(request=self.request_sql)}
                THEN
                    RETURN NEW;
                END IF;
            END IF;
            RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;
        """


class PermanentText(pgtrigger.Protect):
    """Refuses a change of this text, but that it becomes empty once its person is removed."""

    def __init__(self, *, text: str, **options: Any) -> None:
        self.text = text
        super().__init__(operation=pgtrigger.UpdateOf(text), **options)

    def get_func(self, model: Any) -> str:
        return f"""
            IF NEW.{self.text} = OLD.{self.text} OR (
                NEW.{self.text} = '' AND {PERSON_IS_REMOVED.format(request="NEW.request_id")}
            ) THEN
                RETURN NEW;
            END IF;
            RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;
        """


def refuse_texts_after_removal(name: str, *texts: str) -> pgtrigger.Trigger:
    """Refuses to write any of these texts about a person who is removed."""
    written = " OR ".join(f"NEW.{each} <> ''" for each in texts)
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        func=f"""
            IF ({written}) AND {PERSON_IS_REMOVED.format(request="NEW.request_id")} THEN
                RAISE EXCEPTION '{name}: personal data of this request was removed';
            END IF;
            RETURN NEW;
        """,
    )


def only_emptied(texts: Sequence[str]) -> str:
    """SQL for: each text is as it was, or empty."""
    return " AND ".join(f"(NEW.{each} = OLD.{each} OR NEW.{each} = '')" for each in texts)
