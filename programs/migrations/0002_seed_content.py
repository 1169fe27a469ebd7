"""Fills a new database from the content files; never touches a row that exists."""

import tomllib
from pathlib import Path

from django.conf import settings
from django.db import migrations

CONTENT = Path(__file__).resolve().parents[1] / "content"
REVIEW = ("reviewed_by", "reviewed_on")


def load(apps, folder: Path = CONTENT) -> None:
    """Add what is missing, with the models as `apps` knows them."""
    seed_center(apps, facts(folder / "en" / "center.toml"))
    seed_facts(apps, folder / "en")
    for language in sorted(path for path in folder.iterdir() if path.is_dir()):
        seed_texts(apps, language)


def seed_center(apps, center: dict) -> None:
    facility = {"admissions_line": settings.ADMISSIONS_LINE} | center["facility"]
    add(apps, "Facility", {"id": 1}, facility)
    for row in center["location"]:
        add(apps, "Location", {"name": row.pop("name")}, row)
    for row in center["credential"]:
        row["location"] = model(apps, "Location").objects.get(name=row["location"])
        add(apps, "Credential", {"kind": row.pop("kind"), "number": row.pop("number")}, row)
    for row in center["social_link"]:
        add(apps, "SocialLink", {"name": row.pop("name")}, row)


def seed_facts(apps, folder: Path) -> None:
    """Facts that are the same in every language."""
    for row in facts(folder / "crisis_lines.toml")["crisis_line"]:
        add(apps, "CrisisLine", {"slug": row.pop("slug")}, row)
    for row in facts(folder / "levels_of_care.toml")["level_of_care"]:
        add(apps, "LevelOfCare", {"scheme": row.pop("scheme"), "code": row.pop("code")}, row)
    for path in sorted((folder / "programs").glob("*.md")):
        seed_program(apps, path)
    for order, row in enumerate(facts(folder / "comparison.toml")["comparison_row"], 1):
        seed_comparison(apps, row, order)


def seed_program(apps, path: Path) -> None:
    row, _body = document(path)
    schedule = row.pop("schedule")
    row["level_of_care"] = model(apps, "LevelOfCare").objects.get(
        scheme="ASAM4", code=row["level_of_care"]
    )
    program, is_new = add(apps, "Program", {"slug": path.stem}, {"is_published": True} | row)
    if is_new:
        for order, (label, times, activity) in enumerate(schedule, 1):
            line = {"label": label, "times": times, "activity": activity}
            add(apps, "ScheduleRow", {"program": program, "sort_order": order}, line)


def seed_comparison(apps, row: dict, order: int) -> None:
    key = {"slug": row["slug"]}
    row_in_table, _new = add(
        apps, "ComparisonRow", key, {"label": row["label"], "sort_order": order}
    )
    for slug, text in row["cells"].items():
        program = model(apps, "Program").objects.get(slug=slug)
        add(apps, "ComparisonCell", {"row": row_in_table, "program": program}, {"text": text})


def seed_texts(apps, folder: Path) -> None:
    """Long texts of one language, and its translations of short lines."""
    language = {"language": folder.name}
    questions = facts(folder / "questions.toml").get("question", [])
    for order, row in enumerate(questions, 1):
        row |= {"sort_order": order, "is_published": True}
        add(apps, "Question", language | {"slug": row.pop("slug")}, row)
    for path in sorted((folder / "programs").glob("*.md")):
        seed_program_text(apps, language | {"program": path.stem}, path)
    seed_documents(apps, "Article", folder / "articles", language)
    seed_documents(apps, "Page", folder / "pages", language)
    for english, text in facts(folder / "translations.toml").items():
        add(apps, "Translation", language | {"english": english}, {"text": text})


def seed_documents(apps, kind: str, folder: Path, language: dict) -> None:
    for path in sorted(folder.glob("*.md")):
        row, body = document(path)
        row |= {"body": body, "is_published": True}
        add(apps, kind, language | {"slug": path.stem}, row)


def seed_program_text(apps, key: dict, path: Path) -> None:
    """The body of a program's file."""
    facts_of_text, body = document(path)
    row = {"body": body, "is_published": True}
    row |= {name: facts_of_text[name] for name in REVIEW if name in facts_of_text}
    program = model(apps, "Program").objects.get(slug=key["program"])
    add(apps, "ProgramText", key | {"program": program}, row)


def add(apps, name: str, key: dict, row: dict):
    """The row with this key, made if missing; a field that the model lacks is left out.

    The files are of today, the models of this migration's day: what came later is filled by a
    later migration.
    """
    kind = model(apps, name)
    known = {field.name for field in kind._meta.get_fields()}
    defaults = {field: value for field, value in row.items() if field in known}
    found = kind.objects.filter(**key).first()
    return (found, False) if found else (kind.objects.create(**key, **defaults), True)


def model(apps, name: str):
    return apps.get_model("programs", name)


def facts(path: Path) -> dict:
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def document(path: Path) -> tuple[dict, str]:
    """The facts between the `+++` lines, and the Markdown below them."""
    _empty, head, body = path.read_text(encoding="utf-8").split("+++\n", 2)
    return tomllib.loads(head), "\n" + body.strip() + "\n"


def seed(apps, schema_editor):
    load(apps)


class Migration(migrations.Migration):
    dependencies = [("programs", "0001_initial")]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
