"""Consultations that came due: whether people came, and how that follows the wait."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from django.db import models
from django.db.models import Case, Count, Exists, F, OuterRef, Q, Value, When
from django.utils.translation import gettext_lazy as _

from ..models import Consultation
from .look import Look

Status = Consultation.Status


class Lead(models.IntegerChoices):
    """How long before its start a consultation was booked."""

    DAY = 0, _("Within a day")
    TWO_DAYS = 1, _("1 to 2 days")
    FOUR_DAYS = 2, _("2 to 4 days")
    WEEK = 3, _("4 to 7 days")
    LONGER = 4, _("Over a week")


# The longest lead of each but the last.
LEADS = {Lead.DAY: 1, Lead.TWO_DAYS: 2, Lead.FOUR_DAYS: 4, Lead.WEEK: 7}


@dataclass(frozen=True)
class Shows:
    """Consultations that came due: (lead, mode) -> how many people came, and how many did not."""

    came: dict[tuple[int, str], int]
    missed: dict[tuple[int, str], int]
    rebooked: int

    @property
    def total(self) -> tuple[int, int]:
        """How many came, of how many."""
        came = sum(self.came.values())
        return came, came + self.no_shows

    @property
    def no_shows(self) -> int:
        return sum(self.missed.values())

    def by_lead(self) -> dict[int, tuple[int, int]]:
        return {lead: self.of(lead=lead) for lead in Lead}

    def by_mode(self) -> dict[str, tuple[int, int]]:
        modes = sorted({mode for _lead, mode in [*self.came, *self.missed]})
        return {mode: self.of(mode=mode) for mode in modes}

    def of(self, *, lead=None, mode=None) -> tuple[int, int]:
        """How many came, of how many, with this lead or in this mode."""

        def count(cells):
            return sum(
                n
                for (its_lead, its_mode), n in cells.items()
                if lead in (None, its_lead) and mode in (None, its_mode)
            )

        came = count(self.came)
        return came, came + count(self.missed)


def shows(look: Look) -> Shows:
    """Who came, of the consultations that began in these days and whose outcome is kept."""
    again = Consultation.objects.filter(
        request=OuterRef("request"), booked_at__gt=OuterRef("starts_at")
    )
    rows = (
        come_due(look)
        .annotate(lead=lead(), is_rebooked=Q(status=Status.NO_SHOW) & Exists(again))
        .values_list("status", "lead", "mode", "is_rebooked")
        .annotate(n=Count("pk"))
    )
    counted = {Status.COMPLETED: Counter(), Status.NO_SHOW: Counter()}
    rebooked = 0
    for status, its_lead, mode, is_rebooked, n in rows:
        counted[status][its_lead, mode] += n
        rebooked += n * is_rebooked
    return Shows(dict(counted[Status.COMPLETED]), dict(counted[Status.NO_SHOW]), rebooked)


def come_due(look: Look):
    due = Consultation.objects.filter(
        starts_at__gte=look.begin,
        starts_at__lt=look.end,
        status__in=[Status.COMPLETED, Status.NO_SHOW],
    )
    return look.narrowed(due, "request__")


def lead() -> Case:
    """The Lead of a consultation, as a column."""
    return Case(
        *[
            When(booked_at__gte=F("starts_at") - timedelta(days=days), then=Value(int(each)))
            for each, days in LEADS.items()
        ],
        default=Value(int(Lead.LONGER)),
    )
