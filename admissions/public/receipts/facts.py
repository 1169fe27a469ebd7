"""What a receipt says beside the time: which number calls, and how we reach the person."""

from urllib.parse import urlencode

from django.utils.translation import gettext as _

from admissions.intake import suppressions
from admissions.intake.models import ConsultationRequest
from admissions.phone_numbers import draw_masked
from admissions.scheduling.models import Consultation

# OpenStreetMap, and not a company that shows people advertisements by where they went. Only
# who taps the link asks it, and `noreferrer` keeps to us where they come from. A geo: address would
# ask nobody, and opens nothing on iPhones and most computers.
MAP = "https://www.openstreetmap.org/search?"


def describe_contact(consultation_request: ConsultationRequest) -> dict[str, str | bool]:
    """How we reach them, masked, and what happens to a call that they miss."""
    may_email = bool(consultation_request.email) and consultation_request.may_email
    return {
        "phone": draw_masked(consultation_request.phone),
        "email": suppressions.mask_email(consultation_request.email) if may_email else "",
        "may_call": bool(consultation_request.phone) and consultation_request.may_call,
        "missed": describe_missed_call(consultation_request),
        "is_discreet": consultation_request.is_discreet,
    }


def describe_missed_call(consultation_request: ConsultationRequest) -> str:
    voicemail = ConsultationRequest.Voicemail
    told = {
        voicemail.NO: _("If you miss the call, we will leave no message and try again."),
        voicemail.NUMBER_ONLY: _(
            "If you miss the call, we will leave only a first name and our number, and try again."
        ),
        voicemail.SAY_CENTER: _("If you miss the call, we will leave a message and try again."),
    }
    return told[voicemail(consultation_request.voicemail)]


def find_map_link(consultation: Consultation) -> str:
    """The address on a map, for a visit in person; nothing for the rest."""
    if not consultation.is_in_person:
        return ""
    return MAP + urlencode({"query": consultation.location.address})
