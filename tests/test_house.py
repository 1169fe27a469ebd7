"""The rules of this house that a reader would not find by running it."""

import ast
import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.urls import URLPattern

import admissions.urls
import programs.urls

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("admissions", "programs", "staff", "recovery_site")

# Imports run downhill: a module may import those of the lines above its own, and no others.
LAYERS = [
    {"models", "roles", "busy_reader", "failpoints", "live", "charts", "small_cells"},
    {"roster"},
    {"coverage"},
    {
        "availability",
        "care",
        "privacy",
        "calendars",
        "queues",
        "fields",
        "guiding",
        "submissions",
        "outside",
        "looks",
        "seals",
        "footfall",
    },
    {"digest", "wordings", "cadence", "clocks", "search"},
    {"letters", "shortages", "forms", "objections", "promises", "sending"},
    {"times", "messaging", "moments", "busy", "plan_forms"},
    {"rulebook", "samples", "care_state", "dimensions"},
    {"desk"},
    {"care_page"},
    {
        "assignment",
        "cards",
        "timeline",
        "audit_page",
        "calendar_page",
        "closing",
        "deliveries",
        "feeds",
        "narrowing",
        "offers",
        "saved_views",
        "week",
        "outbox_page",
        "own_words",
    },
    {"tasks", "week_scale"},
    {
        "booking",
        "triage",
        "away",
        "outbox",
        "today",
        "troubleshoot",
        "week_page",
        "own_calendars",
    },
    {
        "assessing",
        "waitlist",
        "phone_booking",
        "contact_plan",
        "referring",
        "handling",
        "duplicates",
        "benefits",
        "reports",
    },
    {"recommending", "request_page", "report_tables"},
    {"report_page", "report_file"},
    {"report_desk"},
    {"views", "admin", "templatetags", "management"},
    {"urls", "apps"},
]

# Views that show no page of their own: they send on, hand out a file or answer robots.
PAGELESS = {
    "answer_offer",
    "articles_feed",
    "calendar_file",
    "call_now",
    "finish",
    "join_waitlist",
    "keep",
    "leave_waitlist",
    "open_manage",
    "open_stop",
    "open_times",
    "robots",
    "sitemap",
    "stop_emails",
    "take_guide",
}
# Pages that another view shows in place of its own.
SHOWN_INSTEAD = {"already_booked": "details"}

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


def layer_of(name):
    (layer,) = [number for number, layer in enumerate(LAYERS) if name in layer]
    return layer


def admissions_module(path):
    return path.relative_to(ROOT / "admissions").with_suffix("").parts[0]


ADMISSIONS = [path for path in modules("admissions") if admissions_module(path) != "__init__"]


# Rooms and layers


def test_every_module_of_admissions_has_its_layer():
    known = set().union(*LAYERS)

    assert {admissions_module(path) for path in ADMISSIONS} == known


@pytest.mark.parametrize("path", ADMISSIONS, ids=named)
def test_imports_within_admissions_run_downhill(path):
    mine = admissions_module(path)
    theirs = {name.split(".")[1] for name in imported(path) if name.startswith("admissions.")}

    uphill = {name for name in theirs - {mine} if layer_of(name) >= layer_of(mine)}

    assert uphill == set()


@pytest.mark.parametrize("path", modules("programs"), ids=named)
def test_programs_does_not_know_admissions(path):
    assert [name for name in imported(path) if name.startswith("admissions")] == []


@pytest.mark.parametrize("path", modules("staff"), ids=named)
def test_staff_knows_only_the_models_of_admissions(path):
    known = [name for name in imported(path) if name.startswith(("admissions", "programs"))]

    assert [name for name in known if not name.startswith("admissions.models.")] == []


@pytest.mark.parametrize("path", ADMISSIONS, ids=named)
def test_only_the_desk_knows_how_staff_sign_in(path):
    knows = any(name.split(".")[0] == "staff" for name in imported(path))

    assert not knows or admissions_module(path) in {"admin", "management"}


@pytest.mark.parametrize("path", modules("admissions", "programs", "staff"), ids=named)
def test_no_room_imports_the_frame(path):
    assert [name for name in imported(path) if name.startswith("recovery_site")] == []


@pytest.mark.parametrize("path", modules(*ROOMS), ids=named)
def test_imports_stand_at_the_top(path):
    functions = [
        node
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]

    within = [
        f"{function.name}, line {node.lineno}"
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]

    assert within == []


def test_no_file_is_a_drawer_for_everything():
    drawers = {"utils", "helpers", "core", "common", "misc", "base", "signals"}

    assert [named(path) for path in modules(*ROOMS) if path.stem in drawers] == []


@pytest.mark.parametrize("path", modules(*ROOMS), ids=named)
def test_functions_stop_at_thirty_lines(path):
    """One that is a single statement, such as a form's layout, may be longer."""
    longer = [
        node.name
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno + 1 > 30
        and len(node.body) > 1
    ]

    assert longer == []


