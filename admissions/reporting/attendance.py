"""Consultations that came due: whether people came, and how that follows the wait."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from django.db import models
from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from admissions.scheduling.models import Consultation

from .period import Period

Status = Consultation.Status


class LeadTime(models.IntegerChoices):
    """How long before its start a consultation was booked."""

    DAY = 0, _("Within a day")
    TWO_DAYS = 1, _("1 to 2 days")
    FOUR_DAYS = 2, _("2 to 4 days")
    WEEK = 3, _("4 to 7 days")
    LONGER = 4, _("Over a week")


# The longest lead of each but the last.
LEAD_TIME_DAYS = {LeadTime.DAY: 1, LeadTime.TWO_DAYS: 2, LeadTime.FOUR_DAYS: 4, LeadTime.WEEK: 7}


@dataclass(frozen=True)
class Attendance:
    """Consultations that came due: (lead, mode) -> how many people came, and how many did not."""

    attended: dict[tuple[int, str], int]
    missed: dict[tuple[int, str], int]
    rebooked: int

    @property
    def attended_of_due(self) -> tuple[int, int]:
        """How many came, of how many."""
        came = sum(self.attended.values())
        return came, came + self.no_shows

    @property
    def no_shows(self) -> int:
        return sum(self.missed.values())

    def by_lead_time(self) -> dict[int, tuple[int, int]]:
        return {lead: self.count_attended(lead=lead) for lead in LeadTime}

    def by_mode(self) -> dict[str, tuple[int, int]]:
        modes = sorted({mode for _lead, mode in [*self.attended, *self.missed]})
        return {mode: self.count_attended(mode=mode) for mode in modes}

    def count_attended(
        self, *, lead: int | None = None, mode: str | None = None
    ) -> tuple[int, int]:
        """How many came, of how many, with this lead or in this mode."""

        def count(cells: dict[tuple[int, str], int]) -> int:
            return sum(
                n
                for (its_lead, its_mode), n in cells.items()
                if lead in (None, its_lead) and mode in (None, its_mode)
            )

        came = count(self.attended)
        return came, came + count(self.missed)


def measure_attendance(period: Period) -> Attendance:
    """Who came, of the consultations that began in these days and whose outcome is kept."""
    again = Consultation.objects.filter(
        request=OuterRef("request"), booked_at__gt=OuterRef("starts_at")
    )
    rows = (
        find_due_consultations(period)
        .annotate(lead=lead_time_case(), is_rebooked=Q(status=Status.NO_SHOW) & Exists(again))
        .values("status", "lead", "mode", "is_rebooked")
        .annotate(n=Count("pk"))
    )
    counted: dict[str, Counter[tuple[int, str]]]
    counted = {Status.COMPLETED: Counter(), Status.NO_SHOW: Counter()}
    rebooked = 0
    for row in rows:
        counted[row["status"]][row["lead"], row["mode"]] += row["n"]
        rebooked += row["n"] * row["is_rebooked"]
    return Attendance(dict(counted[Status.COMPLETED]), dict(counted[Status.NO_SHOW]), rebooked)


def find_due_consultations(period: Period) -> QuerySet[Consultation]:
    due = Consultation.objects.filter(
        starts_at__gte=period.begin,
        starts_at__lt=period.end,
        status__in=[Status.COMPLETED, Status.NO_SHOW],
    )
    return period.filter_rows(due, "request__")


def lead_time_case() -> Case:
    """The Lead of a consultation, as a column."""
    return Case(
        *[
            When(booked_at__gte=F("starts_at") - timedelta(days=days), then=Value(int(each)))
            for each, days in LEAD_TIME_DAYS.items()
        ],
        default=Value(int(LeadTime.LONGER)),
    )
