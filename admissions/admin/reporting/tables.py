"""The tables of the director's screen: what each figure means, its lines, and their bars."""

from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from admissions import formatting, staff_formatting
from admissions.formatting import format_hour
from admissions.intake.models import ConsultationRequest
from admissions.reporting import charts
from admissions.reporting.attendance import Attendance, LeadTime
from admissions.reporting.funnel import Funnel, FunnelOutcome, FunnelStep
from admissions.reporting.models import PageViewCount
from admissions.reporting.report import Report
from admissions.reporting.response_times import RESPONSE_BANDS
from admissions.scheduling.models import Mode
from programs.models import Program

EMPTY_CELL = "–"
MAX_REASONS = 8
Choices = ConsultationRequest
LANGUAGE_NAMES = dict(settings.LANGUAGES)


@dataclass(frozen=True)
class TableRow:
    """A line of a table: its name, its figures, and its bar."""

    name: str
    cells: list
    bits: list[charts.BarSegment] = field(default_factory=list)


@dataclass(frozen=True)
class Table:
    """One figure: what it means, and its lines; `columns` names the columns."""

    key: str
    title: str
    words: str
    columns: list[str]
    rows: list[TableRow]
    has_bars: bool = True


def format_share(part: int, whole: int) -> str:
    """78 %, or a dash of nobody."""
    return f"{100 * part / whole:.0f} %" if whole else EMPTY_CELL


def format_part_of(part: int, whole: int) -> str:
    return _("%(part)s of %(whole)s") % {"part": part, "whole": whole}


def format_minutes(count: float | None) -> str:
    return (
        EMPTY_CELL
        if count is None
        else staff_formatting.format_duration(timedelta(minutes=round(count)))
    )


def format_days(count: float | None) -> str:
    return EMPTY_CELL if count is None else _("%(n)s days") % {"n": f"{count:.1f}"}


def page_visits_table(report: Report) -> Table | None:
    """From the site to a request: the steps before anyone has a name."""
    counted = report.page_views
    if counted is None:
        return None
    steps = {
        _("Came to the site"): counted.entrances,
        _("Looked at times"): counted.views(PageViewCount.Page.TIMES),
        _("Opened a form"): counted.views(PageViewCount.Page.FORM),
        _("Asked for us there"): counted.asked,
    }
    return Table(
        "visits",
        _("From the site to a request"),
        _(
            "Pages as they were opened, robots that say so left out. It is not known who opened"
            " them, nor whether two were opened by one person, so this tells of trends alone."
            " A visit begins with a page that was opened from elsewhere."
        ),
        [_("Step"), _("Times"), _("For each 100 visits")],
        [
            TableRow(
                name, [n, per_hundred(n, counted.entrances)], charts.build_bar([("on", n)], most)
            )
            for most in [max(steps.values())]
            for name, n in steps.items()
        ],
    )


def per_hundred(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f}" if whole else EMPTY_CELL


def pages_table(report: Report) -> Table:
    """The table behind: which pages, in which language."""
    pages = report.page_views.pages if report.page_views else {}
    names = dict(PageViewCount.Page.choices)
    ordered = sorted(pages.items(), key=lambda each: (-each[1][0], each[0]))
    most = max((views for views, _entrances in pages.values()), default=0)
    return Table(
        "visited",
        _("Which pages were opened"),
        _("Pages of this time by kind and language. From elsewhere: where a visit began."),
        [_("Page"), _("Language"), _("Opened"), _("From elsewhere")],
        [
            TableRow(
                str(names[page]),
                [LANGUAGE_NAMES.get(language, language), views, entrances],
                charts.build_bar([("on", views)], most),
            )
            for (page, language), (views, entrances) in ordered
        ],
    )


def funnel_table(journeys: Funnel) -> Table:
    return Table(
        "funnel",
        _("Where people are lost"),
        _(
            "Of everyone who asked for us in this time, how many came this far or further by now."
            " In touch: we talked, or they wrote or called. Who has come further counts as having"
            " come this far. Duplicates, spam and tests are left out."
        ),
        [_("Step"), _("Came this far"), _("Of all"), _("Lost here"), _("Elsewhere"), _("Open")],
        [funnel_row(journeys, step) for step in FunnelStep],
    )


def funnel_row(journeys: Funnel, step: FunnelStep) -> TableRow:
    came, all_of_them = journeys.reached_step(step), journeys.total
    stopped = {
        outcome: journeys.stopped_at(step, outcome)
        for outcome in (FunnelOutcome.OPEN, FunnelOutcome.REFERRED, FunnelOutcome.LOST)
    }
    parts = [("on", came - sum(stopped.values())), *((str(key), n) for key, n in stopped.items())]
    told = [
        stopped[FunnelOutcome.LOST],
        stopped[FunnelOutcome.REFERRED],
        stopped[FunnelOutcome.OPEN],
    ]
    return TableRow(
        str(step.label),
        [came, format_share(came, all_of_them), *(n or EMPTY_CELL for n in told)],
        charts.build_bar(parts, all_of_them),
    )


def bar_rows(counts: dict, names: dict | None = None) -> list[TableRow]:
    """A line for each, with its bar."""
    most = max(counts.values(), default=0)
    return [
        TableRow(str(names[key]) if names else key, [n], charts.build_bar([("on", n)], most))
        for key, n in counts.items()
    ]


