"""Adds how short lines read in Spanish to a site that started without them."""

from django.db import migrations

from programs.seed import CONTENT, seed_texts


def seed(apps, schema_editor):
    seed_texts(apps, CONTENT / "es")


class Migration(migrations.Migration):
    dependencies = [("programs", "0003_on_call_lead")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
