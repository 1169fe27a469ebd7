"""Directors and coordinators may hand over for anyone; counselors may for themselves without it."""

from django.db import migrations

from admissions.roles import grant


ROLES = {"coordinator": ["hand_over"], "director": ["hand_over"]}


def add_permission(apps, schema_editor):
    grant(apps, ROLES)


class Migration(migrations.Migration):
    dependencies = [
        ("admissions", "0020_away_with_hand_over"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(add_permission, migrations.RunPython.noop)]