# One door


@pytest.mark.parametrize("name", ["booking", "triage", "waitlist"])
def test_services_take_keywords_only_and_are_one_transaction(name):
    """A service is what the module offers to the rooms above: it has `key` or `by`."""
    services = [
        node
        for node in tree(ROOT / "admissions" / f"{name}.py").body
        if isinstance(node, ast.FunctionDef)
        and {"key", "by"} & {each.arg for each in node.args.kwonlyargs}
        and node.name not in {"release_standing", "begin", "schedule", "stop_contact"}
    ]

    bad = [
        node.name
        for node in services
        if node.args.args
        or "transaction.atomic" not in [ast.unparse(each) for each in node.decorator_list]
    ]

    assert (len(services) >= 6, bad) == (True, [])


def test_stages_and_statuses_change_behind_one_door():
    moving = {
        admissions_module(path)
        for path in ADMISSIONS
        if any(
            isinstance(node, ast.Attribute) and node.attr == "move_to"
            for node in ast.walk(tree(path))
        )
    }

    assert moving == {
        "assessing",
        "assignment",
        "away",
        "booking",
        "duplicates",
        "handling",
        "recommending",
        "triage",
    }


# Pages


def pages(urls):
    """The named addresses of one room: {name: view function}."""
    return {each.name: each.callback for each in urls.urlpatterns if isinstance(each, URLPattern)}


def shown(room):
    """The templates that the room's views draw."""
    files = [
        path for path in modules(room) if "views" in path.relative_to(ROOT).with_suffix("").parts
    ]
    return {
        node.value.removesuffix(".html").removeprefix(f"{room}/")
        for path in files
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(rf"{room}/\w+\.html", node.value)
    }


def whole_pages(room):
    """The room's templates that are neither parts nor frames."""
    names = {path.stem for path in (ROOT / "templates" / room).glob("*.html")}
    return {name for name in names if not name.startswith("_") and name != "base"}


@pytest.mark.parametrize("urls", [admissions.urls, programs.urls], ids=["admissions", "programs"])
def test_view_and_address_share_one_name(urls):
    assert [name for name, view in pages(urls).items() if view.__name__ != name] == []


@pytest.mark.parametrize("urls", [admissions.urls, programs.urls], ids=["admissions", "programs"])
def test_every_page_has_the_template_of_its_name(urls):
    room = urls.app_name

    own = set(pages(urls)) - PAGELESS

    assert own == whole_pages(room) - set(SHOWN_INSTEAD)


@pytest.mark.parametrize("room", ["admissions", "programs"])
def test_every_template_of_a_page_is_drawn(room):
    assert shown(room) == whole_pages(room)


def test_pages_shown_in_place_of_another_are_of_known_views():
    assert set(SHOWN_INSTEAD.values()) <= set(pages(admissions.urls))


def test_list_of_views_without_a_page_names_only_views():
    known = set(pages(admissions.urls)) | set(pages(programs.urls))

    assert known >= PAGELESS


# The database and the pages keep their guards


@pytest.mark.django_db
def test_every_change_of_a_model_has_its_migration():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize(
    "path", [path for room in ROOMS for path in (ROOT / room).rglob("migrations/*.py")], ids=named
)
def test_migrations_import_no_code_of_ours(path):
    assert [name for name in imported(path) if name.split(".")[0] in ROOMS] == []


@pytest.mark.parametrize("path", modules(*ROOMS), ids=named)
def test_python_marks_nothing_safe_and_exempts_nothing_without_a_reason(path):
    bare = [
        line.strip()
        for line in path.read_text().splitlines()
        if re.search(r"\b(mark_safe|csrf_exempt|SafeString)\(|@csrf_exempt|\.raw\(|\.extra\(", line)
        and not REASON.search(line)
    ]

    assert bare == []


def test_templates_escape_everything_but_plain_text():
    unescaped = {
        named(path)
        for path in (ROOT / "templates").rglob("*.*")
        if re.search(r"\|\s*safe\b|autoescape off|\|\s*safeseq", path.read_text())
    }

    assert {name for name in unescaped if not name.endswith(".txt")} == set()


def test_templates_hold_no_script_or_style_that_the_browser_would_refuse():
    inline = {
        named(path)
        for path in (ROOT / "templates").rglob("*.html")
        if "emails" not in path.parts
        and re.search(r"<script(?![^>]*\bsrc=)|<style\b|\son\w+=|\sstyle=", path.read_text())
    }

    assert inline == set()


@pytest.mark.parametrize("path", sorted((ROOT / "static").glob("*.css")), ids=named)
def test_every_block_of_a_stylesheet_is_closed(path):
    """One that is left open hides all the rules below it."""
    text = path.read_text()

    assert text.count("{") == text.count("}")
