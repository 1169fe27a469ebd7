"""What the pages of invented requests hold beside their story."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from admissions.care import insurance
from admissions.care.models import BenefitsVerification
from admissions.intake import contact_hours
from admissions.intake.models import ConsultationRequest
from admissions.intake.models.search_tokens import filter_by_term
from admissions.triage import notes, snoozing
from users.models import User

NOTE = (
    "Works nights and sleeps until noon, so the afternoon is best. Her sister may pick up the"
    " phone: ask for Linh by name, and say nothing about why we call. She would rather come in"
    " person, and asked whether there is parking and how long the first visit takes."
)


def add_notes_and_checks() -> None:
    """A long note, a check of insurance that waits, and a request that is set aside; once."""
    if BenefitsVerification.objects.exists():
        return
    kim, still_open = User.objects.get(username="kim"), ConsultationRequest.objects.open()
    for linh in still_open.filter(filter_by_term("Linh"))[:1]:
        notes.add_note(request_id=linh.pk, by=kim, text=NOTE)
        insurance.request_verification(request_id=linh.pk, by=kim, has_consent=True)
    for lou in still_open.filter(filter_by_term("Lou"))[:1]:
        later = timezone.now() + timedelta(hours=2)
        until = contact_hours.move_past_quiet_hours(later, ZoneInfo(lou.time_zone))
        snoozing.snooze_request(request_id=lou.pk, by=kim, until=until)
