"""Who may do what at the triage desk; three roles more."""

from django.db import migrations

from admissions import roles

ADMISSIONS = [
    "view_consultationrequest", "view_consultation", "view_message", "view_counselor",
    "view_weeklyhours", "view_closure", "view_extrahours", "triage_consultationrequest",
]  # fmt: skip
CARE = ["view_assessment", "assess_consultationrequest", "recommend_care"]
ROLES = {
    "coordinator": ["reassign_consultationrequest"],
    "counselor": CARE,
    "clinician": [
        *ADMISSIONS, *CARE, "acknowledge_concern", "answer_for_messages", "view_waiting",
        "view_earlieroffer",
    ],
    "VOB": ["view_benefitsverification", "verify_benefits"],
    "director": [
        "reassign_consultationrequest", "view_reports", "export_reports",
        "view_staffcredential", "add_staffcredential", "change_staffcredential",
    ],
    "auditor": ["view_auditevent"],
}  # fmt: skip


def add_roles(apps, schema_editor):
    roles.grant(apps, ROLES)


class Migration(migrations.Migration):
    dependencies = [("admissions", "0032_tools_of_the_triage_desk")]

    operations = [migrations.RunPython(add_roles, migrations.RunPython.noop)]
