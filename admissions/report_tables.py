"""The tables of the director's screen: what each figure means, its lines, and their bars."""

from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from programs.models import Program

from . import charts, desk
from .models import ConsultationRequest, Mode, VisitCount
from .reports import Journeys, Lead, Outcome, Report, Shows, Step
from .reports.speed import BANDS

NOTHING = "–"
MOST_REASONS = 8
Choices = ConsultationRequest
LANGUAGES = dict(settings.LANGUAGES)


@dataclass(frozen=True)
class Row:
    """A line of a table: its name, its figures, and its bar."""

    name: str
    cells: list
    bits: list[charts.Bit] = field(default_factory=list)


@dataclass(frozen=True)
class Table:
    """One figure: what it means, and its lines; `head` names the columns."""

    key: str
    title: str
    words: str
    head: list[str]
    rows: list[Row]
    has_bars: bool = True


def share(part: int, whole: int) -> str:
    """78 %, or a dash of nobody."""
    return f"{100 * part / whole:.0f} %" if whole else NOTHING


def of(part: int, whole: int) -> str:
    return _("%(part)s of %(whole)s") % {"part": part, "whole": whole}


def minutes(count: float | None) -> str:
    return NOTHING if count is None else desk.lasting(timedelta(minutes=round(count)))


def days(count: float | None) -> str:
    return NOTHING if count is None else _("%(n)s days") % {"n": f"{count:.1f}"}


def clock_hour(hour: int) -> str:
    """12 am, 9 am, 3 pm."""
    return f"{(hour - 1) % 12 + 1} {'am' if hour < 12 else 'pm'}"


def visits(report: Report) -> Table | None:
    """From the site to a request: the steps before anyone has a name."""
    counted = report.footfall
    if counted is None:
        return None
    steps = {
        _("Came to the site"): counted.visits,
        _("Looked at times"): counted.opened(VisitCount.Page.TIMES),
        _("Opened a form"): counted.opened(VisitCount.Page.FORM),
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
            Row(name, [n, for_each_hundred(n, counted.visits)], charts.bar([("on", n)], most))
            for most in [max(steps.values())]
            for name, n in steps.items()
        ],
    )


def for_each_hundred(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f}" if whole else NOTHING


def visited(report: Report) -> Table:
    """The table behind: which pages, in which language."""
    pages = report.footfall.pages if report.footfall else {}
    names = dict(VisitCount.Page.choices)
    ordered = sorted(pages.items(), key=lambda each: (-each[1][0], each[0]))
    most = max((opened for opened, _arrived in pages.values()), default=0)
    return Table(
        "visited",
        _("Which pages were opened"),
        _("Pages of this time by kind and language. From elsewhere: where a visit began."),
        [_("Page"), _("Language"), _("Opened"), _("From elsewhere")],
        [
            Row(
                str(names[page]),
                [LANGUAGES.get(language, language), opened, arrived],
                charts.bar([("on", opened)], most),
            )
            for (page, language), (opened, arrived) in ordered
        ],
    )


def funnel(journeys: Journeys) -> Table:
    return Table(
        "funnel",
        _("Where people are lost"),
        _(
            "Of everyone who asked for us in this time, how many came this far or further by now."
            " In touch: we talked, or they wrote or called. Who has come further counts as having"
            " come this far. Duplicates, spam and tests are left out."
        ),
        [_("Step"), _("Came this far"), _("Of all"), _("Lost here"), _("Elsewhere"), _("Open")],
        [funnel_row(journeys, step) for step in Step],
    )


def funnel_row(journeys: Journeys, step: Step) -> Row:
    came, all_of_them = journeys.came_to(step), journeys.total
    stopped = {
        outcome: journeys.stopped(step, outcome)
        for outcome in (Outcome.OPEN, Outcome.REFERRED, Outcome.LOST)
    }
    parts = [("on", came - sum(stopped.values())), *((str(key), n) for key, n in stopped.items())]
    told = [stopped[Outcome.LOST], stopped[Outcome.REFERRED], stopped[Outcome.OPEN]]
    return Row(
        step.label,
        [came, share(came, all_of_them), *(n or NOTHING for n in told)],
        charts.bar(parts, all_of_them),
    )


def bars(counts: dict, names: dict | None = None) -> list[Row]:
    """A line for each, with its bar."""
    most = max(counts.values(), default=0)
    return [
        Row(str(names[key]) if names else key, [n], charts.bar([("on", n)], most))
        for key, n in counts.items()
    ]


