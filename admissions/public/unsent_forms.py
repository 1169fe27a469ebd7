"""What someone was sending after their visit had ended, kept until their link is opened again.

The form's key says which request it is about, and nothing else of it is told: what was typed waits
in the session of this browser, for half an hour, and is shown to whoever manages that request.
"""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone

from admissions.intake import idempotency
from admissions.intake.models import ConsultationRequest

UNSENT = "unsent_visit"
KEPT_SECONDS = 30 * 60
LONGEST_VALUE = 500
# The first word of what a form's key is for, and the page with that form.
PAGES = {"plan": "admissions:change_contact_plan", "cancel": "admissions:cancel_consultation"}


def keep_unsent(request: HttpRequest, name: str, form: type[forms.Form]) -> None:
    """Keep what this form sent where its visit has ended; without a key of ours nothing."""
    if request.method != "POST" or request.session.get("manages"):
        return
    sent = request.POST
    purpose = idempotency.read_purpose(sent.get("key") or sent.get("refused_key", "")).split()
    if purpose[:1] != [name] or len(purpose) < 2:
        return
    request.session[UNSENT] = {
        "name": name,
        "request": purpose[1],
        "at": timezone.now().timestamp(),
        "fields": {each: sent[each][:LONGEST_VALUE] for each in form.base_fields if each in sent},
    }


def page_of_unsent(request: HttpRequest, consultation_request: ConsultationRequest) -> str:
    """The name of the page whose form was not sent, or nothing."""
    kept = load_unsent(request, consultation_request)
    return PAGES[kept["name"]] if kept else ""


def take_unsent(
    request: HttpRequest, name: str, consultation_request: ConsultationRequest
) -> Mapping[str, Any] | None:
    """What this form sent, given back once."""
    kept = load_unsent(request, consultation_request)
    if request.method == "POST" or not kept or kept["name"] != name:
        return None
    del request.session[UNSENT]
    return kept["fields"]


def load_unsent(request: HttpRequest, consultation_request: ConsultationRequest) -> dict | None:
    kept = request.session.get(UNSENT)
    if kept is None or kept["request"] != str(consultation_request.pk):
        return None
    return kept if timezone.now().timestamp() - kept["at"] <= KEPT_SECONDS else None
