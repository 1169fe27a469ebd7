"""What rings until a named person says that they have it, and whom it has rung."""

from datetime import datetime
from typing import Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from admissions.append_only import forbid_truncate

# As the catalog of the database sees an alarm that nobody has.
IS_OPEN = Q(taken_at=None, ended_at=None)
NEEDS_ANSWER = Q(request__is_in_danger=True, request__safety_answered_at=None)


class AlarmQuerySet(models.QuerySet["Alarm"]):
    def open(self) -> Self:
        """Nobody has it, and its request still needs somebody."""
        return self.filter(IS_OPEN, NEEDS_ANSWER).exclude(request__stage="closed")

    def over(self) -> Self:
        """Not yet ended, though its request needs nobody any more."""
        return self.filter(IS_OPEN).filter(~NEEDS_ANSWER | Q(request__stage="closed"))

    def ringing_at(self, until: datetime) -> Self:
        return self.open().filter(next_ring_at__lte=until)

    def of_group(self, alarm: "Alarm") -> Self:
        """The one that rings, and all that ring with it."""
        first = alarm.joins_id or alarm.pk
        return self.filter(Q(pk=first) | Q(joins=first))


class Alarm(models.Model):
    """Danger that was told to us about one request, until somebody has it.

    It is `taken` by whoever presses “I have it”; or `ended` where the danger was answered, or the
    request closed, before anybody did. One that `joins` another of the same number rings with it.
    """

    request = models.ForeignKey(
        "admissions.ConsultationRequest", models.PROTECT, related_name="alarms"
    )
    raised_at = models.DateTimeField(default=timezone.now)
    raised_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    joins = models.ForeignKey("self", models.PROTECT, null=True, related_name="joined")
    rings = models.PositiveSmallIntegerField(default=0)
    last_rung_at = models.DateTimeField(null=True)
    next_ring_at = models.DateTimeField(null=True)
    taken_at = models.DateTimeField(null=True)
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)

    objects = AlarmQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(
                "next_ring_at", name="alarm_to_ring", condition=Q(next_ring_at__isnull=False)
            ),
            models.Index("raised_at", name="alarm_open", condition=IS_OPEN),
        ]
        constraints = [
            models.UniqueConstraint(
                "request", name="alarm_one_open_per_request", condition=IS_OPEN
            ),
            models.CheckConstraint(
                name="alarm_taken_by_someone_at_a_time",
                condition=Q(taken_at=None, taken_by=None)
                | Q(taken_at__isnull=False, taken_by__isnull=False),
            ),
            models.CheckConstraint(
                name="alarm_is_taken_or_ended", condition=Q(taken_at=None) | Q(ended_at=None)
            ),
            models.CheckConstraint(
                name="alarm_rings_while_nobody_has_it",
                condition=Q(next_ring_at=None) | IS_OPEN & Q(joins=None),
            ),
            models.CheckConstraint(
                name="alarm_joins_another", condition=Q(joins=None) | ~Q(joins=F("id"))
            ),
        ]
        triggers = [
            # Who had it first stays who had it, whatever two people press at once.
            pgtrigger.Protect(
                name="alarm_is_taken_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__taken_at__isnull=False),
            ),
            pgtrigger.Protect(name="alarm_stays", operation=pgtrigger.Delete),
            forbid_truncate("alarms_are_never_emptied"),
        ]

    def __str__(self) -> str:
        return f"alarm {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.taken_at is None and self.ended_at is None and self.request.needs_safety_answer


class AlarmRing(models.Model):
    """That one alarm was told in one message; what became of that stands there."""

    alarm = models.ForeignKey(Alarm, models.PROTECT, related_name="told")
    message = models.ForeignKey("admissions.Message", models.PROTECT, related_name="alarm_rings")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint("alarm", "message", name="alarm_ring_once_a_message")
        ]
        triggers = [
            pgtrigger.Protect(
                name="alarm_ring_is_permanent", operation=pgtrigger.Update | pgtrigger.Delete
            ),
            forbid_truncate("alarm_rings_are_never_emptied"),
        ]

    def __str__(self) -> str:
        return f"ring {self.pk}"