def open_requests_table(report: Report) -> Table:
    return Table(
        "open",
        _("Open right now"),
        _("Every request that is open at this moment, whenever it was made, by its stage."),
        [_("Stage"), _("Requests")],
        bar_rows(report.backlog.stages, dict(Choices.Stage.choices)),
    )


def response_time_table(report: Report) -> Table:
    speed = report.figures.response_times
    kinds = ["on", "open", "referred", "lost", "lost", "open", "lost"]
    most = max(speed.bands, default=0)
    return Table(
        "promises",
        _("Calls asked for: how soon we tried"),
        _(
            "Minutes with a phone counselor on hours until the first try, from the moment they"
            " asked or from the part of the day they asked for. Out of hours we promise a quarter"
            " past the next opening. Hours are as they are kept now."
        ),
        [_("First try"), _("People")],
        [
            TableRow(str(name), [n], charts.build_bar([(kind, n)], most))
            for name, n, kind in zip(RESPONSE_BANDS, speed.bands, kinds, strict=True)
        ],
    )


def attendance_rows(pairs: dict, names: dict) -> list[TableRow]:
    return [
        TableRow(
            str(names[key]),
            [format_part_of(came, due) if due else EMPTY_CELL, format_share(came, due)],
            charts.build_bar([("on", came), ("lost", due - came)], due),
        )
        for key, (came, due) in pairs.items()
    ]


def lead_time_table(shows: Attendance) -> Table:
    return Table(
        "leads",
        _("The longer the wait, the fewer come?"),
        _("Consultations that began in this time: who came, by how long before they were booked."),
        [_("Booked ahead"), _("Came"), _("Share")],
        attendance_rows(shows.by_lead_time(), dict(LeadTime.choices)),
    )


def mode_table(shows: Attendance) -> Table:
    return Table(
        "modes",
        _("Who came, by mode"),
        _("Consultations that began in this time and were held or missed."),
        [_("Mode"), _("Came"), _("Share")],
        attendance_rows(shows.by_mode(), dict(Mode.choices)),
    )


def hours_table(report: Report) -> Table:
    """The table behind the map: by hour of the day, all days together."""
    covered = report.coverage
    staffed = covered.staffed_by_hour()
    requests = covered.by_hour()
    most = max(requests.values(), default=0)
    return Table(
        "hours",
        _("By hour of the day"),
        _("Requests of this time, and hours of phone counselors in it, by the center’s clock."),
        [_("From"), _("Asked"), _("Counselor hours")],
        [
            TableRow(
                format_hour(hour),
                [requests.get(hour, 0), f"{staffed.get(hour, 0):.1f}"],
                charts.build_bar(
                    [("on" if staffed.get(hour) else "lost", requests.get(hour, 0))], most
                ),
            )
            for hour in range(24)
            if staffed.get(hour) or requests.get(hour)
        ],
    )


def loss_reasons_table(report: Report) -> Table:
    names = dict(Choices.CloseReason.choices) | {"": _("No reason kept")}
    ordered = sorted(report.losses.items(), key=lambda each: (-each[1], each[0]))
    counts = dict(ordered[:MAX_REASONS])
    rest = sum(n for _reason, n in ordered[MAX_REASONS:])
    if rest:
        counts["rest"] = rest
        names["rest"] = _("All other reasons")
    return Table(
        "losses",
        _("Why they were lost"),
        _("Of everyone who asked in this time, those closed without admission or referral."),
        [_("Reason"), _("People")],
        bar_rows(counts, names),
    )


def breakdown_tables(report: Report) -> list[Table]:
    """Who asked: by language, program and source."""
    journeys = report.figures.funnel
    programs = {each.pk: each.name for each in Program.objects.all()} | {None: _("Not said")}
    breakdowns: list[tuple[str, str, dict]] = [
        ("language", _("By language"), LANGUAGE_NAMES),
        ("program", _("By program"), programs),
        ("source", _("By source"), dict(Choices.Source.choices)),
    ]
    return [breakdown_table(journeys, name, title, names) for name, title, names in breakdowns]


def breakdown_table(journeys: Funnel, name: str, title: str, names: dict) -> Table:
    counted = journeys.count_by(name)
    most = max((each["asked"] for each in counted.values()), default=0)
    ordered = sorted(counted.items(), key=lambda each: (-each[1]["asked"], str(each[0])))
    return Table(
        name,
        title,
        "",
        [title, _("Asked"), _("Held"), _("Admitted")],
        [
            TableRow(
                str(names[key]),
                [each["asked"], each["held"], each["admitted"]],
                charts.build_bar([("on", each["asked"])], most),
            )
            for key, each in ordered
        ],
    )


def workload_table(report: Report) -> Table:
    most = max((each.open for each in report.workload), default=0)
    return Table(
        "work",
        _("Who has how much"),
        _("By name. Open: requests of theirs right now. Tries and consultations: in this time."),
        [_("Colleague"), _("Open"), _("Tries"), _("Held")],
        [
            TableRow(
                formatting.staff_name(each.user),
                [each.open, each.attempts, each.held],
                charts.build_bar([("on", each.open)], most),
            )
            for each in report.workload
        ],
    )
