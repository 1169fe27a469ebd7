"""What the day ahead holds for the desk: figures and where to look, never a name."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from admissions.intake.models import ConsultationRequest
from admissions.scheduling import coverage
from admissions.scheduling.models import Consultation

from .models import Message


@dataclass(frozen=True)
class DigestLine:
    """One figure, what it counts, and the page that shows it."""

    count: int
    label: str
    url: str


def build_digest_lines(*, now: datetime) -> list[DigestLine]:
    """Every figure of the day, the most pressing first; those of nothing are left out."""
    requests = ConsultationRequest.objects
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    tomorrow = today + timedelta(days=1)
    consultations = Consultation.objects.standing()
    found = [
        DigestLine(
            requests.needing_safety_answer().count(), _("Safety answers owed"), queue_url("safety")
        ),
        DigestLine(
            requests.with_promised_call().count(), _("Promised calls"), queue_url("promised")
        ),
        DigestLine(requests.overdue(now=now).count(), _("Requests overdue"), queue_url("overdue")),
        DigestLine(
            requests.unclaimed().count(), _("Requests without an owner"), queue_url("unclaimed")
        ),
        DigestLine(
            len(coverage.find_gaps(now=now)),
            _("Consultations without a counselor"),
            dashboard_url(),
        ),
        DigestLine(Message.objects.lost().count(), _("Emails that never arrived"), dashboard_url()),
        DigestLine(
            consultations.filter(starts_at__gte=today, starts_at__lt=tomorrow).count(),
            _("Consultations today"),
            settings.SITE_URL + reverse("admin:admissions_consultation_calendar"),
        ),
        DigestLine(requests.open().count(), _("Requests open"), queue_url("")),
    ]
    return [line for line in found if line.count]


def dashboard_url() -> str:
    return settings.SITE_URL + reverse("admin:index")


def queue_url(key: str) -> str:
    address = settings.SITE_URL + reverse("admin:admissions_consultationrequest_changelist")
    return f"{address}?show={key}" if key else address
