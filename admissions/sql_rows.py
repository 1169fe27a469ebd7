"""Rows of plain SQL, read by the names of their columns and never by position."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.db import connections

from admissions.read_replica import current_alias

Row = TypeVar("Row")


def fetch_rows(row_type: Callable[..., Row], sql: str, params: Mapping[str, Any]) -> list[Row]:
    """Run one query; return a `row_type` of each row, built from its columns by name."""
    with connections[current_alias()].cursor() as cursor:
        cursor.execute(sql, params)
        names = [column.name for column in cursor.description]
        return [row_type(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]
