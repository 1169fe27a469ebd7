"""How soon the people who asked us to call were tried and reached.

The clock of a promise begins when they asked, or with the part of the day that
they asked for, and runs only while a phone counselor has hours.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from ..availability import CALL_AFTER_OPENING, CALL_WITHIN
from ..clocks import ALERT_AFTER, BREACH_AFTER, ESCALATE_AFTER
from ..models import ConsultationRequest, ContactAttempt
from ..privacy import GOOD_TIMES
from .look import Look, figures_of
from .staffed import STAFFED, Hours

Source = ConsultationRequest.Source
# In minutes with somebody at the phones. Out of hours we promise a quarter past the opening.
TARGET, ALERT, ESCALATE, BREACH = (
    limit // timedelta(minutes=1)
    for limit in (CALL_WITHIN, ALERT_AFTER, ESCALATE_AFTER, BREACH_AFTER)
)
AFTER_OPENING = CALL_AFTER_OPENING // timedelta(minutes=1)
# What Speed.bands counts, in order.
BANDS = [
    _("Within 5 minutes, as promised"),
    _("5 to 10 minutes"),
    _("10 to 15 minutes (alert)"),
    _("15 to 60 minutes (escalated)"),
    _("Over 60 minutes (breach)"),
    _("Not tried yet"),
    _("Ended without a try"),
]

SPEED = f"""
    , {STAFFED}, parts (good_time, starts, stops) AS (
        SELECT * FROM unnest(%(parts)s, %(starts)s::time[], %(stops)s::time[])
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
            FROM admissions_contactattempt WHERE request_id = begun.id
        ) AS first
    ), clocked AS (
        SELECT created_at, tried_at, talked_at, closed_at,
            began - opens[b] + 60 * {TARGET} <= lengths[b] AS is_staffed,
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
    SELECT count(*), count(tried_at), count(talked_at),
        count(*) FILTER (WHERE tried_at IS NULL AND closed_at IS NULL),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM tried_at - created_at) / 60),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY waited) FILTER (WHERE tried_at IS NOT NULL),
        percentile_cont(0.5)
            WITHIN GROUP (ORDER BY extract(epoch FROM talked_at - created_at) / 60),
        count(*) FILTER (
            WHERE waited > CASE WHEN is_staffed THEN {TARGET} ELSE {AFTER_OPENING} END
        ),
        count(*) FILTER (WHERE tried_at IS NOT NULL AND waited <= {TARGET}),
        count(*) FILTER (WHERE tried_at IS NOT NULL AND waited > {TARGET} AND waited <= {ALERT}),
        count(*) FILTER (WHERE tried_at IS NOT NULL AND waited > {ALERT} AND waited <= {ESCALATE}),
        count(*) FILTER (WHERE tried_at IS NOT NULL AND waited > {ESCALATE} AND waited <= {BREACH}),
        count(*) FILTER (WHERE tried_at IS NOT NULL AND waited > {BREACH}),
        count(*) FILTER (WHERE waited > {ALERT}),
        count(*) FILTER (WHERE waited > {ESCALATE}),
        count(*) FILTER (WHERE waited > {BREACH})
    FROM clocked
"""  # noqa: S608  our own words and figures alone


@dataclass(frozen=True)
class Speed:
    """Counts of people who asked us to call; medians in minutes, None of nobody."""

    asked: int
    tried: int
    talked: int
    waiting: int
    to_try: float | None
    to_try_staffed: float | None
    to_talk: float | None
    broken: int
    within_target: int
    within_alert: int
    within_escalation: int
    within_breach: int
    later: int
    over_alert: int
    over_escalation: int
    over_breach: int

    @property
    def never(self) -> int:
        """Those whose request ended before anyone tried."""
        return self.asked - self.tried - self.waiting

    @property
    def bands(self) -> list[int]:
        """Everyone, by when we first tried: five bands, those who wait, those never tried."""
        return [
            self.within_target,
            self.within_alert,
            self.within_escalation,
            self.within_breach,
            self.later,
            self.waiting,
            self.never,
        ]


def speed(look: Look, staffed: Hours, *, now: datetime) -> Speed:
    """Of those who asked for a call in these days, how soon each was tried by now."""
    parts = {str(part): times for part, times in GOOD_TIMES.items()}
    [row] = figures_of(
        look.asked().filter(source=Source.CALLBACK),
        SPEED,
        now=now,
        parts=list(parts),
        starts=[starts for starts, _stops in parts.values()],
        stops=[stops for _starts, stops in parts.values()],
        in_touch=list(ContactAttempt.IN_TOUCH),
        **staffed.lists,
    )
    return Speed(*row)
