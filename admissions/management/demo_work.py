"""What the pages of invented requests hold beside their story."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.utils import timezone

from admissions import benefits, handling, privacy
from admissions.models import BenefitsVerification, ConsultationRequest

NOTE = (
    "Works nights and sleeps until noon, so the afternoon is best. Her sister may pick up the"
    " phone: ask for Linh by name, and say nothing about why we call. She would rather come in"
    " person, and asked whether there is parking and how long the first visit takes."
)


def add_side_work() -> None:
    """A long note, a check of insurance that waits, and a request that is set aside; once."""
    if BenefitsVerification.objects.exists():
        return
    kim, still_open = User.objects.get(username="kim"), ConsultationRequest.objects.open()
    for linh in still_open.filter(preferred_name="Linh")[:1]:
        handling.add_note(request_id=linh.pk, by=kim, text=NOTE)
        benefits.ask(request_id=linh.pk, by=kim, has_consent=True)
    for lou in still_open.filter(preferred_name="Lou")[:1]:
        later = timezone.now() + timedelta(hours=2)
        until = privacy.after_quiet_hours(later, ZoneInfo(lou.time_zone))
        handling.set_aside(request_id=lou.pk, by=kim, until=until)
