"""The content editor writes what a program's page says, too."""

from django.contrib.auth.management import create_permissions
from django.db import migrations


def grant(apps, schema_editor):
    config = apps.get_app_config("programs")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None

    permissions = apps.get_model("auth", "Permission").objects
    role = apps.get_model("auth", "Group").objects.get(name="content editor")
    role.permissions.add(
        *permissions.filter(
            content_type__app_label="programs", codename__endswith="_programtext"
        )
    )


class Migration(migrations.Migration):
    dependencies = [
        ("admissions", "0046_what_they_told_the_guide"),
        ("programs", "0007_sections_become_texts"),
    ]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
