"""A counselor's private calendar feed: made, replaced, revoked, and read by calendar apps."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from admissions import tokens
from admissions.audit.models import AuditEvent
from admissions.scheduling.models import CalendarFeed, Consultation, Counselor
from users.models import User

from . import ics

FEED_LOOK_BACK = timedelta(days=14)
# A no-show was waited for, so it stays in the calendar of who waited.
FEED_STATUSES = [*Consultation.STANDING, Consultation.Status.COMPLETED, Consultation.Status.NO_SHOW]
Type = AuditEvent.Type


@transaction.atomic
def create_feed(*, counselor_id: int, by: User) -> str:
    """The 256-bit token of a fresh address, to be shown once; the one before opens nothing now."""
    token = tokens.make_token()

    _feed, is_first = CalendarFeed.objects.update_or_create(
        counselor_id=counselor_id,
        defaults={"sha256": tokens.hash_token(token), "made_at": timezone.now()},
    )

    made = Type.FEED_MADE if is_first else Type.FEED_REPLACED
    AuditEvent.objects.create(type=made, actor=by, counselor_id=counselor_id)
    return token


@transaction.atomic
def revoke_feed(*, counselor_id: int, by: User) -> None:
    """The address opens nothing from now on; without one there is nothing to do."""
    revoked, _rows = CalendarFeed.objects.filter(counselor_id=counselor_id).delete()

    if revoked:
        AuditEvent.objects.create(type=Type.FEED_REVOKED, actor=by, counselor_id=counselor_id)


def counselor_for_token(token: str) -> Counselor | None:
    """Whose feed a token opens; None once revoked, or when its counselor has left.

    Someone who takes no new consultations still needs the times that stand.
    """
    upcoming = Consultation.objects.upcoming(now=timezone.now()).filter(counselor=OuterRef("pk"))
    found = Counselor.objects.filter(
        Q(is_taking_consultations=True) | Exists(upcoming),
        calendar_feed__sha256=tokens.hash_token(token),
        user__is_active=True,
        user__is_staff=True,
    )
    return found.first()


def render_feed(counselor: Counselor, *, token: str) -> bytes:
    """Their consultations from a fortnight ago on, as an iCalendar file."""
    since = timezone.now() - FEED_LOOK_BACK
    shown = counselor.consultations.filter(status__in=FEED_STATUSES, starts_at__gte=since)
    return ics.build_feed(shown.order_by("starts_at", "pk"), secret=token)
