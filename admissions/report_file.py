"""The figures as a file that may leave the house: counts alone, and none of few people."""

import csv
from collections.abc import Iterator
from datetime import date, datetime

from django.conf import settings
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from programs.models import LevelOfCare, Program

from .models import ConsultationRequest, Mode, Recommendation
from .report_tables import clock_hour
from .reports import Lead, Outcome, Report, Shows, report, whole_days
from .reports.speed import BANDS
from .roster import DAY
from .small_cells import FEW, LEAST, Part, told

# Files of other days, or of some people only, could be subtracted from each other.
DAYS = 30
HEAD = ["Figure", "Divided by", "Part", "Divided by", "Part", "Value"]
Source, MODES = ConsultationRequest.Source, dict(Mode.choices)


class Line:
    """What csv writes into: it hands each line on."""

    def write(self, line: str) -> str:
        return line


def safe(cell) -> str:
    """The cell as a spreadsheet must take it: as text, never as a formula."""
    text = str(cell)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else text


def lines(made: Report) -> Iterator[str]:
    """The file line by line, as a spreadsheet reads it in UTF-8."""
    writer = csv.writer(Line())
    yield "\ufeff" + writer.writerow(HEAD)
    for row in rows(made):
        yield writer.writerow([safe(cell) for cell in row])


def whole_month(*, now: datetime) -> Report:
    """The figures of everyone over the last whole days."""
    return report(whole_days(days=DAYS, now=now), now=now)


def name_of(made: Report) -> str:
    return f"admissions-figures-until-{last_day(made):%Y-%m-%d}.csv"


def first_day(made: Report) -> date:
    return timezone.localdate(made.look.begin)


def last_day(made: Report) -> date:
    return timezone.localdate(made.look.end) - DAY


def rows(made: Report) -> Iterator[list]:
    yield ["First day", "", "", "", "", first_day(made)]
    yield ["Last day", "", "", "", "", last_day(made)]
    for whole in (requests(made), *talks(made), recommendations(made), referrals(made)):
        for each in told(whole):
            path = [*each.path, *[""] * (len(HEAD) - 1 - len(each.path))]
            yield [*path, each.count]
    for name, value, made_of in medians(made):
        yield [name, "", "", "", "", f"{value:.1f}" if made_of >= LEAST else FEW]
    for hour, staffed in made.coverage.staffed_by_hour().items():
        yield [_("Counselor hours"), _("Hour"), clock_hour(hour), "", "", f"{staffed:.1f}"]


def parts(counts: dict, names: dict) -> list[Part]:
    """All that there could be, whether or not anyone is: a missing line would tell, too."""
    return [Part(str(name), counts.get(key, 0)) for key, name in names.items()]


def requests(made: Report) -> Part:
    """Everyone who asked, each time divided anew; nobody stands twice in one division."""
    journeys, covered = made.figures.journeys, made.coverage
    programs = {each.pk: each.name for each in Program.objects.all()} | {None: _("Not said")}
    hours = {hour: clock_hour(hour) for hour in range(24)}
    return Part(
        _("Requests"),
        journeys.total,
        {
            _("Consultation"): by_booking(made),
            _("Outcome"): by_outcome(made),
            _("Language"): parts(asked_by(made, "language"), dict(settings.LANGUAGES)),
            _("Program"): parts(asked_by(made, "program"), programs),
            _("Source"): by_source(made),
            _("Hour"): parts(covered.by_hour(), hours),
            _("Weekday"): parts(covered.by_weekday(), WEEKDAYS),
            _("A phone time within 24 hours"): two(
                _("None was free"), covered.short, _("One was free"), covered.total
            ),
        },
    )


def two(name: str, n: int, other: str, total: int) -> list[Part]:
    return [Part(name, n), Part(other, total - n)]


def asked_by(made: Report, name: str) -> dict:
    counted = made.figures.journeys.by(name)
    return {key: each["asked"] for key, each in counted.items()}


def by_booking(made: Report) -> list[Part]:
    journeys = made.figures.journeys
    booked = {
        _("First time"): two(
            _("Within 48 hours"), journeys.booked_soon, _("Later"), journeys.booked
        ),
        _("Held"): two(_("Held"), journeys.held, _("Not held so far"), journeys.booked),
    }
    left = journeys.total - journeys.booked
    contact = two(_("Reached"), journeys.reached_unbooked, _("Not reached so far"), left)
    return [
        Part(_("Booked"), journeys.booked, booked),
        Part(_("Not booked"), left, {_("Contact"): contact}),
    ]


def by_outcome(made: Report) -> list[Part]:
    kinds = ConsultationRequest.Disposition
    admitted = {kind: kind.label for kind in kinds if kind in ConsultationRequest.ADMITTED}
    reasons = dict(ConsultationRequest.CloseReason.choices) | {"": _("No reason kept")}
    within = {
        Outcome.ADMITTED: {_("Program"): parts(made.admissions, admitted)},
        Outcome.LOST: {_("Reason"): parts(made.losses, reasons)},
    }
    return [
        Part(str(kind.label), made.figures.journeys.ended(kind), within.get(kind, {}))
        for kind in Outcome
    ]


def by_source(made: Report) -> list[Part]:
    asked, bands = asked_by(made, "source"), made.figures.speed.bands
    tried = [Part(str(name), n) for name, n in zip(BANDS, bands, strict=True)]
    within = {Source.CALLBACK: {_("First try"): tried}}
    return [Part(str(each.label), asked.get(each, 0), within.get(each, {})) for each in Source]


def talks(made: Report) -> list[Part]:
    """Those that came due, held and missed each by itself."""
    shows: Shows = made.figures.shows
    again = two(_("Yes"), shows.rebooked, _("No"), shows.no_shows)
    return [
        Part(_("Consultations held"), shows.total[0], divided(shows.came)),
        Part(_("No-shows"), shows.no_shows, divided(shows.missed) | {_("Booked again"): again}),
    ]


def divided(cells: dict[tuple[int, str], int]) -> dict[str, list[Part]]:
    def one_way(place: int, names: dict) -> list[Part]:
        found = dict.fromkeys(names, 0)
        for key, n in cells.items():
            found[key[place]] += n
        return parts(found, names)

    return {_("Booked ahead"): one_way(0, dict(Lead.choices)), _("Mode"): one_way(1, MODES)}


def recommendations(made: Report) -> Part:
    levels = {level.pk: str(level) for level in LevelOfCare.objects.all()}
    given, reasons = made.recommended, dict(Recommendation.Different.choices)
    return Part(
        _("Recommendations"),
        given.total,
        {
            _("Agreed"): [
                Part(_("As recommended"), given.as_recommended),
                Part(
                    _("Another level"), given.different, {_("Why"): parts(given.reasons, reasons)}
                ),
                Part(_("Not yet"), given.undecided),
            ],
            _("Recommended level"): parts(given.levels, levels),
        },
    )


def referrals(made: Report) -> Part:
    sent = made.referred
    handed = two(_("Confirmed"), sent.confirmed, _("Not confirmed so far"), sent.made)
    return Part(_("Referrals"), sent.made, {_("Hand-over"): handed})


def medians(made: Report) -> list[tuple[str, float | None, int]]:
    """What half of them waited at most, and of how many it is made."""
    speed, journeys = made.figures.speed, made.figures.journeys
    return [
        (_("Minutes to the first try, median"), speed.to_try, speed.tried),
        (_("Minutes to the first talk, median"), speed.to_talk, speed.talked),
        (_("Days to the consultation, median"), journeys.days_to_held, journeys.held),
    ]
