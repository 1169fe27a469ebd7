"""Extra hours are kept by the director, and seen by everyone on the desk."""

from django.db import migrations

from admissions.roles import grant

ROLES = {
    "coordinator": ["view_extrahours"],
    "counselor": ["view_extrahours"],
    "director": [f"{act}_extrahours" for act in ("add", "change", "delete", "view")],
}


def add_permissions(apps, schema_editor):
    grant(apps, ROLES)


class Migration(migrations.Migration):
    dependencies = [
        ("admissions", "0006_extra_hours"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(add_permissions, migrations.RunPython.noop)]
