"""Whoever plans the hours sees unmet demand."""

from django.db import migrations

from admissions.roles import grant

ROLES = {"coordinator": ["view_shortage"], "director": ["view_shortage"]}


def add_permissions(apps, schema_editor):
    grant(apps, ROLES)


class Migration(migrations.Migration):
    dependencies = [
        ("admissions", "0018_shortages"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(add_permissions, migrations.RunPython.noop)]
