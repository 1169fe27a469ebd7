"""The roles of staff, as groups: each with the least that its work needs."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

VIEW_ADMISSIONS = [
    "view_consultationrequest", "view_consultation", "view_message",
    "view_counselor", "view_weeklyhours", "view_closure",
]  # fmt: skip
PLAN = [
    f"{act}_{model}"
    for act in ("add", "change", "delete", "view")
    for model in ("weeklyhours", "closure")
]

ROLES = {
    "coordinator": [*VIEW_ADMISSIONS, "triage_consultationrequest"],
    "counselor": [*VIEW_ADMISSIONS, "triage_consultationrequest"],
    "director": [
        *VIEW_ADMISSIONS, "triage_consultationrequest", *PLAN,
        "add_counselor", "change_counselor", "view_moderules", "change_moderules",
        "view_consentversion", "add_consentversion", "view_credential",
    ],
    "content editor": [],
}  # fmt: skip


def add_roles(apps, schema_editor):
    for label in ("admissions", "programs"):
        config = apps.get_app_config(label)
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0)
        config.models_module = None

    group = apps.get_model("auth", "Group")
    permission = apps.get_model("auth", "Permission")
    for name, codenames in ROLES.items():
        role, _created = group.objects.get_or_create(name=name)
        role.permissions.add(*permission.objects.filter(codename__in=codenames))
    role = group.objects.get(name="content editor")
    role.permissions.add(*permission.objects.filter(content_type__app_label="programs"))


class Migration(migrations.Migration):
    dependencies = [
        ("admissions", "0002_rules_and_consents"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(add_roles, migrations.RunPython.noop)]
