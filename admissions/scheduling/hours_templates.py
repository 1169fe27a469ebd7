"""Weekly hours that a new counselor begins with: a usual week, or those of a colleague."""

from dataclasses import dataclass
from datetime import date, time

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .models import Counselor, WeeklyHours

# Someone holds consultations, and their hours are entered another day.
LATER = "later"
LIKE_PREFIX = "like-"


@dataclass(frozen=True)
class HoursTemplate:
    """One stretch of hours on some weekdays, by the clock of the counselor's location."""

    code: str
    label: Promise
    weekdays: tuple[int, ...]
    opens: time
    closes: time


WORKDAYS, WEEKEND = tuple(range(5)), (5, 6)
TEMPLATES = [
    HoursTemplate("weekdays", _("Monday to Friday, 9 am to 5 pm"), WORKDAYS, time(9), time(17)),
    HoursTemplate(
        "mornings", _("Mornings: Monday to Friday, 8 am to 1 pm"), WORKDAYS, time(8), time(13)
    ),
    HoursTemplate(
        "evenings",
        _("Afternoons and evenings: Monday to Friday, 1 pm to 9 pm"),
        WORKDAYS,
        time(13),
        time(21),
    ),
    HoursTemplate("weekend", _("Saturday and Sunday, 9 am to 5 pm"), WEEKEND, time(9), time(17)),
]


def find_models_to_copy() -> QuerySet[Counselor]:
    """Counselors who work here and have weekly hours, by name."""
    working = Counselor.objects.filter(user__is_active=True, weekly_hours__isnull=False)
    return working.distinct().order_by("public_name", "pk")


def build_hours(counselor: Counselor, code: str, *, on: date) -> list[WeeklyHours]:
    """The hours, not yet saved, that a code of this module means; none for LATER.

    What a colleague has for ways to talk that this counselor does not take is left out, and so
    is what was over before this day.
    """
    if code.startswith(LIKE_PREFIX):
        return copy_hours(counselor, int(code.removeprefix(LIKE_PREFIX)), on=on)
    return [
        WeeklyHours(counselor=counselor, weekday=day, opens=template.opens, closes=template.closes)
        for template in TEMPLATES
        if template.code == code
        for day in template.weekdays
    ]


def copy_hours(counselor: Counselor, of: int, *, on: date) -> list[WeeklyHours]:
    rows = WeeklyHours.objects.filter(Q(valid_until=None) | Q(valid_until__gte=on), counselor_id=of)
    return [
        WeeklyHours(
            counselor=counselor,
            weekday=row.weekday,
            opens=row.opens,
            closes=row.closes,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            modes=[mode for mode in row.modes if mode in counselor.modes],
            location_id=row.location_id,
        )
        for row in rows
        if not row.modes or set(row.modes) & set(counselor.modes)
    ]
