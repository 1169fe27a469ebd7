"""The rules of this house that a reader would not find by running it."""

import ast
import re
from pathlib import Path

import pytest
from django.urls import URLPattern

from admissions.public import urls as public_urls
from programs import urls as programs_urls

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("admissions", "programs", "recovery_site", "users")

# Views that show no page of their own: they send on, hand out a file or answer robots.
PAGELESS = {
    "answer_offer",
    "articles_feed",
    "calendar_file",
    "call_now",
    "contact_card",
    "finish",
    "join_waitlist",
    "undo_move",
    "withdraw_callback",
    "confirm_attendance",
    "leave_waitlist",
    "open_manage_link",
    "open_unsubscribe_link",
    "open_times",
    "robots",
    "sitemap",
    "stop_emails",
    "continue_from_guide",
}
# Pages that another view shows in place of its own.
SHOWN_INSTEAD = {
    "already_booked": "details",
    "already_received": "details",
    "known_booking": "details",
    "known_call": "request_callback",
    "visit_closed": "manage",
}

# What services call within their own transaction, and what only reads.
WITHIN_A_TRANSACTION = {
    "assign_unowned",
    "grant_again",
    "restore_rows",
    "cancel_standing_consultation",
    "claim_by_work",
    "close_privacy_request",
    "record_cancellation",
    "record_event",
    "revoke_consent",
    "schedule_consultation",
    "start_waiting",
    "stop_contact",
}

REASON = re.compile(r"#\s*(noqa: S\d+\s+|exempt: )\S+ \S+")


def modules(*rooms):
    """The room's own Python files, but not its migrations."""
    return [
        path
        for room in rooms
        for path in sorted((ROOT / room).rglob("*.py"))
        if "migrations" not in path.relative_to(ROOT).parts
    ]


def named(path):
    return str(path.relative_to(ROOT))


def tree(path):
    return ast.parse(path.read_text())


def imported(path):
    """Every name that the file imports, as a full dotted path."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    found = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            source = ".".join([*base, *filter(None, [node.module])])
            found += [f"{source}.{alias.name}" for alias in node.names]
    return found


# Rooms: import-linter holds their layers, see pyproject.toml


@pytest.mark.parametrize("path", sorted((ROOT / "templates/programs").rglob("*.*")), ids=named)
def test_templates_of_programs_load_no_tag_of_admissions(path):
    loaded = re.findall(r"{% load ([^%]*)%}", path.read_text())

    assert [tags for tags in loaded if "admissions" in tags] == []


@pytest.mark.parametrize(
    "folder",
    sorted({path.parent for path in modules(*PACKAGES, "bench", "tests")}),
    ids=named,
)
def test_folders_hold_at_most_twenty_modules(folder):
    assert len(list(folder.glob("*.py"))) <= 20


@pytest.mark.parametrize("path", modules(*PACKAGES, "bench"), ids=named)
def test_modules_stop_at_320_lines(path):
    assert len(path.read_text().splitlines()) <= 320


def test_no_file_is_a_drawer_for_everything():
    drawers = {"utils", "helpers", "core", "common", "misc", "base", "signals"}

    assert [named(path) for path in modules(*PACKAGES) if path.stem in drawers] == []


@pytest.mark.parametrize("path", modules(*PACKAGES), ids=named)
def test_functions_stop_at_forty_lines(path):
    """One that is a single statement, such as a form's layout, may be longer."""
    longer = [
        node.name
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno + 1 > 40
        and len(node.body) > 1
    ]

    assert longer == []


# One door

SERVICES = [
    ROOT / "admissions" / f"{name}.py"
    for name in (
        "booking/by_staff",
        "booking/callbacks",
        "booking/consultations",
        "booking/corrections",
        "booking/lookups",
        "booking/waitlist",
        "privacy/deletion",
        "privacy/disclosures",
        "privacy/holds",
        "privacy/privacy_requests",
        "privacy/revocation",
        "privacy/schedule",
        "triage/alarms",
        "triage/cancellations",
        "triage/contact_attempts",
        "triage/escalation",
        "triage/notes",
        "triage/outcomes",
        "triage/ownership",
        "triage/rota",
        "triage/snoozing",
        "undo/steps",
        "undo/undoing",
    )
]


@pytest.mark.parametrize("path", SERVICES, ids=named)
def test_services_take_keywords_only_and_are_one_transaction(path):
    """A service is what the module offers to the rooms above: it has `key` or `by`."""
    services = [
        node
        for node in tree(path).body
        if isinstance(node, ast.FunctionDef)
        and {"key", "by"} & {each.arg for each in node.args.kwonlyargs}
        and node.name not in WITHIN_A_TRANSACTION
        and not node.name.startswith("check_")
    ]

    bad = [
        node.name
        for node in services
        if node.args.args
        or "transaction.atomic" not in [ast.unparse(each) for each in node.decorator_list]
    ]

    assert bad == []


def test_stages_and_statuses_change_behind_one_door():
    moving = {
        named(path)
        for path in modules("admissions")
        if any(
            isinstance(node, ast.Attribute) and node.attr == "move_to"
            for node in ast.walk(tree(path))
        )
    }

    assert moving == {
        "admissions/booking/absences.py",
        "admissions/booking/consultations.py",
        "admissions/care/assessments.py",
        "admissions/care/recommendations.py",
        "admissions/scheduling/assignment.py",
        "admissions/triage/cancellations.py",
        "admissions/triage/contact_attempts.py",
        "admissions/triage/duplicates.py",
        "admissions/triage/outcomes.py",
    }


