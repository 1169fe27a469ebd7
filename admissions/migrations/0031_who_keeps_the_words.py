"""Directors keep when emails go and what they say; coordinators may read it."""

from django.db import migrations

from admissions.roles import grant

SEE = ["view_messagerule", "view_wording"]
ROLES = {"coordinator": SEE, "director": [*SEE, "change_messagerule", "add_wording"]}


def add_permissions(apps, schema_editor):
    grant(apps, ROLES)


class Migration(migrations.Migration):
    dependencies = [
        ("admissions", "0030_when_and_what_emails_say"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(add_permissions, migrations.RunPython.noop)]
