"""Whoever works on requests answers for emails; the list of addresses is for those who plan."""

from django.db import migrations

from admissions.roles import grant


ANSWER, LIST = ["answer_for_messages"], ["view_suppression", "lift_suppression"]
ROLES = {
    "counselor": ANSWER,
    "coordinator": [*ANSWER, *LIST],
    "director": [*ANSWER, *LIST],
}


def add_permissions(apps, schema_editor):
    grant(apps, ROLES)


class Migration(migrations.Migration):
    dependencies = [
        ("admissions", "0027_outbox_of_staff"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(add_permissions, migrations.RunPython.noop)]
