"""How soon the people who asked us to call were tried and reached.

The clock of a promise begins when they asked, or with the part of the day that
they asked for, and runs only while a phone counselor has hours.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from admissions.intake.contact_hours import GOOD_TIME_HOURS
from admissions.intake.models import ConsultationRequest, ContactAttempt
from admissions.intake.service_levels import (
    CALL_ALERT_AFTER,
    CALL_ESCALATE_AFTER,
    CALLBACK_AFTER_OPENING,
    CALLBACK_WITHIN,
    FIRST_ANSWER_BREACH_AFTER,
)

from .period import Period, query_figures
from .staffing import STAFFED_SQL, StaffedHours

Source = ConsultationRequest.Source
# In minutes with somebody at the phones. Out of hours we promise a quarter past the opening.
TARGET_MINUTES, ALERT_MINUTES, ESCALATION_MINUTES, BREACH_MINUTES = (
    limit // timedelta(minutes=1)
    for limit in (CALLBACK_WITHIN, CALL_ALERT_AFTER, CALL_ESCALATE_AFTER, FIRST_ANSWER_BREACH_AFTER)
)
AFTER_OPENING_MINUTES = CALLBACK_AFTER_OPENING // timedelta(minutes=1)
# What Speed.bands counts, in order.
RESPONSE_BANDS = [
    _("Within 5 minutes, as promised"),
    _("5 to 10 minutes"),
    _("10 to 15 minutes (alert)"),
    _("15 to 60 minutes (escalated)"),
    _("Over 60 minutes (breach)"),
    _("Not tried yet"),
    _("Ended without a try"),
]

RESPONSE_TIMES_SQL = f"""
    , {STAFFED_SQL}, parts (good_time, starts, stops) AS (
        SELECT * FROM unnest(%(parts)s::text[], %(starts)s::time[], %(stops)s::time[])
    ), begun AS (
        SELECT asked.*, CASE
            WHEN starts IS NULL OR local::time >= starts AND local::time < stops THEN created_at
            ELSE (local::date + starts + (local::time >= stops)::int * interval '1 day')
                AT TIME ZONE time_zone
        END AS begun_at
        FROM asked
        LEFT JOIN parts USING (good_time)
        CROSS JOIN LATERAL (SELECT created_at AT TIME ZONE time_zone AS local) AS there
    ), tried AS (
        SELECT begun.*, tried_at, talked_at, greatest(
            begun_at, coalesce(tried_at, closed_at, %(now)s)
        ) AS until
        FROM begun, LATERAL (
            SELECT min(at) AS tried_at,
                min(at) FILTER (WHERE result = ANY(%(in_touch)s)) AS talked_at
            FROM admissions_contactattempt
            WHERE request_id = begun.id AND taken_back_at IS NULL
        ) AS first
    ), clocked AS (
        SELECT created_at, tried_at, talked_at, closed_at,
            began - opens[b] + 60 * {TARGET_MINUTES} <= lengths[b] AS is_staffed,
            (earlier[u] + least(ended - opens[u], lengths[u])
                - earlier[b] - least(began - opens[b], lengths[b])) / 60 AS waited
        FROM tried, staffed,
            LATERAL (
                SELECT extract(epoch FROM begun_at)::float8 AS began,
                    extract(epoch FROM until)::float8 AS ended
            ) AS moments,
            LATERAL (
                SELECT width_bucket(began, opens) AS b, width_bucket(ended, opens) AS u
            ) AS places
    )
    SELECT count(*) AS asked, count(tried_at) AS attempted, count(talked_at) AS contacted,
        count(*) FILTER (WHERE tried_at IS NULL AND closed_at IS NULL) AS waiting,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM tried_at - created_at) / 60)
            AS median_to_attempt,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY waited) FILTER (WHERE tried_at IS NOT NULL)
            AS median_staffed_to_attempt,
        percentile_cont(0.5)
            WITHIN GROUP (ORDER BY extract(epoch FROM talked_at - created_at) / 60)
            AS median_to_contact,
        count(*) FILTER (
            WHERE waited > CASE
                WHEN is_staffed THEN {TARGET_MINUTES} ELSE {AFTER_OPENING_MINUTES}
            END
        ) AS broken_promises,
        count(*) FILTER (WHERE tried_at IS NOT NULL AND waited <= {TARGET_MINUTES})
            AS within_target,
        count(*) FILTER (
            WHERE tried_at IS NOT NULL
            AND waited > {TARGET_MINUTES} AND waited <= {ALERT_MINUTES}
        ) AS within_alert,
        count(*) FILTER (
            WHERE tried_at IS NOT NULL
            AND waited > {ALERT_MINUTES} AND waited <= {ESCALATION_MINUTES}
        ) AS within_escalation,
        count(*) FILTER (
            WHERE tried_at IS NOT NULL
            AND waited > {ESCALATION_MINUTES} AND waited <= {BREACH_MINUTES}
        ) AS within_breach,
        count(*) FILTER (WHERE tried_at IS NOT NULL AND waited > {BREACH_MINUTES}) AS after_breach,
        count(*) FILTER (WHERE waited > {ALERT_MINUTES}) AS over_alert,
        count(*) FILTER (WHERE waited > {ESCALATION_MINUTES}) AS over_escalation,
        count(*) FILTER (WHERE waited > {BREACH_MINUTES}) AS over_breach
    FROM clocked
"""  # noqa: S608  our own words and figures alone


@dataclass(frozen=True)
class ResponseTimes:
    """Counts of people who asked us to call; medians in minutes, None of nobody."""

    asked: int
    attempted: int
    contacted: int
    waiting: int
    median_to_attempt: float | None
    median_staffed_to_attempt: float | None
    median_to_contact: float | None
    broken_promises: int
    within_target: int
    within_alert: int
    within_escalation: int
    within_breach: int
    after_breach: int
    over_alert: int
    over_escalation: int
    over_breach: int

    @property
    def never_attempted(self) -> int:
        """Those whose request ended before anyone tried."""
        return self.asked - self.attempted - self.waiting

    @property
    def bands(self) -> list[int]:
        """Everyone, by when we first tried: five bands, those who wait, those never tried."""
        return [
            self.within_target,
            self.within_alert,
            self.within_escalation,
            self.within_breach,
            self.after_breach,
            self.waiting,
            self.never_attempted,
        ]


def measure_response_times(
    period: Period, staffed: StaffedHours, *, now: datetime
) -> ResponseTimes:
    """Of those who asked for a call in these days, how soon each was tried by now."""
    parts = {str(part): times for part, times in GOOD_TIME_HOURS.items()}
    [found] = query_figures(
        ResponseTimes,
        period.find_requests().filter(source=Source.CALLBACK),
        RESPONSE_TIMES_SQL,
        now=now,
        parts=list(parts),
        starts=[starts for starts, _stops in parts.values()],
        stops=[stops for _starts, stops in parts.values()],
        in_touch=list(ContactAttempt.IN_TOUCH),
        **staffed.sql_arrays,
    )
    return found
