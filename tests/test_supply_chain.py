"""What others and we bring in: packages with known weaknesses, a bill of materials, no secrets."""

import json
import os
import re
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

ROOT = Path(__file__).resolve().parent.parent
UV = {"UV": str(Path(sys.executable).with_name("uv"))}
NOBODY = "http://127.0.0.1:1/"
# uv would also ask whether a project was withdrawn there.
NO_INDEX = {"UV_DEFAULT_INDEX": NOBODY, "UV_HTTP_CONNECT_TIMEOUT": "1"}
# Keys as clouds, code hosts, payment and mail services write them, and private ones.
SECRETS = (
    "BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|xox[abpr]-[0-9A-Za-z-]{10}"
    "|sk_live_[0-9a-zA-Z]{16}|SG[.][A-Za-z0-9_-]{22}[.]|key-[0-9a-f]{32}|AIza[0-9A-Za-z_-]{35}"
)
NOT_OURS = (":!uv.lock", ":!requirements*.txt")


class Advisories(BaseHTTPRequestHandler):
    """Speaks as osv.dev does; knows of the packages in `weak`."""

    weak: frozenset = frozenset()

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
        known = {"vulns": [{"id": "ZQ-1", "modified": "2026-01-01T00:00:00Z"}]}
        names = [each["package"]["name"] for each in asked]
        self.say({"results": [known if name in self.weak else {} for name in names]})

    def do_GET(self):
        self.say({"id": "ZQ-1", "modified": "2026-01-01T00:00:00Z", "summary": "weak"})

    def say(self, answer):
        text = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_said):
        pass


@pytest.fixture
def advisories(request):
    """The address of a service that knows these packages to be weak."""
    server = HTTPServer(
        ("127.0.0.1", 0), type("Knowing", (Advisories,), {"weak": frozenset(request.param)})
    )
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def audit(service, tmp_path, **environment):
    return subprocess.run(
        [ROOT / ".ci/audit", "--service-url", service],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "VAR": str(tmp_path), "UV_HTTP_RETRIES": "0"}
        | NO_INDEX
        | UV
        | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("advisories", [[]], indirect=True)
def test_audit_passes_where_nothing_is_known(advisories, tmp_path):
    done = audit(advisories, tmp_path)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("advisories", [["django"]], indirect=True)
def test_audit_fails_for_a_weak_package_and_names_it(advisories, tmp_path):
    done = audit(advisories, tmp_path)

    assert done.returncode == 1
    assert re.search(r"^django \S+ has 1 known vulnerability", done.stderr, re.MULTILINE)


@pytest.mark.parametrize(("environment", "code"), [({}, 0), ({"CI": "true"}, 1)])
def test_audit_says_in_one_line_that_nobody_answers(tmp_path, environment, code):
    done = audit(NOBODY, tmp_path, **environment)

    assert done.returncode == code
    assert [line[:30] for line in done.stderr.splitlines()] == ["No advisory service answered, "]


def bill(path):
    subprocess.run(
        [sys.executable, ROOT / ".ci/sbom", path], cwd=ROOT, env=os.environ | UV, check=True
    )
    return path.read_text()


def test_bill_of_materials_lists_what_production_installs_with_its_hashes(tmp_path):
    pins = re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)

    parts = json.loads(bill(tmp_path / "bill.json"))["components"]

    assert sorted((each["name"], each["version"]) for each in parts) == sorted(pins)
    assert [each["name"] for each in parts if not hashes(each)] == []


def hashes(part):
    files = part["externalReferences"]
    return [each["hashes"][0]["content"] for each in files if each["type"] == "distribution"]


def test_bill_of_materials_is_the_same_each_time(tmp_path):
    assert bill(tmp_path / "one.json") == bill(tmp_path / "other.json")


def found_in_history(folder):
    """The commits whose lines look like a key, of all that the folder knows."""
    return subprocess.run(
        ["git", "log", "--all", "-E", f"-G{SECRETS}", "--format=%h", "--", ".", *NOT_OURS],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()


def test_history_holds_no_key():
    """An archive of the files has no history."""
    found = found_in_history(ROOT) if (ROOT / ".git").exists() else []

    assert found == []


def test_key_in_history_is_found_though_it_was_taken_out(tmp_path):
    git = ["git", "-c", "user.name=Jo", "-c", "user.email=jo@example.com"]
    subprocess.run([*git, "init", "-q"], cwd=tmp_path, check=True)
    for text in ("-----BEGIN RSA PRIVATE " + "KEY-----", "nothing"):
        (tmp_path / "key").write_text(text)
        subprocess.run([*git, "add", "key"], cwd=tmp_path, check=True)
        subprocess.run([*git, "commit", "-qm", "Keep it"], cwd=tmp_path, check=True)

    assert len(found_in_history(tmp_path)) == 2
