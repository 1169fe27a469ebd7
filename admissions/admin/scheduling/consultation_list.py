"""Consultations as a calendar shows them: day by day, in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from admissions import formatting
from admissions.scheduling.models import Consultation


@dataclass(frozen=True)
class ConsultationEntry:
    consultation: Consultation
    time: str


@dataclass(frozen=True)
class ConsultationDay:
    name: str
    held: list[ConsultationEntry]


def group_by_day(consultations: Iterable[Consultation], *, now: datetime) -> list[ConsultationDay]:
    """One day after the other, in the order given, by the center's clock."""
    by_day = groupby(consultations, key=lambda each: timezone.localdate(each.starts_at))
    return [
        ConsultationDay(
            day_heading(day, timezone.localdate(now)), [consultation_entry(each) for each in rows]
        )
        for day, rows in by_day
    ]


def day_heading(day: date, today: date) -> str:
    """Today and tomorrow by name too: Today, Tuesday, November 24."""
    named = date_format(day, _("l, F j"))
    near = formatting.format_relative_day(day, today)
    return named if near == named else f"{near}, {named}"


def consultation_entry(consultation: Consultation) -> ConsultationEntry:
    starts, ends = (
        formatting.format_time(timezone.localtime(at))
        for at in (consultation.starts_at, consultation.ends_at)
    )
    return ConsultationEntry(
        consultation, _("%(starts)s to %(ends)s") % {"starts": starts, "ends": ends}
    )
