"""The waiting list and its offers are seen by everyone on the desk, and edited by nobody."""

from django.db import migrations

from admissions.roles import grant

SEEN = ["view_waiting", "view_earlieroffer"]
ROLES = {"coordinator": SEEN, "counselor": SEEN, "director": SEEN}


def add_permissions(apps, schema_editor):
    grant(apps, ROLES)


class Migration(migrations.Migration):
    dependencies = [
        ("admissions", "0016_waiting_and_earlier_offers"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(add_permissions, migrations.RunPython.noop)]
