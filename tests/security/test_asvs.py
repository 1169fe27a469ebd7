"""The map of ASVS names chapters, cases, tests and exceptions that there are."""

import re

from . import cases

PAGE = cases.ROOT / "docs" / "asvs.md"
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| (.+?) \| (.+) \|$", re.MULTILINE)
CHAPTERS = 17


def rows():
    return ROW.findall(PAGE.read_text())


def test_every_chapter_is_named_and_no_requirement_twice():
    numbers = [number for number, *_rest in rows()]

    assert len(numbers) == len(set(numbers))
    assert {int(number.partition(".")[0]) for number in numbers} == set(range(1, CHAPTERS + 1))


def test_every_case_test_and_exception_of_the_map_is_there():
    text = PAGE.read_text()
    written = "".join(file.read_text() for file in (cases.ROOT / "tests").rglob("test_*.py"))
    exceptions = (cases.ROOT / "docs" / "security-exceptions.md").read_text()

    assert {int(each) for each in re.findall(r"case (\d+)", text)} <= set(cases.read_page())
    assert [each for each in cases.TEST_NAME.findall(text) if f"def {each}(" not in written] == []
    named = cases.EXCEPTION.findall(text)
    assert [each for each in named if f"### Exception {each}:" not in exceptions] == []


def test_pages_of_security_lead_to_files_that_are_there():
    pages = [*sorted((cases.ROOT / "docs").glob("security*.md")), PAGE]
    links = {
        link for page in pages for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
    }

    assert [link for link in sorted(links) if not (PAGE.parent / link).exists()] == []
