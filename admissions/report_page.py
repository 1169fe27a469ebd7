"""What the director's screen shows: each figure in words, in a table, and drawn."""

from dataclasses import dataclass

from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from programs.models import LevelOfCare

from . import charts, desk
from .models import Recommendation
from .report_tables import (
    LANGUAGES,
    Table,
    bars,
    clock_hour,
    days,
    funnel,
    hours,
    leads,
    losses,
    minutes,
    mixes,
    modes,
    of,
    open_now,
    promises,
    share,
    visited,
    visits,
    work,
)
from .reports import Figures, Journeys, Lead, Outcome, Report, Shows, Speed, Step

MOST_SHORTAGES = 4
SHORT_LEADS = {
    Lead.DAY: "< 1 d",
    Lead.TWO_DAYS: "1–2 d",
    Lead.FOUR_DAYS: "2–4 d",
    Lead.WEEK: "4–7 d",
    Lead.LONGER: "> 7 d",
}


@dataclass(frozen=True)
class Tile:
    """One figure alone: of how many it is made, what it means, and what it was before."""

    name: str
    value: str
    of: str
    words: str
    before: str


def words(report: Report) -> dict:
    """All that the screen's template needs, but for its frame."""
    levels = {level.pk: str(level) for level in LevelOfCare.objects.all()}
    figures = report.figures
    return {
        "when": when(report),
        "lead": lead(figures.journeys),
        "visits": visits(report),
        "visited": visited(report),
        "funnel": funnel(figures.journeys),
        "open": open_now(report),
        "standing": report.open,
        "tiles": tiles(report),
        "promises": promises(report),
        "promised": promise_words(report),
        "leads": leads(figures.shows),
        "dots": dots(figures.shows),
        "modes": modes(figures.shows),
        "coverage": coverage_words(report),
        "heat": heat(report),
        "hours": hours(report),
        "losses": losses(report),
        "levels": agreed(report, levels),
        "mixes": mixes(report),
        "work": work(report),
        "renewals": report.renewals,
        "lost": report.lost,
    }


def when(report: Report) -> str:
    """Nov 18 to today, 2:11 pm"""
    look, clock = report.look, desk.clock(report.now, report.now)
    if look.days == 1:
        return _("today until %(clock)s") % {"clock": clock}
    first = date_format(localtime(look.begin), _("M j"))
    return _("%(first)s until today, %(clock)s") % {"first": first, "clock": clock}


def lead(journeys: Journeys) -> str:
    """Where most people are lost, in a sentence."""
    step, lost = journeys.worst, journeys.ended(Outcome.LOST)
    if not journeys.total:
        return _("Nobody has asked for us in this time.")
    if step is None:
        return _("Nobody who asked in this time has been lost so far.")
    places = {
        Step.ASKED: _("before we were in touch"),
        Step.IN_TOUCH: _("after we were in touch, before a consultation was booked"),
        Step.BOOKED: _("between booking a consultation and holding it"),
        Step.HELD: _("after the consultation, before care was recommended"),
        Step.RECOMMENDED: _("after care was recommended, before admission"),
    }
    return _("Most are lost %(place)s: %(n)s of %(lost)s.") % {
        "place": places[step],
        "n": journeys.stopped(step, Outcome.LOST),
        "lost": lost,
    }


def tiles(report: Report) -> list[Tile]:
    """The figures that stand alone, each beside what it was in as many days before."""
    pairs = zip(single(report.figures), single(report.before), strict=True)
    return [
        Tile(name, value, made_of, meaning, before)
        for (name, value, made_of, meaning), (_name, before, _of, _meaning) in pairs
    ] + [safety_tile(report)]


def single(figures: Figures) -> list[tuple[str, str, str, str]]:
    """(name, value, of how many, what it means) of each."""
    return [*of_calls(figures.speed), *of_requests(figures.journeys), *of_talks(figures.shows)]


def of_calls(speed: Speed) -> list[tuple[str, str, str, str]]:
    return [
        (
            _("First try"),
            minutes(speed.to_try),
            of(speed.tried, speed.asked),
            _("Half of those who asked for a call, and were tried, waited no longer than this."),
        ),
        (
            _("First talk"),
            minutes(speed.to_talk),
            of(speed.talked, speed.asked),
            _("Half of those who asked for a call, and were reached, waited no longer than this."),
        ),
    ]


