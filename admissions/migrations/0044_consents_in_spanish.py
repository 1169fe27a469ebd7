"""The first Spanish wording of each consent; one that a director has added stays the newest."""

import hashlib

from django.db import migrations

# (confirm: read by counsel and by a person who speaks Spanish at the centre)
CONSENTS = {
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
}


def add_consents(apps, schema_editor):
    versions = apps.get_model("admissions", "ConsentVersion")
    for key, text in CONSENTS.items():
        if not versions.objects.filter(key=key, language="es").exists():
            digest = hashlib.sha256(text.encode()).hexdigest()
            versions.objects.create(key=key, language="es", text=text, sha256=digest)


class Migration(migrations.Migration):
    dependencies = [("admissions", "0043_languages_come_from_the_settings")]

    operations = [migrations.RunPython(add_consents, migrations.RunPython.noop)]
