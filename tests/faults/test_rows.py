"""docs/faults.md says where each fault is tried; what it names is there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "faults.md").read_text()
ROWS = [line.split("|")[1:-1] for line in PAGE.splitlines() if re.match(r"\| \d", line)]
NAMED = re.findall(r"`(tests/[^`:]+)::([^`]+)`", PAGE)


def is_there(path, name):
    """Whether the file has a test of this name, or a case."""
    text = (ROOT / path).read_text()
    return f"def {name}(" in text or f'Case("{name}"' in text


def test_every_fault_has_its_row():
    assert [int(number) for number, *_others in ROWS] == list(range(1, 29))


def test_every_row_says_where_and_against_what():
    assert [row for row in ROWS if not all(cell.strip() for cell in row)] == []


def test_everything_named_is_there():
    assert [f"{path}::{name}" for path, name in NAMED if not is_there(path, name)] == []


def test_name_that_is_nowhere_is_found():
    """The control."""
    assert not is_there("tests/faults/test_programs.py", "Redis moved to the moon")
