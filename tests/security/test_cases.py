"""The page of security cases and the marks of tests say the same, and leave nothing open."""

import re
from datetime import date, timedelta

from . import cases

LAST = 110
SIGNED = re.compile(
    r"^### Exception (\d+): .+\n\n(?:.+\n)+?\nSigned (\d{4}-\d\d-\d\d) by the .+?;"
    r" review by (\d{4}-\d\d-\d\d)\.$",
    re.MULTILINE,
)
EXCEPTIONS_PAGE = cases.ROOT / "docs" / "security-exceptions.md"


def test_page_has_every_case_once():
    numbers = [int(number) for number, *_rest in cases.ROW.findall(cases.PAGE.read_text())]

    assert numbers == list(range(1, LAST + 1))


def test_every_case_has_a_test_or_a_signed_exception():
    signed = {int(number) for number, *_days in SIGNED.findall(EXCEPTIONS_PAGE.read_text())}

    bare = [
        number
        for number, case in cases.read_page().items()
        if not case.tests and not case.exceptions & signed
    ]
    assert bare == []


def test_page_names_the_tests_that_are_marked_and_no_others():
    told = {number: case.tests for number, case in cases.read_page().items() if case.tests}

    assert told == cases.read_marks()


def test_every_exception_is_signed_named_and_in_date():
    text = EXCEPTIONS_PAGE.read_text()
    signed = {int(number): (on, until) for number, on, until in SIGNED.findall(text)}
    written = {int(number) for number in re.findall(r"^### Exception (\d+)", text, re.MULTILINE)}
    named = set().union(*(case.exceptions for case in cases.read_page().values()))

    assert set(signed) == written
    assert named <= written
    days = [tuple(map(date.fromisoformat, each)) for each in signed.values()]
    assert [on for on, until in days if not on < until <= on + timedelta(days=366)] == []
