"""What the director's screen shows: each figure in words, in a table, and drawn."""

from dataclasses import dataclass
from typing import Any, cast

from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from admissions import staff_formatting
from admissions.care.models import Recommendation
from admissions.formatting import format_hour
from admissions.reporting import charts
from admissions.reporting.attendance import Attendance, LeadTime
from admissions.reporting.funnel import Funnel, FunnelOutcome, FunnelStep
from admissions.reporting.report import Figures, Report
from admissions.reporting.response_times import ResponseTimes
from programs.models import LevelOfCare

from .tables import (
    LANGUAGE_NAMES,
    Table,
    bar_rows,
    breakdown_tables,
    format_days,
    format_minutes,
    format_part_of,
    format_share,
    funnel_table,
    hours_table,
    lead_time_table,
    loss_reasons_table,
    mode_table,
    open_requests_table,
    page_visits_table,
    pages_table,
    response_time_table,
    workload_table,
)

MAX_SHORTAGES = 4
SHORT_LEAD_LABELS = {
    LeadTime.DAY: "< 1 d",
    LeadTime.TWO_DAYS: "1–2 d",
    LeadTime.FOUR_DAYS: "2–4 d",
    LeadTime.WEEK: "4–7 d",
    LeadTime.LONGER: "> 7 d",
}


@dataclass(frozen=True)
class Tile:
    """One figure alone: of how many it is made, what it means, and what it was before."""

    name: str
    value: str
    out_of: str
    words: str
    before: str


def report_context(report: Report) -> dict:
    """All that the screen's template needs, but for its frame."""
    levels = {level.pk: str(level) for level in LevelOfCare.objects.all()}
    figures = report.figures
    return {
        "when": describe_period(report),
        "lead": describe_biggest_loss(figures.funnel),
        "visits": page_visits_table(report),
        "visited": pages_table(report),
        "funnel": funnel_table(figures.funnel),
        "open": open_requests_table(report),
        "standing": report.backlog,
        "tiles": build_tiles(report),
        "promises": response_time_table(report),
        "promised": describe_broken_promises(report),
        "leads": lead_time_table(figures.attendance),
        "dots": attendance_dots(figures.attendance),
        "modes": mode_table(figures.attendance),
        "coverage": coverage_context(report),
        "heat": demand_heatmap(report),
        "hours": hours_table(report),
        "losses": loss_reasons_table(report),
        "levels": recommendation_context(report, levels),
        "mixes": breakdown_tables(report),
        "work": workload_table(report),
        "renewals": report.renewals,
        "lost": report.lost_emails,
    }


def describe_period(report: Report) -> str:
    """Nov 18 to today, 2:11 pm"""
    period, clock = report.period, staff_formatting.format_short_datetime(report.now, report.now)
    if period.days == 1:
        return _("today until %(clock)s") % {"clock": clock}
    first = date_format(localtime(period.begin), _("M j"))
    return _("%(first)s until today, %(clock)s") % {"first": first, "clock": clock}


def describe_biggest_loss(journeys: Funnel) -> str:
    """Where most people are lost, in a sentence."""
    step, lost = journeys.worst_step, journeys.count_ended(FunnelOutcome.LOST)
    if not journeys.total:
        return _("Nobody has asked for us in this time.")
    if step is None:
        return _("Nobody who asked in this time has been lost so far.")
    places = {
        FunnelStep.ASKED: _("before we were in touch"),
        FunnelStep.IN_TOUCH: _("after we were in touch, before a consultation was booked"),
        FunnelStep.BOOKED: _("between booking a consultation and holding it"),
        FunnelStep.HELD: _("after the consultation, before care was recommended"),
        FunnelStep.RECOMMENDED: _("after care was recommended, before admission"),
    }
    return _("Most are lost %(place)s: %(n)s of %(lost)s.") % {
        "place": places[step],
        "n": journeys.stopped_at(step, FunnelOutcome.LOST),
        "lost": lost,
    }


def build_tiles(report: Report) -> list[Tile]:
    """The figures that stand alone, each beside what it was in as many days before."""
    pairs = zip(tile_figures(report.figures), tile_figures(report.previous), strict=True)
    return [
        Tile(name, value, made_of, meaning, before)
        for (name, value, made_of, meaning), (_name, before, _of, _meaning) in pairs
    ] + [safety_tile(report)]


def tile_figures(figures: Figures) -> list[tuple[str, str, str, str]]:
    """(name, value, of how many, what it means) of each."""
    return [
        *call_figures(figures.response_times),
        *request_figures(figures.funnel),
        *consultation_figures(figures.attendance),
    ]


def call_figures(speed: ResponseTimes) -> list[tuple[str, str, str, str]]:
    return [
        (
            _("First try"),
            format_minutes(speed.median_to_attempt),
            format_part_of(speed.attempted, speed.asked),
            _("Half of those who asked for a call, and were tried, waited no longer than this."),
        ),
        (
            _("First talk"),
            format_minutes(speed.median_to_contact),
            format_part_of(speed.contacted, speed.asked),
            _("Half of those who asked for a call, and were reached, waited no longer than this."),
        ),
    ]


