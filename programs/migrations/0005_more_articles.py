"""Adds the articles on the first talk, cost, stopping safely, and youth to a standing site."""

from django.db import migrations

from programs.seed import CONTENT, seed_articles


def seed(apps, schema_editor):
    seed_articles(apps, CONTENT / "en")


class Migration(migrations.Migration):
    dependencies = [("programs", "0004_spanish_lines")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
