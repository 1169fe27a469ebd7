"""Our number as a card for a phone's contacts, so that a call from it is known."""

from django.utils.translation import gettext as _

from admissions.intake.models import ConsultationRequest
from admissions.messaging.models import MailSettings
from programs.models import Facility

MEDIA_TYPE = "text/vcard; charset=utf-8"


def build_contact_card(consultation_request: ConsultationRequest) -> bytes:
    """A vCard 3.0, which every phone reads; the center is named only if they said so.

    A phone shows the name of a contact to whoever looks at it while it rings.
    """
    facility = Facility.objects.get()
    name = facility.name
    if consultation_request.is_discreet:
        name = MailSettings.objects.load().discreet_sender_name or _("Appointments")
    lines = [
        "BEGIN:VCARD",
        "VERSION:3.0",
        f"N:{escape_text(name)};;;;",
        f"FN:{escape_text(name)}",
        f"TEL;TYPE=VOICE:{facility.admissions_line.as_e164}",
        "END:VCARD",
    ]
    return "".join(f"{line}\r\n" for line in lines).encode()


def escape_text(text: str) -> str:
    """As RFC 2426 writes it: one line, with what would end a value escaped."""
    line = " ".join(text.split())
    return "".join(f"\\{each}" if each in "\\;," else each for each in line)
