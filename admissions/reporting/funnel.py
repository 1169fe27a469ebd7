"""How far the people who asked for us have come, and where they were lost."""

from collections import Counter
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

from admissions.intake.models import ConsultationRequest, ContactAttempt
from admissions.scheduling.models import Consultation

from .period import Disposition, Period, query_figures

BOOKED_SOON_HOURS, SECONDS_PER_DAY = 48, 86_400


class FunnelStep(models.IntegerChoices):
    ASKED = 0, _("Asked for us")
    IN_TOUCH = 1, _("In touch")
    BOOKED = 2, _("Consultation booked")
    HELD = 3, _("Consultation held")
    RECOMMENDED = 4, _("Care recommended")
    ADMITTED = 5, _("Admitted")


class FunnelOutcome(models.TextChoices):
    OPEN = "open", _("Still open")
    ADMITTED = "admitted", _("Admitted")
    REFERRED = "referred", _("Referred elsewhere")
    LOST = "lost", _("Lost")


# The furthest step of each request. A talk that took place is a live contact too. The last
# row, of all of them, says how many days passed until the first one that was held. Most requests
# have one consultation: none is put in order for them.
FUNNEL_SQL = f"""
    SELECT
        CASE
            WHEN disposition = ANY(%(admitted)s) THEN {FunnelStep.ADMITTED}
            WHEN EXISTS (
                SELECT FROM admissions_recommendation AS made WHERE made.request_id = asked.id
            ) THEN {FunnelStep.RECOMMENDED}
            WHEN is_held THEN {FunnelStep.HELD}
            WHEN first_at IS NOT NULL THEN {FunnelStep.BOOKED}
            WHEN is_live THEN {FunnelStep.IN_TOUCH}
            ELSE {FunnelStep.ASKED}
        END AS step,
        CASE
            WHEN disposition = ANY(%(admitted)s) THEN 'admitted'
            WHEN disposition = %(referred)s THEN 'referred'
            WHEN stage = 'closed' THEN 'lost'
            ELSE 'open'
        END AS outcome,
        is_held OR is_live AS is_reached, language, source, program_interest_id AS program,
        count(*) AS count, count(first_at) AS booked,
        count(*) FILTER (WHERE first_at <= created_at + interval '{BOOKED_SOON_HOURS} hours')
            AS booked_soon,
        count(held_at) AS held,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY date_part('epoch', held_at - created_at))
            AS median_seconds_to_held
    FROM (
            SELECT asked.id, asked.created_at, disposition, stage, language, source,
                program_interest_id, count(talk.id) AS talks, min(starts_at) AS earliest_at,
                min(starts_at) FILTER (WHERE talk.status = %(completed)s) AS held_at
            FROM asked LEFT JOIN admissions_consultation AS talk ON talk.request_id = asked.id
            GROUP BY 1, 2, 3, 4, 5, 6, 7
        ) AS asked,
        LATERAL (
            SELECT CASE
                WHEN talks > 1 THEN (
                    SELECT starts_at FROM admissions_consultation
                    WHERE request_id = asked.id ORDER BY booked_at, id LIMIT 1
                )
                ELSE earliest_at
            END AS first_at
        ) AS talk,
        LATERAL (
            SELECT held_at IS NOT NULL AS is_held, held_at IS NULL AND EXISTS (
                SELECT FROM admissions_contactattempt
                WHERE request_id = asked.id AND result = ANY(%(in_touch)s)
                    AND taken_back_at IS NULL
            ) AS is_live
        ) AS contact
    GROUP BY GROUPING SETS ((1, 2, 3, 4, 5, 6), ())
"""  # noqa: S608  our own figures alone


@dataclass(frozen=True)
class FunnelGroup:
    """Requests that are alike in all of these: how many, and their first consultations."""

    step: FunnelStep
    outcome: str
    is_reached: bool
    language: str
    source: str
    program: int | None
    count: int
    booked: int
    booked_soon: int
    held: int


@dataclass(frozen=True)
class FunnelRow:
    """A group as the database answers it; the row of everyone together names no step."""

    step: int | None
    outcome: str
    is_reached: bool
    language: str
    source: str
    program: int | None
    count: int
    booked: int
    booked_soon: int
    held: int
    median_seconds_to_held: float | None

    def as_group(self, step: FunnelStep) -> FunnelGroup:
        return FunnelGroup(
            step=step,
            outcome=self.outcome,
            is_reached=self.is_reached,
            language=self.language,
            source=self.source,
            program=self.program,
            count=self.count,
            booked=self.booked,
            booked_soon=self.booked_soon,
            held=self.held,
        )


@dataclass(frozen=True)
class Funnel:
    """Days are those from asking to the first consultation that was held."""

    groups: list[FunnelGroup]
    median_days_to_held: float | None

    @property
    def total(self) -> int:
        return sum(group.count for group in self.groups)

    @property
    def reached(self) -> int:
        """Those whom we talked with, or who wrote or called."""
        return sum(group.count for group in self.groups if group.is_reached)

    @property
    def reached_unbooked(self) -> int:
        """Those whom we reached, and who never had a consultation booked."""
        return sum(group.count - group.booked for group in self.groups if group.is_reached)

    @property
    def booked(self) -> int:
        return sum(group.booked for group in self.groups)

    @property
    def booked_soon(self) -> int:
        """Those whose first consultation was booked for within SOON_HOURS of asking."""
        return sum(group.booked_soon for group in self.groups)

    @property
    def held(self) -> int:
        return sum(group.held for group in self.groups)

    def reached_step(self, step: FunnelStep) -> int:
        """Those who came this far or further."""
        return sum(group.count for group in self.groups if group.step >= step)

    def stopped_at(self, step: FunnelStep, outcome: str) -> int:
        """Those who came this far and no further, and stand or ended like this."""
        alike = (group for group in self.groups if (group.step, group.outcome) == (step, outcome))
        return sum(group.count for group in alike)

    def count_ended(self, outcome: str) -> int:
        return sum(group.count for group in self.groups if group.outcome == outcome)

    @property
    def worst_step(self) -> FunnelStep | None:
        """The step after which most people were lost; the earlier of equals; None without any."""
        lost = {step: self.stopped_at(step, FunnelOutcome.LOST) for step in FunnelStep}
        return max(lost, key=lambda step: lost[step]) if any(lost.values()) else None

    def count_by(self, name: str) -> dict[str | int | None, Counter[str]]:
        """How many asked, held a consultation and were admitted, for each value of this."""
        mix: dict[str | int | None, Counter[str]] = {}
        for group in self.groups:
            counted = mix.setdefault(getattr(group, name), Counter())
            counted["asked"] += group.count
            counted["held"] += group.count * (group.step >= FunnelStep.HELD)
            counted["admitted"] += group.count * (group.step == FunnelStep.ADMITTED)
        return mix


def measure_funnel(period: Period) -> Funnel:
    """Of the requests made in these days, how far each has come by now."""
    rows = query_figures(
        FunnelRow,
        period.find_requests(),
        FUNNEL_SQL,
        admitted=sorted(ConsultationRequest.ADMITTED_DISPOSITIONS),
        referred=Disposition.REFERRED_OUT,
        completed=Consultation.Status.COMPLETED,
        in_touch=list(ContactAttempt.IN_TOUCH),
    )
    groups = [row.as_group(FunnelStep(row.step)) for row in rows if row.step is not None]
    medians = [row.median_seconds_to_held for row in rows if row.step is None]
    median = next((each for each in medians if each is not None), None)
    return Funnel(groups, None if median is None else median / SECONDS_PER_DAY)
