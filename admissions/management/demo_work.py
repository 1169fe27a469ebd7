"""What the pages of invented requests hold beside their story."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from admissions import local_time
from admissions.care import insurance
from admissions.care.models import BenefitsVerification
from admissions.intake import contact_hours
from admissions.intake.models import ConsultationRequest
from admissions.intake.models.search_tokens import filter_by_term
from admissions.scheduling.models import OnCallShift
from admissions.triage import notes, snoozing
from users.models import User

NOTE = (
    "Works nights and sleeps until noon, so the afternoon is best. Her sister may pick up the"
    " phone: ask for Linh by name, and say nothing about why we call. She would rather come in"
    " person, and asked whether there is parking and how long the first visit takes."
)


def add_rota(now: datetime) -> None:
    """Two weeks of days and nights on call, so that the demo shows who is there now."""
    if OnCallShift.objects.exists():
        return
    kim, dana, lee = (User.objects.get(username=name) for name in ("kim", "dana", "lee"))
    today, zone = timezone.localdate(now), local_time.center_zone()
    for day in (today + timedelta(days=count) for count in range(-1, 14)):
        begins, ends, goes_on = (
            datetime.combine(day + timedelta(days=after), time(hour), tzinfo=zone)
            for after, hour in ((0, 8), (0, 20), (1, 8))
        )
        OnCallShift.objects.create(starts_at=begins, ends_at=ends, person=kim, back_up=lee)
        OnCallShift.objects.create(
            starts_at=ends,
            ends_at=goes_on,
            person=dana,
            back_up=kim,
            note="The side door needs the second key." if day == today else "",
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
