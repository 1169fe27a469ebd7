"""What engineers expect beside the code keeps in step with it."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]


def test_ci_runs_every_check_on_every_python_that_is_named():
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    named = re.findall(r"Programming Language :: Python :: (3\.\d+)", str(PROJECT["classifiers"]))

    job = workflow["jobs"]["test"]

    assert job["strategy"]["matrix"]["python"] == named
    assert job["steps"][-1]["run"] == "make test COVERAGE=yes PYTHON=python"


def test_oldest_python_that_is_named_is_the_oldest_allowed():
    assert PROJECT["requires-python"] == ">=3.11"
    assert "Programming Language :: Python :: 3.11" in PROJECT["classifiers"]
    assert "Programming Language :: Python :: 3.10" not in PROJECT["classifiers"]


@pytest.mark.parametrize(
    "hook", [hook for each in HOOKS for hook in each["hooks"]], ids=lambda hook: hook["id"]
)
def test_hooks_before_a_commit_fetch_nothing(hook):
    assert hook["language"] == "system"
    assert hook["entry"].startswith((".venv/bin/", "make "))


def test_every_hook_is_of_this_repository():
    assert {each["repo"] for each in HOOKS} == {"local"}


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_pages_link_to_files_that_are_there(page):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / page).read_text())

    assert [link for link in links if not (ROOT / link).exists()] == []


def test_license_is_the_one_that_is_named():
    text = (ROOT / "LICENSE").read_text()

    assert PROJECT["license"] == "AGPL-3.0-or-later"
    assert "GNU AFFERO GENERAL PUBLIC LICENSE\n                       Version 3" in text
