"""When staff try again: six tries over ten days, at the person's hours, never more than two a day.

Hours and days are those of the clock where the person is.
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .models import ConsultationRequest, ContactAttempt
from .privacy import GOOD_TIMES

# The day of each try, counted from the first.
PLAN = [0, 0, 1, 3, 6, 10]
PLANNED_TRIES, MOST_A_DAY = len(PLAN), 2
# How far into the hours that suit the person each try falls: no two at the same hour.
PLACES = [0, 1 / 4, 5 / 6, 1 / 12, 5 / 12, 2 / 3]
DAY_OF_CALLS = time(8), time(20)
PAUSE_WITHIN_A_DAY, TO_DECIDE = timedelta(hours=3), timedelta(days=1)


def tries_of(request: ConsultationRequest) -> list[ContactAttempt]:
    """The tries of the plan that goes on: those since we were in touch, or took it up again."""
    tries = []
    for attempt in sorted(request.attempts.all(), key=lambda each: (each.at, each.pk)):
        tries = [] if attempt.is_in_touch else [*tries, attempt]
    return [each for each in tries if not request.reopened_at or each.at >= request.reopened_at]


def next_try(request: ConsultationRequest, tries: list[ContactAttempt]) -> datetime:
    """When the next try of the plan falls due; after the last, when staff decide."""
    zone = ZoneInfo(request.time_zone)
    last = tries[-1].at
    if len(tries) >= PLANNED_TRIES:
        return within_the_day(last + TO_DECIDE, zone)
    begins, ends = hours_on(last.astimezone(zone).date(), request)
    soon = max(last + PAUSE_WITHIN_A_DAY, begins)
    if PLAN[len(tries)] == 0 and tries_on(begins.date(), tries, zone) < MOST_A_DAY and soon < ends:
        return soon.astimezone(last.tzinfo)
    begins, ends = hours_on(day_of_next(tries, zone), request)
    return (begins + (ends - begins) * PLACES[len(tries)]).astimezone(last.tzinfo)


def day_of_next(tries: list[ContactAttempt], zone: ZoneInfo) -> date:
    """The day that the plan says, and not the day of the last try."""
    first, last = (each.at.astimezone(zone).date() for each in (tries[0], tries[-1]))
    return max(first + timedelta(days=PLAN[len(tries)]), last + timedelta(days=1))


def tries_on(day: date, tries: list[ContactAttempt], zone: ZoneInfo) -> int:
    return sum(each.at.astimezone(zone).date() == day for each in tries)


def hours_on(day: date, request: ConsultationRequest) -> tuple[datetime, datetime]:
    """The hours of this day in which the person wants to be called."""
    opens, closes = GOOD_TIMES.get(request.good_time, DAY_OF_CALLS)
    zone = ZoneInfo(request.time_zone)
    return datetime.combine(day, opens, tzinfo=zone), datetime.combine(day, closes, tzinfo=zone)


def within_the_day(at: datetime, zone: ZoneInfo) -> datetime:
    """The same instant, or the next 8 in the morning if it falls outside 8 to 20."""
    local = at.astimezone(zone)
    opens, closes = DAY_OF_CALLS
    if opens <= local.time() < closes:
        return at
    day = local.date() + timedelta(days=1 if local.time() >= closes else 0)
    return datetime.combine(day, opens, tzinfo=zone).astimezone(at.tzinfo)
