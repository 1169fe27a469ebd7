"""Joins the sections of each program into its text, and adds what is missing."""

from itertools import groupby

from django.db import migrations

from programs.seed import load


def join_sections(apps, schema_editor):
    sections = apps.get_model("programs", "ProgramSection").objects
    in_order = sections.order_by("program_id", "language", "sort_order")
    for (program, language), parts in groupby(in_order, lambda each: (each.program_id, each.language)):
        body = "\n\n".join(f"## {part.heading}\n\n{part.body.strip()}" for part in parts)
        apps.get_model("programs", "ProgramText").objects.create(
            program_id=program, language=language, body=f"{body}\n", is_published=True
        )


def seed(apps, schema_editor):
    load(apps)


class Migration(migrations.Migration):
    dependencies = [("programs", "0006_texts_in_versions")]
    operations = [
        migrations.RunPython(join_sections, migrations.RunPython.noop),
        migrations.RunPython(seed, migrations.RunPython.noop),
    ]
