"""Stretches in which nobody could be talked to soon."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from programs.models import LanguageField


class ShortageQuerySet(models.QuerySet["Shortage"]):
    def ongoing(self) -> Self:
        return self.filter(ended_at=None)

    def during(self, begin: datetime, end: datetime) -> Self:
        """Those that lasted at some moment between these."""
        return self.filter(Q(ended_at=None) | Q(ended_at__gt=begin), began_at__lt=end)


class Shortage(models.Model):
    """No phone time was free within a day, for people of one language."""

    language = LanguageField()
    began_at = models.DateTimeField(_("since"), default=timezone.now)
    ended_at = models.DateTimeField(_("until"), null=True)

    objects = ShortageQuerySet.as_manager()

    class Meta:
        ordering = ["-began_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                "language", name="shortage_lasts_once", condition=Q(ended_at=None)
            ),
            models.CheckConstraint(
                name="shortage_ends_after_it_began", condition=Q(ended_at__gte=F("began_at"))
            ),
        ]

    def __str__(self) -> str:
        return f"shortage {self.pk}"

    def lasted(self, *, now: datetime) -> timedelta:
        """How long it has lasted."""
        return (self.ended_at or now) - self.began_at
