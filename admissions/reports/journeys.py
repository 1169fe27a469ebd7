"""How far the people who asked for us have come, and where they were lost."""

from collections import Counter
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

from ..models import Consultation, ConsultationRequest, ContactAttempt
from .look import Disposition, Look, figures_of

SOON_HOURS, DAY_IN_SECONDS = 48, 86_400


class Step(models.IntegerChoices):
    ASKED = 0, _("Asked for us")
    IN_TOUCH = 1, _("In touch")
    BOOKED = 2, _("Consultation booked")
    HELD = 3, _("Consultation held")
    RECOMMENDED = 4, _("Care recommended")
    ADMITTED = 5, _("Admitted")


class Outcome(models.TextChoices):
    OPEN = "open", _("Still open")
    ADMITTED = "admitted", _("Admitted")
    REFERRED = "referred", _("Referred elsewhere")
    LOST = "lost", _("Lost")


# The furthest step of each request. A talk that took place is a live contact too. The last
# row, of all of them, says how many days passed until the first one that was held.
JOURNEYS = f"""
    SELECT
        CASE
            WHEN disposition = ANY(%(admitted)s) THEN {Step.ADMITTED}
            WHEN EXISTS (
                SELECT FROM admissions_recommendation AS made WHERE made.request_id = asked.id
            ) THEN {Step.RECOMMENDED}
            WHEN is_held THEN {Step.HELD}
            WHEN first_at IS NOT NULL THEN {Step.BOOKED}
            WHEN is_live THEN {Step.IN_TOUCH}
            ELSE {Step.ASKED}
        END AS step,
        CASE
            WHEN disposition = ANY(%(admitted)s) THEN 'admitted'
            WHEN disposition = %(referred)s THEN 'referred'
            WHEN stage = 'closed' THEN 'lost'
            ELSE 'open'
        END AS outcome,
        is_held OR is_live AS is_reached, language, source, program_interest_id,
        count(*), count(first_at),
        count(*) FILTER (WHERE first_at <= created_at + interval '{SOON_HOURS} hours'),
        count(held_at),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM held_at - created_at))
    FROM asked,
        LATERAL (
            SELECT (array_agg(starts_at ORDER BY booked_at, id))[1] AS first_at,
                min(starts_at) FILTER (WHERE status = %(completed)s) AS held_at
            FROM admissions_consultation WHERE request_id = asked.id
        ) AS talk,
        LATERAL (SELECT held_at IS NOT NULL AS is_held) AS held,
        LATERAL (
            SELECT count(*) > 0 AS is_live FROM admissions_contactattempt
            WHERE request_id = asked.id AND result = ANY(%(in_touch)s) AND NOT is_held
        ) AS contact
    GROUP BY GROUPING SETS ((1, 2, 3, 4, 5, 6), ())
"""  # noqa: S608  our own figures alone


@dataclass(frozen=True)
class Group:
    """Requests that are alike in all of these: how many, and their first consultations."""

    step: Step
    outcome: str
    is_reached: bool
    language: str
    source: str
    program: int | None
    n: int
    booked: int
    soon: int
    held: int


@dataclass(frozen=True)
class Journeys:
    """Days are those from asking to the first consultation that was held."""

    groups: list[Group]
    days_to_held: float | None

    @property
    def total(self) -> int:
        return sum(group.n for group in self.groups)

    @property
    def reached(self) -> int:
        """Those whom we talked with, or who wrote or called."""
        return sum(group.n for group in self.groups if group.is_reached)

    @property
    def reached_unbooked(self) -> int:
        """Those whom we reached, and who never had a consultation booked."""
        return sum(group.n - group.booked for group in self.groups if group.is_reached)

    @property
    def booked(self) -> int:
        return sum(group.booked for group in self.groups)

    @property
    def booked_soon(self) -> int:
        """Those whose first consultation was booked for within SOON_HOURS of asking."""
        return sum(group.soon for group in self.groups)

    @property
    def held(self) -> int:
        return sum(group.held for group in self.groups)

    def came_to(self, step: Step) -> int:
        """Those who came this far or further."""
        return sum(group.n for group in self.groups if group.step >= step)

    def stopped(self, step: Step, outcome: str) -> int:
        """Those who came this far and no further, and stand or ended like this."""
        alike = (group for group in self.groups if (group.step, group.outcome) == (step, outcome))
        return sum(group.n for group in alike)

    def ended(self, outcome: str) -> int:
        return sum(group.n for group in self.groups if group.outcome == outcome)

    @property
    def worst(self) -> Step | None:
        """The step after which most people were lost; the earlier of equals; None without any."""
        lost = {step: self.stopped(step, Outcome.LOST) for step in Step}
        return max(lost, key=lost.get) if any(lost.values()) else None

    def by(self, name: str) -> dict:
        """How many asked, held a consultation and were admitted, for each value of this."""
        mix: dict = {}
        for group in self.groups:
            counted = mix.setdefault(getattr(group, name), Counter())
            counted["asked"] += group.n
            counted["held"] += group.n * (group.step >= Step.HELD)
            counted["admitted"] += group.n * (group.step == Step.ADMITTED)
        return mix


def journeys(look: Look) -> Journeys:
    """Of the requests made in these days, how far each has come by now."""
    rows = figures_of(
        look.asked(),
        JOURNEYS,
        admitted=sorted(ConsultationRequest.ADMITTED),
        referred=Disposition.REFERRED_OUT,
        completed=Consultation.Status.COMPLETED,
        in_touch=list(ContactAttempt.IN_TOUCH),
    )
    groups = [Group(Step(step), *rest) for step, *rest, _median in rows if step is not None]
    medians = [median for step, *_rest, median in rows if step is None and median is not None]
    return Journeys(groups, medians[0] / DAY_IN_SECONDS if medians else None)
