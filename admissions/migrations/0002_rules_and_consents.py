"""The rules of each mode, and the first wording of each consent."""

import hashlib

from django.db import migrations

MINIMUM_NOTICE = {"phone": 30, "video": 60, "in_person": 240}

CONSENTS = {
    "contact": (
        "I agree that Experience Recovery may use these details to contact me about my "
        "request, in the ways I chose. I can stop this at any time."
    ),
    "email": (
        "I understand that ordinary email may not be secure and that others may see it. "
        "I still want email."
    ),
    "text": (
        "You may text me about my appointment. Message and data rates may apply. "
        "Reply STOP to end. Consent is not a condition of treatment."
    ),
    "news": "Send me occasional program news by email.",
}


def add_rules(apps, schema_editor):
    mode_rules = apps.get_model("admissions", "ModeRules")
    for mode, minutes in MINIMUM_NOTICE.items():
        mode_rules.objects.create(mode=mode, minimum_notice=minutes)


def add_consents(apps, schema_editor):
    versions = apps.get_model("admissions", "ConsentVersion")
    for key, text in CONSENTS.items():
        digest = hashlib.sha256(text.encode()).hexdigest()
        versions.objects.create(key=key, language="en", text=text, sha256=digest)


class Migration(migrations.Migration):
    dependencies = [("admissions", "0001_initial")]

    operations = [
        migrations.RunPython(add_rules, migrations.RunPython.noop),
        migrations.RunPython(add_consents, migrations.RunPython.noop),
    ]
