"""What the day ahead holds for the desk: figures and where to look, never a name."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from . import coverage
from .models import Consultation, ConsultationRequest, Message


@dataclass(frozen=True)
class Line:
    """One figure, what it counts, and the page that shows it."""

    count: int
    what: str
    link: str


def lines(*, now: datetime) -> list[Line]:
    """Every figure of the day, the most pressing first; those of nothing are left out."""
    requests = ConsultationRequest.objects
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    tomorrow = today + timedelta(days=1)
    consultations = Consultation.objects.standing()
    found = [
        Line(requests.needing_safety_answer().count(), _("Safety answers owed"), queue("safety")),
        Line(requests.promised_a_call().count(), _("Promised calls"), queue("promised")),
        Line(requests.overdue(now=now).count(), _("Requests overdue"), queue("overdue")),
        Line(requests.unclaimed().count(), _("Requests without an owner"), queue("unclaimed")),
        Line(len(coverage.gaps(now=now)), _("Consultations without a counselor"), front()),
        Line(Message.objects.lost().count(), _("Emails that never arrived"), front()),
        Line(
            consultations.filter(starts_at__gte=today, starts_at__lt=tomorrow).count(),
            _("Consultations today"),
            settings.SITE_URL + reverse("admin:admissions_consultation_week"),
        ),
        Line(requests.open().count(), _("Requests open"), queue("")),
    ]
    return [line for line in found if line.count]


def front() -> str:
    return settings.SITE_URL + reverse("admin:index")


def queue(key: str) -> str:
    address = settings.SITE_URL + reverse("admin:admissions_consultationrequest_changelist")
    return f"{address}?show={key}" if key else address
