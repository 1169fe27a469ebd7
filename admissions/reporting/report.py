"""The director's figures: each is one question to the database, asked once. Reads only."""

from dataclasses import dataclass
from datetime import datetime

from admissions.care.credentials import ExpiringCredential
from admissions.scheduling.roster import RosterEntry, load_roster_between

from .attendance import Attendance, measure_attendance
from .backlog import (
    Backlog,
    LostEmails,
    SafetyAnswers,
    StaffWorkload,
    count_lost_emails,
    find_expiring_credentials,
    measure_backlog,
    measure_safety_answers,
    measure_workload,
)
from .funnel import Funnel, measure_funnel
from .outcomes import (
    RecommendationCounts,
    ReferralCounts,
    count_admissions,
    count_losses,
    count_recommendations,
    count_referrals,
)
from .page_views import PageViews, measure_page_views
from .period import Period
from .response_times import ResponseTimes, measure_response_times
from .staffing import StaffingCoverage, find_staffed_hours, measure_coverage


@dataclass(frozen=True)
class Figures:
    """What is counted over some days, and over as many before them."""

    period: Period
    funnel: Funnel
    response_times: ResponseTimes
    attendance: Attendance


@dataclass(frozen=True)
class Report:
    """Everything on the director's screen."""

    now: datetime
    figures: Figures
    previous: Figures
    page_views: PageViews | None
    coverage: StaffingCoverage
    safety: SafetyAnswers
    losses: dict[str, int]
    admissions: dict[str, int]
    recommendations: RecommendationCounts
    referrals: ReferralCounts
    backlog: Backlog
    workload: list[StaffWorkload]
    lost_emails: LostEmails
    renewals: list[ExpiringCredential]

    @property
    def period(self) -> Period:
        return self.figures.period


def build_report(period: Period, *, now: datetime) -> Report:
    """The figures of these days beside those before them, and the desk as it stands."""
    roster = load_roster_between(period.previous.begin, now)
    return Report(
        now=now,
        figures=build_figures(period, roster, now=now),
        previous=build_figures(period.previous, roster, now=now),
        page_views=measure_page_views(period),
        coverage=measure_coverage(period, find_staffed_hours(roster, period, until=period.end)),
        safety=measure_safety_answers(period),
        losses=count_losses(period),
        admissions=count_admissions(period),
        recommendations=count_recommendations(period),
        referrals=count_referrals(period),
        backlog=measure_backlog(period, now=now),
        workload=measure_workload(period),
        lost_emails=count_lost_emails(period),
        renewals=find_expiring_credentials(now=now),
    )


def build_figures(period: Period, roster: list[RosterEntry], *, now: datetime) -> Figures:
    return Figures(
        period=period,
        funnel=measure_funnel(period),
        response_times=measure_response_times(
            period, find_staffed_hours(roster, period, until=now), now=now
        ),
        attendance=measure_attendance(period),
    )
