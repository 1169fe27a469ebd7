"""The director's figures: each is one question to the database, asked once. Reads only."""

from dataclasses import dataclass
from datetime import datetime

from ..roster import Staffed, roster_between
from ..today import Renewal
from .footfall import Footfall, footfall
from .journeys import Group, Journeys, Outcome, Step, journeys
from .look import NO_PROGRAM, PERIODS, Look, look_back, whole_days
from .outcomes import Recommended, Referred, admissions, losses, recommended, referred
from .speed import Speed, speed
from .staffed import Coverage, coverage, hours
from .standing import (
    Lost,
    Open,
    Safety,
    Work,
    lost_emails,
    renewals,
    safety,
    standing,
    workload,
)
from .talks import Lead, Shows, shows

__all__ = [
    "NO_PROGRAM",
    "PERIODS",
    "Coverage",
    "Figures",
    "Footfall",
    "Group",
    "Journeys",
    "Lead",
    "Look",
    "Lost",
    "Open",
    "Outcome",
    "Recommended",
    "Referred",
    "Report",
    "Safety",
    "Shows",
    "Speed",
    "Step",
    "Work",
    "figures",
    "look_back",
    "report",
    "whole_days",
]


@dataclass(frozen=True)
class Figures:
    """What is counted over some days, and over as many before them."""

    look: Look
    journeys: Journeys
    speed: Speed
    shows: Shows


@dataclass(frozen=True)
class Report:
    """Everything on the director's screen."""

    now: datetime
    figures: Figures
    before: Figures
    footfall: Footfall | None
    coverage: Coverage
    safety: Safety
    losses: dict[str, int]
    admissions: dict[str, int]
    recommended: Recommended
    referred: Referred
    open: Open
    work: list[Work]
    lost: Lost
    renewals: list[Renewal]

    @property
    def look(self) -> Look:
        return self.figures.look


def report(look: Look, *, now: datetime) -> Report:
    """The figures of these days beside those before them, and the desk as it stands."""
    roster = roster_between(look.before.begin, now)
    return Report(
        now=now,
        figures=figures(look, roster, now=now),
        before=figures(look.before, roster, now=now),
        footfall=footfall(look),
        coverage=coverage(look, hours(roster, look, until=look.end)),
        safety=safety(look),
        losses=losses(look),
        admissions=admissions(look),
        recommended=recommended(look),
        referred=referred(look),
        open=standing(look, now=now),
        work=workload(look),
        lost=lost_emails(look),
        renewals=renewals(now=now),
    )


def figures(look: Look, roster: list[Staffed], *, now: datetime) -> Figures:
    return Figures(
        look=look,
        journeys=journeys(look),
        speed=speed(look, hours(roster, look, until=now), now=now),
        shows=shows(look),
    )