# Pages


def pages(urls):
    """The named addresses of one room: {name: view function}."""
    return {each.name: each.callback for each in urls.urlpatterns if isinstance(each, URLPattern)}


def shown(room):
    """The templates that the room's views draw."""
    views = {"admissions": "admissions/public/views", "programs": "programs"}[room]
    return {
        node.value.removesuffix(".html").removeprefix(f"{room}/")
        for path in modules(views)
        if "views" in path.relative_to(ROOT).with_suffix("").parts
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(rf"{room}/\w+\.html", node.value)
    }


def whole_pages(room):
    """The room's templates that are neither parts nor frames."""
    names = {path.stem for path in (ROOT / "templates" / room).glob("*.html")}
    return {name for name in names if not name.startswith("_") and name != "base"}


@pytest.mark.parametrize("urls", [public_urls, programs_urls], ids=["admissions", "programs"])
def test_view_and_address_share_one_name(urls):
    assert [name for name, view in pages(urls).items() if view.__name__ != name] == []


@pytest.mark.parametrize("urls", [public_urls, programs_urls], ids=["admissions", "programs"])
def test_every_page_has_the_template_of_its_name(urls):
    room = urls.app_name

    own = set(pages(urls)) - PAGELESS

    assert own == whole_pages(room) - set(SHOWN_INSTEAD)


@pytest.mark.parametrize("room", ["admissions", "programs"])
def test_every_template_of_a_page_is_drawn(room):
    assert shown(room) == whole_pages(room)


def test_pages_shown_in_place_of_another_are_of_known_views():
    assert set(SHOWN_INSTEAD.values()) <= set(pages(public_urls))


def test_list_of_views_without_a_page_names_only_views():
    known = set(pages(public_urls)) | set(pages(programs_urls))

    assert known >= PAGELESS


# The database and the pages keep their guards


@pytest.mark.parametrize(
    "path",
    [path for room in PACKAGES for path in (ROOT / room).rglob("migrations/*.py")],
    ids=named,
)
def test_migrations_import_no_code_of_ours(path):
    assert [name for name in imported(path) if name.split(".")[0] in PACKAGES] == []


@pytest.mark.parametrize("path", modules(*PACKAGES), ids=named)
@pytest.mark.security(110)
def test_python_marks_nothing_safe_and_exempts_nothing_without_a_reason(path):
    bare = [
        line.strip()
        for line in path.read_text().splitlines()
        if re.search(r"\b(mark_safe|csrf_exempt|SafeString)\(|@csrf_exempt|\.raw\(|\.extra\(", line)
        and not REASON.search(line)
    ]

    assert bare == []


@pytest.mark.security(53, 110)
def test_templates_escape_everything_but_plain_text():
    unescaped = {
        named(path)
        for path in (ROOT / "templates").rglob("*.*")
        if re.search(r"\|\s*safe\b|autoescape off|\|\s*safeseq", path.read_text())
    }

    assert {name for name in unescaped if not name.endswith(".txt")} == set()


@pytest.mark.security(110)
def test_templates_hold_no_script_or_style_that_the_browser_would_refuse():
    inline = {
        named(path)
        for path in (ROOT / "templates").rglob("*.html")
        if "emails" not in path.parts
        and re.search(r"<script(?![^>]*\bsrc=)|<style\b|\son\w+=|\sstyle=", path.read_text())
    }

    assert inline == set()


@pytest.mark.parametrize("path", modules(*PACKAGES), ids=named)
def test_layouts_of_forms_are_objects_and_hold_no_html(path):
    """A string of HTML can open a tag that another has to close."""
    names = {name.rpartition(".")[2] for name in imported(path) if name.startswith("crispy_forms.")}

    assert names & {"HTML", "layout"} == set()


def test_fields_are_drawn_by_the_template_pack_alone():
    """Signing in has its own pages, and two headers a search box."""
    by_django = re.compile(r"\.(as_(field_group|div|p|table|ul)|(label|legend)_tag)\b")
    drawn_otherwise = {
        named(path)
        for path in (ROOT / "templates").rglob("*.html")
        if by_django.search(path.read_text())
    }

    assert drawn_otherwise == {
        "templates/admin/_form_field.html",
        "templates/admin/admissions/auditevent/list.html",
    }


@pytest.mark.parametrize("path", sorted((ROOT / "static").glob("*.css")), ids=named)
def test_every_block_of_a_stylesheet_is_closed(path):
    """One that is left open hides all the rules below it."""
    text = path.read_text()

    assert text.count("{") == text.count("}")


def test_every_fault_is_proven():
    """The proofs are imported for pytest alone, so that a tool that tidies may take them out."""
    cases = [
        path for path in (ROOT / "tests/faults").glob("*.py") if "\nCASES = " in path.read_text()
    ]

    unproven = [
        named(path)
        for path in cases
        if not re.search("import.*test_promise_holds", path.read_text())
    ]
    assert (len(cases), unproven) == (3, [])
