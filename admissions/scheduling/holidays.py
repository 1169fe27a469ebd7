"""When the whole center closes: the holidays ahead, and which consultations a closure touches."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone
from holidays import country_holidays

from admissions import local_time
from programs.models import Facility
from users.models import User

from .models import Closure, Consultation

COUNTRY, STATE = "US", "CA"
DAY, HOLIDAY_LOOK_AHEAD = timedelta(days=1), timedelta(days=365)


@dataclass(frozen=True)
class Holiday:
    """A day that the country or the state keeps, and whether the center is closed all day."""

    on: date
    name: str
    is_closed: bool


def holidays_ahead(*, now: datetime) -> list[Holiday]:
    """Every holiday from today on, for twelve months, by the center's clock."""
    first = timezone.localdate(now)
    names = holiday_names(first, first + HOLIDAY_LOOK_AHEAD)
    closures = list(Closure.objects.filter(counselor=None, ends_at__gte=now))
    return [Holiday(on, names[on], is_closed_on(on, closures)) for on in sorted(names)]


def holiday_names(first: date, last: date) -> dict[date, str]:
    """Holidays of the country, and those that only the state keeps."""
    years = range(first.year, last.year + 1)
    names: dict[date, str] = {}
    for state in (STATE, None):
        names |= country_holidays(COUNTRY, subdiv=state, years=years, language="en_US")
    return {on: name for on, name in names.items() if first <= on <= last}


def is_closed_on(on: date, closures: list[Closure]) -> bool:
    starts_at, ends_at = whole_day_bounds(on, on)
    return any(each.starts_at <= starts_at and each.ends_at >= ends_at for each in closures)


def whole_day_bounds(first: date, last: date) -> tuple[datetime, datetime]:
    """From the first midnight to the last, by the center's clock."""
    zone = local_time.center_zone()
    return (
        datetime.combine(first, time(0), tzinfo=zone),
        datetime.combine(last + DAY, time(0), tzinfo=zone),
    )


@transaction.atomic
def close_on_holidays(*, days: list[date], by: User) -> list[Closure]:
    """Close the whole center on those of these days that are holidays and not closed yet."""
    # Two colleagues at once would each see the days open.
    Facility.objects.select_for_update().get()
    made = [
        Closure(starts_at=starts_at, ends_at=ends_at, reason=holiday.name[:80])
        for holiday in holidays_ahead(now=timezone.now())
        if holiday.on in days and not holiday.is_closed
        for starts_at, ends_at in [whole_day_bounds(holiday.on, holiday.on)]
    ]
    Closure.objects.bulk_create(made)
    for closure in made:
        reset_kept_decisions(closure)
    return made


def reset_kept_decisions(closure: Closure) -> None:
    """What was kept in earlier time away needs a new look once this closure touches it."""
    touched = Consultation.objects.upcoming(now=timezone.now()).during(closure)
    touched.filter(kept_at__isnull=False).update(kept_at=None)


def find_affected_consultations(closures: list[Closure]) -> list[Consultation]:
    """What stands in the time of any of these and is yet to come, each once, soonest first."""
    found: dict[int, Consultation] = {}
    for closure in closures:
        upcoming = Consultation.objects.upcoming(now=timezone.now()).during(closure)
        found |= {each.pk: each for each in upcoming.select_related("request", "counselor")}
    return sorted(found.values(), key=lambda each: (each.starts_at, each.pk))