def open_now(report: Report) -> Table:
    return Table(
        "open",
        _("Open right now"),
        _("Every request that is open at this moment, whenever it was made, by its stage."),
        [_("Stage"), _("Requests")],
        bars(report.open.stages, dict(Choices.Stage.choices)),
    )


def promises(report: Report) -> Table:
    speed = report.figures.speed
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
            Row(str(name), [n], charts.bar([(kind, n)], most))
            for name, n, kind in zip(BANDS, speed.bands, kinds, strict=True)
        ],
    )


def came_rows(pairs: dict, names: dict) -> list[Row]:
    return [
        Row(
            str(names[key]),
            [of(came, due) if due else NOTHING, share(came, due)],
            charts.bar([("on", came), ("lost", due - came)], due),
        )
        for key, (came, due) in pairs.items()
    ]


def leads(shows: Shows) -> Table:
    return Table(
        "leads",
        _("The longer the wait, the fewer come?"),
        _("Consultations that began in this time: who came, by how long before they were booked."),
        [_("Booked ahead"), _("Came"), _("Share")],
        came_rows(shows.by_lead(), dict(Lead.choices)),
    )


def modes(shows: Shows) -> Table:
    return Table(
        "modes",
        _("Who came, by mode"),
        _("Consultations that began in this time and were held or missed."),
        [_("Mode"), _("Came"), _("Share")],
        came_rows(shows.by_mode(), dict(Mode.choices)),
    )


def hours(report: Report) -> Table:
    """The table behind the map: by hour of the day, all days together."""
    covered = report.coverage
    staffed = covered.staffed_by_hour()
    asked = covered.by_hour()
    most = max(asked.values(), default=0)
    return Table(
        "hours",
        _("By hour of the day"),
        _("Requests of this time, and hours of phone counselors in it, by the centre’s clock."),
        [_("From"), _("Asked"), _("Counselor hours")],
        [
            Row(
                clock_hour(hour),
                [asked.get(hour, 0), f"{staffed.get(hour, 0):.1f}"],
                charts.bar([("on" if staffed.get(hour) else "lost", asked.get(hour, 0))], most),
            )
            for hour in range(24)
            if staffed.get(hour) or asked.get(hour)
        ],
    )


def losses(report: Report) -> Table:
    names = dict(Choices.CloseReason.choices) | {"": _("No reason kept")}
    ordered = sorted(report.losses.items(), key=lambda each: (-each[1], each[0]))
    counts = dict(ordered[:MOST_REASONS])
    rest = sum(n for _reason, n in ordered[MOST_REASONS:])
    if rest:
        counts["rest"] = rest
        names["rest"] = _("All other reasons")
    return Table(
        "losses",
        _("Why they were lost"),
        _("Of everyone who asked in this time, those closed without admission or referral."),
        [_("Reason"), _("People")],
        bars(counts, names),
    )


def mixes(report: Report) -> list[Table]:
    """Who asked: by language, program and source."""
    journeys = report.figures.journeys
    programs = {each.pk: each.name for each in Program.objects.all()} | {None: _("Not said")}
    asked = [
        ("language", _("By language"), LANGUAGES),
        ("program", _("By program"), programs),
        ("source", _("By source"), dict(Choices.Source.choices)),
    ]
    return [mix(journeys, name, title, names) for name, title, names in asked]


def mix(journeys: Journeys, name: str, title: str, names: dict) -> Table:
    counted = journeys.by(name)
    most = max((each["asked"] for each in counted.values()), default=0)
    ordered = sorted(counted.items(), key=lambda each: (-each[1]["asked"], str(each[0])))
    return Table(
        name,
        title,
        "",
        [title, _("Asked"), _("Held"), _("Admitted")],
        [
            Row(
                str(names[key]),
                [each["asked"], each["held"], each["admitted"]],
                charts.bar([("on", each["asked"])], most),
            )
            for key, each in ordered
        ],
    )


def work(report: Report) -> Table:
    most = max((each.open for each in report.work), default=0)
    return Table(
        "work",
        _("Who has how much"),
        _("By name. Open: requests of theirs right now. Tries and consultations: in this time."),
        [_("Colleague"), _("Open"), _("Tries"), _("Held")],
        [
            Row(
                desk.staff_name(each.user),
                [each.open, each.tries, each.held],
                charts.bar([("on", each.open)], most),
            )
            for each in report.work
        ],
    )
