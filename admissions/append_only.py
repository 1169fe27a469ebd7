"""Rows that stay: Postgres refuses to change, delete or empty them."""

import pgtrigger

UPDATE_OR_DELETE = pgtrigger.Update | pgtrigger.Delete


def forbid_truncate(name: str) -> pgtrigger.Trigger:
    """Refuses TRUNCATE, which fires no trigger of single rows."""
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        operation=pgtrigger.Truncate,
        func="RAISE EXCEPTION 'rows of % stay', TG_TABLE_NAME;",
    )
