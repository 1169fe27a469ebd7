"""A director may show a saved list to everyone."""

from django.db import migrations

from admissions import roles


def share(apps, schema_editor):
    roles.grant(apps, {"director": ["share_savedview"]})


class Migration(migrations.Migration):
    dependencies = [("admissions", "0036_saved_views")]

    operations = [migrations.RunPython(share, migrations.RunPython.noop)]
