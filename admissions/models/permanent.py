"""Rows that stay: Postgres refuses to change, delete or empty them."""

import pgtrigger


def never_emptied(name: str) -> pgtrigger.Trigger:
    """Refuses TRUNCATE, which fires no trigger of single rows."""
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        operation=pgtrigger.Truncate,
        func="RAISE EXCEPTION 'rows of % stay', TG_TABLE_NAME;",
    )
