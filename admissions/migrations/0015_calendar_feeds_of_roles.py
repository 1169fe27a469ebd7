"""Counselors keep their own calendars; directors keep anyone's."""

from django.db import migrations

from admissions.roles import grant

ROLES = {
    "counselor": ["keep_own_calendars"],
    "director": ["keep_own_calendars", "keep_any_calendars"],
}


def add_permissions(apps, schema_editor):
    grant(apps, ROLES)


class Migration(migrations.Migration):
    dependencies = [
        ("admissions", "0014_calendar_feeds"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(add_permissions, migrations.RunPython.noop)]
