"""An alarm begins: once for one person's danger, however often they tell us of it."""

from datetime import datetime, timedelta

from django.utils import timezone

from admissions.intake.models import ConsultationRequest
from admissions.intake.models.search_tokens import filter_by_phone
from users.models import User

from ..models import Alarm

# Whoever tells us of the same danger once more within this is known to whoever has it.
FLOOD_WINDOW = timedelta(minutes=10)


def raise_alarm(
    request: ConsultationRequest, *, raised_by: User | None = None, is_pressing: bool = False
) -> Alarm | None:
    """Store an alarm that rings at once; None where nobody is in danger, or it was raised already.

    Within FLOOD_WINDOW danger told again of the same request, or of the same number and side, is
    the same alarm: it rings with the one that is open, or is with whoever took that. A colleague
    whose alarm `is_pressing` is always heard. The caller locks the request.
    """
    if not request.needs_safety_answer or Alarm.objects.open().filter(request=request).exists():
        return None
    now = timezone.now()
    end_stale_alarm(request, now)
    earlier = None if is_pressing else find_same_danger(request, now)
    if earlier is not None and earlier.taken_at and earlier.request_id == request.pk:
        return None
    alarm = Alarm(request=request, raised_at=now, raised_by=raised_by, next_ring_at=now)
    if earlier is not None:
        alarm.next_ring_at, alarm.joins_id = None, earlier.joins_id or earlier.pk
        alarm.taken_at, alarm.taken_by_id = earlier.taken_at and now, earlier.taken_by_id
    # Two who raise it at once: the second finds it raised.
    Alarm.objects.bulk_create([alarm], ignore_conflicts=True)
    return Alarm.objects.filter(request=request).order_by("-pk").first()


def find_same_danger(request: ConsultationRequest, now: datetime) -> Alarm | None:
    """The alarm of the same request or number that rings, or was taken a moment ago."""
    alike = ConsultationRequest.objects.filter(pk=request.pk)
    if request.phone:
        alike |= ConsultationRequest.objects.filter(
            filter_by_phone(request.phone), for_whom=request.for_whom
        )
    lately = Alarm.objects.filter(
        raised_at__gt=now - FLOOD_WINDOW, ended_at=None, request__safety_answered_at=None
    )
    return lately.filter(request__in=alike.values("pk")).order_by("-raised_at", "-pk").first()


def end_stale_alarm(request: ConsultationRequest, now: datetime) -> None:
    """End what was left of danger that was answered since: the new one begins anew."""
    Alarm.objects.over().filter(request=request).update(ended_at=now, next_ring_at=None)
