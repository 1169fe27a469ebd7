"""Rows of plain SQL, told apart by the names of their columns."""

from dataclasses import dataclass

import pytest

from admissions.sql_rows import fetch_rows

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Pair:
    first: int
    second: int


def test_columns_in_another_order_fill_the_same_fields():
    rows = fetch_rows(Pair, "SELECT %(two)s AS second, %(one)s AS first", {"one": 1, "two": 2})

    assert rows == [Pair(first=1, second=2)]


@pytest.mark.parametrize("columns", ["1 AS first", "1 AS first, 2 AS second, 3 AS third"])
def test_row_that_lacks_a_column_or_has_another_is_refused(columns):
    with pytest.raises(TypeError):
        fetch_rows(Pair, f"SELECT {columns}", {})


def test_two_columns_of_one_name_are_refused():
    with pytest.raises(TypeError):
        fetch_rows(Pair, "SELECT 1 AS first, 2 AS first", {})
