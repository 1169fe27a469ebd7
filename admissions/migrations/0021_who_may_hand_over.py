"""Directors and coordinators may hand over for anyone; counselors may for themselves without it."""

from django.contrib.auth.management import create_permissions
from django.db import migrations


def add_permission(apps, schema_editor):
    config = apps.get_app_config("admissions")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None

    permission = apps.get_model("auth", "Permission").objects.get(
        codename="hand_over", content_type__app_label="admissions"
    )
    for role in apps.get_model("auth", "Group").objects.filter(name__in=["director", "coordinator"]):
        role.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("admissions", "0020_away_with_hand_over"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(add_permission, migrations.RunPython.noop)]
