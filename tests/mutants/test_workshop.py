"""What is asked of a mutant, and how the answer is read."""

import pytest

from mutants import workshop
from mutants.mutant import Mutant
from mutants.workshop import Verdict, Workshop, read_outcome

GUARDED = "def refuse(text):\n    if '<' in text:\n        raise ValueError\n"
TEST = """
import pytest
from app.migrations.guard import refuse

def test_refuses():
    with pytest.raises(ValueError):
        refuse("<")

def test_is_callable():
    refuse("")
"""


CONFTEST = """
def pytest_addoption(parser):
    parser.addoption("--create-db", action="store_true")
"""


def mutant(test, new="    if False:\n"):
    old = "    if '<' in text:\n"
    # What migrations hold is tried on a database of its own: here on none.
    return Mutant("markup is refused", "escape", "app/migrations/guard.py", old, new, (test,))


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """A project of one guard and its tests, copied as ours is."""
    project = tmp_path / "project"
    (project / "tests").mkdir(parents=True)
    (project / "app/migrations").mkdir(parents=True)
    (project / "app/migrations/guard.py").write_text(GUARDED)
    (project / "conftest.py").write_text(CONFTEST)
    (project / "tests/test_guard.py").write_text(TEST)
    (project / "pytest.ini").write_text("[pytest]\npythonpath = .\naddopts = -p no:django\n")
    monkeypatch.setattr(workshop, "ROOT", project)
    return Workshop(tmp_path, 0)


def test_guard_that_a_test_misses_is_killed(shop):
    assert shop.judge(mutant("test_guard.py::test_refuses")) is Verdict.KILLED


def test_guard_that_no_test_misses_survives(shop):
    assert shop.judge(mutant("test_guard.py::test_is_callable")) is Verdict.SURVIVED


def test_tests_that_do_not_run_prove_nothing(shop):
    assert shop.judge(mutant("test_guard.py::test_refuses", new="    if (\n")) is Verdict.BROKEN


def test_file_is_put_back_as_it_was(shop):
    path = shop.folder / "app/migrations/guard.py"
    seen = path.stat().st_mtime_ns

    shop.judge(mutant("test_guard.py::test_refuses"))

    assert (path.read_text(), path.stat().st_mtime_ns) == (GUARDED, seen)


@pytest.mark.parametrize("text", ["", GUARDED * 2])
def test_guard_that_is_not_there_once_is_an_error(text):
    with pytest.raises(ValueError, match="holds this"):
        mutant("test_guard.py::test_refuses").apply_to(text)


@pytest.mark.parametrize(
    ("code", "said", "verdict"),
    [
        (0, "2 passed", Verdict.SURVIVED),
        (1, "FAILED tests/test_guard.py::test_refuses", Verdict.KILLED),
        (1, "ERROR tests/test_guard.py::test_refuses", Verdict.BROKEN),
        (5, "no tests ran", Verdict.BROKEN),
    ],
)
def test_outcome_is_read_from_the_code_and_what_failed(code, said, verdict):
    assert read_outcome(code, said) is verdict
