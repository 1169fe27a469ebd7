"""Whoever plans the hours sees unmet demand."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

ROLES = {"coordinator": ["view_shortage"], "director": ["view_shortage"]}


def add_permissions(apps, schema_editor):
    config = apps.get_app_config("admissions")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None

    group = apps.get_model("auth", "Group")
    permission = apps.get_model("auth", "Permission")
    for name, codenames in ROLES.items():
        role, _created = group.objects.get_or_create(name=name)
        role.permissions.add(*permission.objects.filter(codename__in=codenames))


class Migration(migrations.Migration):
    dependencies = [
        ("admissions", "0018_shortages"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(add_permissions, migrations.RunPython.noop)]
