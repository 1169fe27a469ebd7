"""How the tests are dealt out to processes: what belongs together is never torn apart."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.conftest import CROWDS, LONGEST_FIRST, SITES, group_of

ROOT = Path(__file__).resolve().parents[1]
HOOKS = "from tests.conftest import pytest_collection_finish, pytest_collection_modifyitems\n"
MANY_TESTS = """
import pytest

@pytest.mark.parametrize("number", range(8))
def test_nothing(number):
    pass
"""


def groups(items, folder):
    return {group_of(item) for item in items if item.nodeid.startswith(folder)}


def test_each_group_runs_in_one_process(tmp_path):
    (tmp_path / "conftest.py").write_text(HOOKS)
    for name in "ab":
        (tmp_path / f"test_{name}.py").write_text(MANY_TESTS)
    command = "-m pytest -v -n 2 --dist loadgroup -p no:cacheprovider --rootdir ."

    done = subprocess.run(
        [sys.executable, *command.split()],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    ran = set(re.findall(r"\[(gw\d)\] .*PASSED (test_\w).py::", done.stdout))
    assert sorted(file for _process, file in ran) == ["test_a", "test_b"], done.stdout + done.stderr


def test_files_that_share_a_site_are_one_group(request):
    for site in SITES:
        assert groups(request.session.items, site) <= {site}


def test_crowds_of_all_files_are_one_group(request):
    racing = [item for item in request.session.items if "test_races.py" in item.nodeid]

    assert {group_of(item) for item in racing} <= {CROWDS}


def test_what_takes_longest_begins_first(request):
    last = len(LONGEST_FIRST)

    places = [LONGEST_FIRST.get(group_of(item), last) for item in request.session.items]

    assert places == sorted(places)
