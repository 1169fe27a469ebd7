"""What is installed: pyproject.toml says why, uv.lock says what, four files say it to pip."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
GROUPS = PROJECT["dependency-groups"]
REQUIREMENTS = (
    "requirements.txt", "requirements-sentry.txt",
    "requirements-laptop.txt", "requirements-dev.txt",
)  # fmt: skip
DEPENDENCY = re.compile(r'  "(?P<name>[a-z0-9-]+)\b[^"]*",(?P<reason>.*)')
PACKAGES = ("admissions", "programs", "recovery_site", "users")


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def named(requirements):
    """The names of the packages that a list of requirements asks for."""
    texts = [each for each in requirements if isinstance(each, str)]
    return {canonical(re.match(r"[\w.-]+", text)[0]) for text in texts}


def pinned(file):
    """The names of the packages that a file pins."""
    return {
        canonical(name) for name in re.findall(r"^([\w.-]+)==", (ROOT / file).read_text(), re.M)
    }


def dependency_lines():
    """The lines of pyproject.toml that name a package of ours, however they are grouped."""
    text = (ROOT / "pyproject.toml").read_text()
    begun, ended = text.index("\ndependencies = ["), text.index("\n[tool.ruff]")
    lines = text[begun:ended].splitlines()
    return [line for line in lines if line.strip().startswith('"')]


def test_every_direct_dependency_stands_on_a_line_of_its_own():
    asked = [PROJECT["project"]["dependencies"], *GROUPS.values()]
    asked.append(PROJECT["tool"]["uv"]["constraint-dependencies"])

    on_lines = {DEPENDENCY.fullmatch(line)["name"] for line in dependency_lines()}

    assert on_lines == set().union(*map(named, asked))


@pytest.mark.parametrize("line", dependency_lines(), ids=lambda line: line.split('"')[1])
def test_every_direct_dependency_has_its_reason(line):
    assert re.fullmatch(r" # \w[^#]{10,}", DEPENDENCY.fullmatch(line)["reason"])


def test_lock_and_files_agree_with_the_project(tmp_path):
    """Without a network: what `make lock` would write anew is what is there."""
    for name in ("pyproject.toml", "uv.lock"):
        shutil.copy(ROOT / name, tmp_path)

    subprocess.run(
        [ROOT / ".ci" / "lock", "--check", "--offline"],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "UV": str(Path(sys.executable).with_name("uv"))}
        | {"UV_PYTHON": sys.executable, "UV_CACHE_DIR": str(tmp_path / "cache")},
        check=True,
        timeout=60,
    )

    assert {
        name for name in REQUIREMENTS if (tmp_path / name).read_text() != (ROOT / name).read_text()
    } == set()


@pytest.mark.parametrize("file", REQUIREMENTS)
@pytest.mark.security(105)
def test_every_pin_has_its_hashes(file):
    pins = re.split(r"^(?=\w)", (ROOT / file).read_text(), flags=re.M)[1:]

    assert [
        pin for pin in pins if not re.match(r"[\w.-]+==\S+ .*\\\n    --hash=sha256:", pin)
    ] == []


def test_lock_names_the_public_index_alone():
    lock = (ROOT / "uv.lock").read_text()

    hosts = set(re.findall(r"https?://([^/\"]+)", lock))

    assert hosts == {"pypi.org", "files.pythonhosted.org"}
    assert set(re.findall(r"registry = \"([^\"]+)\"", lock)) == {"https://pypi.org/simple"}


# Production


def test_production_installs_nothing_that_only_a_laptop_or_a_check_needs():
    only_here = named(GROUPS["laptop"]) | named(GROUPS["test"]) | named(GROUPS["lint"])

    assert pinned("requirements.txt") & (only_here | named(GROUPS["dev"])) == set()


def imported_packages(path):
    """The top names that a file imports when it runs, from elsewhere than here."""
    tree = ast.parse(path.read_text())
    only_for_types = {
        each
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for each in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in only_for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        if isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.partition(".")[0]


def test_production_imports_only_what_it_names():
    """recovery_site/dev runs on laptops alone; the rest may lean on nothing that came by chance."""
    sources = packages_distributions()
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    own = [path for path in files if "dev" not in path.relative_to(ROOT).parts]

    used = {name: path for path in own for name in imported_packages(path)}

    elsewhere = used.keys() - sys.stdlib_module_names - set(PACKAGES)
    known = named(PROJECT["project"]["dependencies"])
    unnamed = {name for name in elsewhere if not {*map(canonical, sources[name])} & known}
    assert {name: str(used[name]) for name in unnamed} == {}
