"""The tables of mutants name guards and tests that are there."""

import re
from collections import Counter
from pathlib import Path

import pytest

from mutants.tables import MUTANTS

ROOT = Path(__file__).resolve().parents[2]
KINDS = {
    "CSRF", "alarm", "append-only", "audit", "backup", "claim", "constraint", "encryption",
    "escape", "four eyes", "header", "idempotency", "limit", "lock", "lookup", "outside",
    "phone line", "production", "role check", "session hash", "shared work", "suppression",
    "sweep", "token hash", "undo",
}  # fmt: skip
named = pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)


@named
def test_guard_stands_where_the_table_says(mutant):
    text = (ROOT / mutant.path).read_text()

    assert mutant.apply_to(text) != text


@named
def test_tests_that_must_catch_it_are_there(mutant):
    missing = [
        test
        for test in mutant.test_ids
        for file, _, name in [test.partition("::")]
        if not re.search(rf"^def {name}\(", (ROOT / file).read_text(), re.MULTILINE)
    ]

    assert (missing, len(mutant.tests) > 0) == ([], True)


def test_every_kind_of_guard_is_taken_away():
    assert {each.kind for each in MUTANTS} == KINDS


def test_no_two_have_one_name():
    assert [
        name for name, times in Counter(each.name for each in MUTANTS).items() if times > 1
    ] == []