def request_figures(journeys: Funnel) -> list[tuple[str, str, str, str]]:
    return [
        (
            _("Reached"),
            format_share(journeys.reached, journeys.total),
            format_part_of(journeys.reached, journeys.total),
            _("Of everyone who asked, we talked with them, or they wrote or called."),
        ),
        (
            _("Booked for within 48 hours"),
            format_share(journeys.booked_soon, journeys.booked),
            format_part_of(journeys.booked_soon, journeys.booked),
            _("Of those who booked, the first time they booked began within 48 hours of asking."),
        ),
        (
            _("Until the consultation"),
            format_days(journeys.median_days_to_held),
            _("of %(n)s held") % {"n": journeys.held},
            _("Half of those whose consultation was held waited no longer for it."),
        ),
    ]


def consultation_figures(shows: Attendance) -> list[tuple[str, str, str, str]]:
    came, due = shows.attended_of_due
    return [
        (
            _("Came"),
            format_share(came, due),
            format_part_of(came, due),
            _("Of the consultations that began in this time, those held and not missed."),
        ),
        (
            _("No-shows booked again"),
            format_share(shows.rebooked, shows.no_shows),
            format_part_of(shows.rebooked, shows.no_shows),
            _("Of those missed in this time, another was booked afterwards."),
        ),
    ]


def safety_tile(report: Report) -> Tile:
    safety = report.safety
    return Tile(
        _("Danger answered"),
        format_minutes(safety.minutes),
        format_part_of(safety.answered, safety.said),
        _("Of those who said that someone may be in danger: half were answered this soon."),
        "",
    )


def attendance_dots(shows: Attendance) -> charts.DotPlot:
    return charts.build_dot_plot(
        [
            (SHORT_LEAD_LABELS[LeadTime(lead)], came, due)
            for lead, (came, due) in shows.by_lead_time().items()
        ]
    )


def coverage_context(report: Report) -> dict:
    """What the map of hours says, in sentences; and the stretches without a free time."""
    covered = report.coverage
    return {
        "total": covered.total,
        "unstaffed": format_part_of(covered.unstaffed, covered.total),
        "unstaffed_share": format_share(covered.unstaffed, covered.total),
        "short": format_part_of(covered.during_shortage, covered.total),
        "shortages": [
            {
                "language": LANGUAGE_NAMES[each.language],
                "since": staff_formatting.format_date_and_time(each.began_at),
                "lasted": staff_formatting.format_duration(each.lasted(now=report.now)),
                "is_over": each.ended_at is not None,
                "requests_meanwhile": cast(Any, each).requests_meanwhile,
            }
            for each in covered.shortages[:MAX_SHORTAGES]
        ],
        "more": max(len(covered.shortages) - MAX_SHORTAGES, 0),
    }


def demand_heatmap(report: Report) -> charts.HeatMap:
    """The week by hours: how many asked, and whether anyone had hours."""
    covered = report.coverage

    def mark(weekday: int, hour: int) -> str:
        if covered.is_uncovered((weekday, hour)):
            return "uncovered"
        return "" if covered.staffed.get((weekday, hour)) else "unstaffed"

    def said(weekday: int, hour: int) -> str:
        return _("%(day)s %(hour)s: %(asked)s asked, %(staffed)s counselor hours") % {
            "day": WEEKDAYS[weekday],
            "hour": format_hour(hour),
            "asked": covered.asked.get((weekday, hour), 0),
            "staffed": f"{covered.staffed.get((weekday, hour), 0):.1f}",
        }

    return charts.build_heat_map(
        [(weekday, str(WEEKDAYS_ABBR[weekday])) for weekday in covered.weekdays],
        [(hour, format_hour(hour) if hour % 3 == 0 else "") for hour in range(24)],
        count=lambda weekday, hour: covered.asked.get((weekday, hour), 0),
        mark=mark,
        words=said,
    )


def recommendation_context(report: Report, levels: dict[int, str]) -> dict:
    """What was recommended against what was agreed; and what came of referrals."""
    made, sent = report.recommendations, report.referrals
    pairs = sorted(made.pairs.items(), key=lambda each: (-each[1], str(each[0])))
    counts = {
        f"{levels[level]} → {(levels.get(other) if other else '') or _('not agreed yet')}": n
        for (level, other), n in pairs
    }
    reasons = dict(Recommendation.DifferenceReason.choices)
    return {
        "table": Table(
            "levels",
            _("Recommended → agreed"),
            _("Recommendations made in this time, the newest of each request."),
            [_("Level of care"), _("People")],
            bar_rows(counts),
        ),
        "as_recommended": format_part_of(made.as_recommended, made.total),
        "reasons": [(reasons[why], n) for why, n in sorted(made.reasons.items())],
        "referred": format_part_of(sent.confirmed, sent.made),
        "referred_share": format_share(sent.confirmed, sent.made),
    }


def describe_broken_promises(report: Report) -> str:
    """How many promises were broken, in a sentence."""
    speed = report.figures.response_times
    if not speed.asked:
        return _("Nobody asked for a call in this time.")
    return ngettext(
        "%(n)s promise of %(asked)s was broken.", "%(n)s promises of %(asked)s were broken.",
        speed.broken_promises,
    ) % {"n": speed.broken_promises, "asked": speed.asked}  # fmt: skip
