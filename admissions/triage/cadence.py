"""When staff try again: six tries over ten days, at the person's hours, never more than two a day.

Hours and days are those of the clock where the person is.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from admissions.intake.contact_hours import CALL_HOURS, GOOD_TIME_HOURS, shift_into_call_hours
from admissions.intake.models import ConsultationRequest, ContactAttempt
from admissions.intake.related_rows import read_related

# The day of each try, counted from the first.
ATTEMPT_DAYS = [0, 0, 1, 3, 6, 10]
PLANNED_ATTEMPTS, MAX_ATTEMPTS_PER_DAY = len(ATTEMPT_DAYS), 2
# How far into the hours that suit the person each try falls: no two at the same hour.
FRACTIONS_OF_HOURS = [0, 1 / 4, 5 / 6, 1 / 12, 5 / 12, 2 / 3]
PAUSE_BETWEEN_ATTEMPTS, TIME_TO_DECIDE = timedelta(hours=3), timedelta(days=1)


def current_attempts(request: ConsultationRequest) -> list[ContactAttempt]:
    """The tries of the plan that goes on: those since we were in touch, or took it up again."""
    tries: list[ContactAttempt] = []
    for attempt in sorted(read_related(request, "attempts"), key=lambda each: (each.at, each.pk)):
        tries = [] if attempt.is_in_touch else [*tries, attempt]
    return [each for each in tries if not request.reopened_at or each.at >= request.reopened_at]


def next_attempt_at(request: ConsultationRequest, tries: list[ContactAttempt]) -> datetime:
    """When the next try of the plan falls due; after the last, when staff decide."""
    zone = ZoneInfo(request.time_zone)
    last = tries[-1].at
    if len(tries) >= PLANNED_ATTEMPTS:
        return shift_into_call_hours(last + TIME_TO_DECIDE, zone)
    begins, ends = call_hours_on(last.astimezone(zone).date(), request)
    soon = max(last + PAUSE_BETWEEN_ATTEMPTS, begins)
    if (
        ATTEMPT_DAYS[len(tries)] == 0
        and count_attempts_on(begins.date(), tries, zone) < MAX_ATTEMPTS_PER_DAY
        and soon < ends
    ):
        return soon.astimezone(last.tzinfo)
    begins, ends = call_hours_on(next_attempt_day(tries, zone), request)
    return (begins + (ends - begins) * FRACTIONS_OF_HOURS[len(tries)]).astimezone(last.tzinfo)


def next_attempt_day(tries: list[ContactAttempt], zone: ZoneInfo) -> date:
    """The day that the plan says, and not the day of the last try."""
    first, last = (each.at.astimezone(zone).date() for each in (tries[0], tries[-1]))
    return max(first + timedelta(days=ATTEMPT_DAYS[len(tries)]), last + timedelta(days=1))


def count_attempts_on(day: date, tries: list[ContactAttempt], zone: ZoneInfo) -> int:
    return sum(each.at.astimezone(zone).date() == day for each in tries)


def call_hours_on(day: date, request: ConsultationRequest) -> tuple[datetime, datetime]:
    """The hours of this day in which the person wants to be called."""
    opens, closes = GOOD_TIME_HOURS.get(request.good_time, CALL_HOURS)
    zone = ZoneInfo(request.time_zone)
    return datetime.combine(day, opens, tzinfo=zone), datetime.combine(day, closes, tzinfo=zone)
