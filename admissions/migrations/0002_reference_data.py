"""What a new site starts with: rules per mode, rules of messages, and the words of consents."""

import hashlib
from datetime import timedelta

from django.db import migrations

MINIMUM_NOTICE = {"phone": 30, "video": 60, "in_person": 240}

MINUTES, HOURS, DAYS = (timedelta(**{unit: 1}) for unit in ("minutes", "hours", "days"))
# When each kind of email goes until a director says otherwise.
MESSAGE_RULES = {
    # Before the start, if it was booked more than so far ahead.
    "reminder_day": (24 * HOURS, 36 * HOURS),
    "reminder_hours": (2 * HOURS, 4 * HOURS),
    # After the consultation, a no-show, a first try without an answer.
    "after_completed": (1 * DAYS, None),
    "after_no_show": (1 * HOURS, None),
    "no_show_2": (1 * DAYS, None),
    "no_show_3": (7 * DAYS, None),
    "no_contact_1": (1 * DAYS, None),
    "no_contact_2": (4 * DAYS, None),
    "no_contact_3": (10 * DAYS, None),
    # After a promised call was tried, and after the time that we had promised.
    "callback_kept": (1 * HOURS, None),
    "callback_missed": (10 * MINUTES, None),
    "callback_late": (10 * MINUTES, None),
    # For staff: before and after the time that we had promised, and after a shortage began.
    "staff_promise_near": (2 * MINUTES, None),
    "staff_promise_broken": (5 * MINUTES, None),
    "staff_escalated": (10 * MINUTES, None),
    "staff_digest": (1 * DAYS, None),
    "staff_shortage": (1 * HOURS, None),
}

CONSENTS = {
    "en": {
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
    },
    # (confirm: read by counsel and by a person who speaks Spanish at the center)
    "es": {
        "contact": (
            "Acepto que Experience Recovery use estos datos para comunicarse conmigo sobre mi "
            "solicitud, por los medios que elegí. Puedo detener esto en cualquier momento."
        ),
        "email": (
            "Entiendo que el correo electrónico común puede no ser seguro y que otras personas "
            "podrían verlo. Aun así, quiero recibir correos."
        ),
        "text": (
            "Pueden enviarme mensajes de texto sobre mi cita. Pueden aplicarse cargos por mensajes "
            "y datos. Responda STOP para dejar de recibirlos. Dar este permiso no es una condición "
            "para recibir tratamiento."
        ),
        "news": "Envíenme de vez en cuando noticias de los programas por correo electrónico.",
    },
}


def add_mode_rules(apps, schema_editor):
    rules = apps.get_model("admissions", "ModeRules")
    for mode, minutes in MINIMUM_NOTICE.items():
        rules.objects.create(mode=mode, minimum_notice=minutes)


def add_message_rules(apps, schema_editor):
    rules = apps.get_model("admissions", "MessageRule")
    for kind, (delay, lead) in MESSAGE_RULES.items():
        rules.objects.create(kind=kind, delay=delay, minimum_lead=lead)


def add_consents(apps, schema_editor):
    versions = apps.get_model("admissions", "ConsentVersion")
    for language, texts in CONSENTS.items():
        for key, text in texts.items():
            digest = hashlib.sha256(text.encode()).hexdigest()
            versions.objects.create(key=key, language=language, text=text, sha256=digest)


class Migration(migrations.Migration):
    dependencies = [("admissions", "0001_initial")]

    operations = [
        migrations.RunPython(add_mode_rules, migrations.RunPython.noop),
        migrations.RunPython(add_message_rules, migrations.RunPython.noop),
        migrations.RunPython(add_consents, migrations.RunPython.noop),
    ]
