"""Which tests prove which case, read from the marks `security` of the tests themselves."""

import ast
import re
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "security-cases.md"
ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.*?) \|$", re.MULTILINE)
TEST_NAME = re.compile(r"`(test_\w+)`")
EXCEPTION = re.compile(r"\[Exception (\d+)\]")


class Case(NamedTuple):
    """One row of the page: what must hold, the tests and the exceptions that it names."""

    text: str
    tests: set[str]
    exceptions: set[int]


def read_page() -> dict[int, Case]:
    return {
        int(number): Case(
            text, set(TEST_NAME.findall(held)), set(map(int, EXCEPTION.findall(held)))
        )
        for number, text, held in ROW.findall(PAGE.read_text())
    }


def read_marks() -> dict[int, set[str]]:
    """Number of a case to the names of the tests that are marked with it."""
    found = defaultdict(set)
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef):
                for number in numbers_of(node):
                    found[number].add(node.name)
    return dict(found)


def numbers_of(test: ast.FunctionDef) -> list[int]:
    return [
        argument.value
        for mark in test.decorator_list
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.security"
        for argument in mark.args
        if isinstance(argument, ast.Constant)
    ]