def of_requests(journeys: Journeys) -> list[tuple[str, str, str, str]]:
    return [
        (
            _("Reached"),
            share(journeys.reached, journeys.total),
            of(journeys.reached, journeys.total),
            _("Of everyone who asked, we talked with them, or they wrote or called."),
        ),
        (
            _("Booked for within 48 hours"),
            share(journeys.booked_soon, journeys.booked),
            of(journeys.booked_soon, journeys.booked),
            _("Of those who booked, the first time they booked began within 48 hours of asking."),
        ),
        (
            _("Until the consultation"),
            days(journeys.days_to_held),
            _("of %(n)s held") % {"n": journeys.held},
            _("Half of those whose consultation was held waited no longer for it."),
        ),
    ]


def of_talks(shows: Shows) -> list[tuple[str, str, str, str]]:
    came, due = shows.total
    return [
        (
            _("Came"),
            share(came, due),
            of(came, due),
            _("Of the consultations that began in this time, those held and not missed."),
        ),
        (
            _("No-shows booked again"),
            share(shows.rebooked, shows.no_shows),
            of(shows.rebooked, shows.no_shows),
            _("Of those missed in this time, another was booked afterwards."),
        ),
    ]


def safety_tile(report: Report) -> Tile:
    safety = report.safety
    return Tile(
        _("Danger answered"),
        minutes(safety.minutes),
        of(safety.answered, safety.said),
        _("Of those who said that someone may be in danger: half were answered this soon."),
        "",
    )


def dots(shows: Shows) -> charts.Dots:
    return charts.dots(
        [(SHORT_LEADS[lead], came, due) for lead, (came, due) in shows.by_lead().items()]
    )


def coverage_words(report: Report) -> dict:
    """What the map of hours says, in sentences; and the stretches without a free time."""
    covered = report.coverage
    return {
        "total": covered.total,
        "unstaffed": of(covered.unstaffed, covered.total),
        "unstaffed_share": share(covered.unstaffed, covered.total),
        "short": of(covered.short, covered.total),
        "shortages": [
            {
                "language": LANGUAGES[each.language],
                "since": desk.full_clock(each.began_at),
                "lasted": desk.lasting(each.lasted(now=report.now)),
                "is_over": each.ended_at is not None,
                "asked": each.asked,
            }
            for each in covered.shortages[:MOST_SHORTAGES]
        ],
        "more": max(len(covered.shortages) - MOST_SHORTAGES, 0),
    }


def heat(report: Report) -> charts.Heat:
    """The week by hours: how many asked, and whether anyone had hours."""
    covered = report.coverage

    def mark(weekday: int, hour: int) -> str:
        if covered.is_uncovered((weekday, hour)):
            return "uncovered"
        return "" if covered.staffed.get((weekday, hour)) else "unstaffed"

    def said(weekday: int, hour: int) -> str:
        return _("%(day)s %(hour)s: %(asked)s asked, %(staffed)s counselor hours") % {
            "day": WEEKDAYS[weekday],
            "hour": clock_hour(hour),
            "asked": covered.asked.get((weekday, hour), 0),
            "staffed": f"{covered.staffed.get((weekday, hour), 0):.1f}",
        }

    return charts.heat(
        [(weekday, str(WEEKDAYS_ABBR[weekday])) for weekday in covered.weekdays],
        [(hour, clock_hour(hour) if hour % 3 == 0 else "") for hour in range(24)],
        count=lambda weekday, hour: covered.asked.get((weekday, hour), 0),
        mark=mark,
        words=said,
    )


def agreed(report: Report, levels: dict[int, str]) -> dict:
    """What was recommended against what was agreed; and what came of referrals."""
    made, sent = report.recommended, report.referred
    pairs = sorted(made.pairs.items(), key=lambda each: (-each[1], str(each[0])))
    counts = {
        f"{levels[level]} → {levels.get(other) or _('not agreed yet')}": n
        for (level, other), n in pairs
    }
    reasons = dict(Recommendation.Different.choices)
    return {
        "table": Table(
            "levels",
            _("Recommended → agreed"),
            _("Recommendations made in this time, the newest of each request."),
            [_("Level of care"), _("People")],
            bars(counts),
        ),
        "as_recommended": of(made.as_recommended, made.total),
        "reasons": [(reasons[why], n) for why, n in sorted(made.reasons.items())],
        "referred": of(sent.confirmed, sent.made),
        "referred_share": share(sent.confirmed, sent.made),
    }


def promise_words(report: Report) -> str:
    """How many promises were broken, in a sentence."""
    speed = report.figures.speed
    if not speed.asked:
        return _("Nobody asked for a call in this time.")
    return ngettext(
        "%(n)s promise of %(asked)s was broken.", "%(n)s promises of %(asked)s were broken.",
        speed.broken,
    ) % {"n": speed.broken, "asked": speed.asked}  # fmt: skip
