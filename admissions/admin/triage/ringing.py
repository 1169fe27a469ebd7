"""What rings on the desk: danger that nobody has yet, on Today and on every page."""

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max
from django.http import HttpRequest, JsonResponse

from admissions.admin.staff_requests import as_staff
from admissions.alerts.models import Alert
from admissions.intake.models import ConsultationRequest
from admissions.messaging.models import Alarm
from admissions.triage import alarms

VIEW_REQUESTS = "admissions.view_consultationrequest"
MAX_SHOWN = 5


@dataclass(frozen=True)
class RingingAlarm:
    """A request in danger, and who was told of it."""

    request: ConsultationRequest
    told: str


def list_ringing(now: datetime) -> list[RingingAlarm]:
    """What nobody has yet, the oldest first; the list of requests holds what is left out."""
    found = Alarm.objects.open().select_related("request").order_by("raised_at", "pk")
    return [
        RingingAlarm(each.request, alarms.describe_alarm(each, now)) for each in found[:MAX_SHOWN]
    ]


def alarms_view(request: HttpRequest) -> JsonResponse:
    """How many requests ring, a number that grows with each new one, and how many alerts of their
    own the reader has not seen; nothing of anybody."""
    if not request.user.has_perm(VIEW_REQUESTS):
        raise PermissionDenied
    ringing = Alarm.objects.open().aggregate(count=Count("pk"), newest=Max("pk"))
    news = Alert.objects.filter(user=as_staff(request).user, is_on_desk=True, seen_at=None).count()
    told = {"open": ringing["count"], "newest": ringing["newest"] or 0, "news": news}
    return JsonResponse(told)
