"""What a migration locks while people read and book; docs/migrations.md has a line for each.

Rows of a table that the same migration makes are nobody's yet: what is done to those counts for
nothing.
"""

import re
from pathlib import Path

import pytest
from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    CreateExtension,
)
from django.db import models
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

PAGE = Path(__file__).resolve().parent.parent / "docs/migrations.md"
OURS = ("accounts", "admissions", "programs", "users")
# What keeps nobody waiting for long, and what changes no table at all.
HARMLESS = (
    AddConstraintNotValid, AddIndexConcurrently, CreateExtension, operations.CreateModel,
    operations.AlterModelOptions, operations.AlterModelManagers, operations.RemoveConstraint,
    operations.RemoveIndex,
)  # fmt: skip
PLAIN = {
    operations.AddIndex: "index",
    operations.RemoveField: "removal",
    operations.DeleteModel: "removal",
    operations.RenameField: "rename",
    operations.RenameModel: "rename",
    operations.AlterModelTable: "rename",
    operations.AlterUniqueTogether: "unique",
    operations.RunSQL: "own statements",
    operations.RunPython: "own statements",
}


def find_locks(migration, state):
    """What this migration does to tables that were there before, and the state after it."""
    made, found = set(), set()
    for each in migration.operations:
        model = (getattr(each, "model_name", None) or getattr(each, "name", "")).lower()
        if isinstance(each, operations.CreateModel):
            made.add(model)
        elif model not in made and not isinstance(each, HARMLESS):
            found |= set(kinds_of(each, state, migration.app_label))
        each.state_forwards(migration.app_label, state)
    return found


def kinds_of(operation, state, app):
    if isinstance(operation, operations.AddConstraint):
        is_check = isinstance(operation.constraint, models.CheckConstraint)
        yield "check" if is_check else "unique"
    elif isinstance(operation, operations.AlterField):
        before = state.models[app, operation.model_name_lower].fields[operation.name]
        yield from kinds_of_change(before, operation.field)
    elif isinstance(operation, operations.AddField):
        yield from kinds_of_field(operation.field)
    elif isinstance(operation, tuple(PLAIN)):
        yield next(kind for known, kind in PLAIN.items() if isinstance(operation, known))
    elif not type(operation).__module__.startswith("pgtrigger."):
        yield "unknown"


def kinds_of_field(field):
    if field.remote_field and field.db_constraint:
        yield "foreign key"
    if field.unique:
        yield "unique"
    elif field.db_index:
        yield "index"


def kinds_of_change(before, after):
    is_shorter = (after.max_length or 0) < (before.max_length or 0)
    if before.get_internal_type() != after.get_internal_type() or is_shorter:
        yield "type"
    if before.null and not after.null:
        yield "not null"
    yield from set(kinds_of_field(after)) - set(kinds_of_field(before))


def named_on_the_page():
    """Kinds by migration, as the table of the page has them."""
    rows = re.findall(r"^\| `(\w+)/(\w+)` \| ([^|]+) \|", PAGE.read_text(), re.MULTILINE)
    return {(app, name): set(kinds.strip().split(", ")) for app, name, kinds in rows}


def test_each_migration_that_locks_what_is_there_is_named_with_what_it_does():
    loader = MigrationLoader(None, replace_migrations=False)
    state, found = ProjectState(), {}
    for app, name in loader.graph._generate_plan(loader.graph.leaf_nodes(), True):
        migration = loader.graph.nodes[app, name]
        if app in OURS:
            found[app, name] = find_locks(migration, state)
        else:
            state = migration.mutate_state(state, preserve=False)

    assert {each: kinds for each, kinds in found.items() if kinds} == named_on_the_page()


def text(**options):
    return models.CharField(**{"max_length": 20} | options)


@pytest.mark.parametrize(
    ("kinds", "operation"),
    [
        ({"index"}, operations.AddIndex("thing", models.Index(fields=["a"], name="x"))),
        ({"check"}, operations.AddConstraint(
            "thing", models.CheckConstraint(condition=models.Q(a="1"), name="x"))),
        ({"unique"}, operations.AddConstraint(
            "thing", models.UniqueConstraint(fields=["a"], name="x"))),
        ({"foreign key", "index"}, operations.AddField(
            "thing", "b", models.ForeignKey("app.Thing", models.CASCADE, null=True))),
        ({"type"}, operations.AlterField("thing", "a", models.TextField(null=True))),
        ({"type"}, operations.AlterField("thing", "a", text(null=True, max_length=5))),
        ({"not null"}, operations.AlterField("thing", "a", text())),
        ({"unique"}, operations.AlterField("thing", "a", text(null=True, unique=True))),
        ({"removal"}, operations.RemoveField("thing", "a")),
        ({"removal"}, operations.DeleteModel("thing")),
        ({"rename"}, operations.RenameField("thing", "a", "b")),
        ({"own statements"}, operations.RunSQL("UPDATE app_thing SET a = ''")),
        (set(), operations.AddField("thing", "b", text(default=""))),
        (set(), operations.AlterField("thing", "a", text(null=True, help_text="x"))),
        (set(), AddIndexConcurrently("thing", models.Index(fields=["a"], name="x"))),
        (set(), AddConstraintNotValid(
            "thing", models.CheckConstraint(condition=models.Q(a="1"), name="x"))),
    ],
)  # fmt: skip
def test_what_locks_a_table_that_is_there_is_seen(kinds, operation):
    made = operations.CreateModel(
        "Thing", [("id", models.AutoField(primary_key=True)), ("a", text(null=True))]
    )
    state = ProjectState()
    made.state_forwards("app", state)
    migration = Migration("0002", "app")
    migration.operations = [operation]

    assert find_locks(migration, state) == kinds


def test_what_is_done_to_a_table_just_made_counts_for_nothing():
    migration = Migration("0001", "app")
    migration.operations = [
        operations.CreateModel("Thing", [("id", models.AutoField(primary_key=True))]),
        operations.AddIndex("thing", models.Index(fields=["id"], name="x")),
    ]

    assert find_locks(migration, ProjectState()) == set()
