"""The figures as a file that may leave the house: counts alone, and none of few people."""

import csv
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from admissions.care.models import Recommendation
from admissions.formatting import format_hour
from admissions.intake.models import ConsultationRequest
from admissions.scheduling.models import Mode
from admissions.scheduling.roster import DAY
from programs.models import LevelOfCare, Program

from .attendance import Attendance, LeadTime
from .funnel import FunnelOutcome
from .period import period_of_whole_days
from .report import Report, build_report
from .response_times import RESPONSE_BANDS
from .small_cells import FEW, MIN_CELL, CountedPart, suppress_small_cells

# Files of other days, or of some people only, could be subtracted from each other.
EXPORT_DAYS = 30
CSV_HEADER = ["Figure", "Divided by", "Part", "Divided by", "Part", "Value"]
Source, MODES = ConsultationRequest.Source, dict(Mode.choices)


class Echo:
    """What csv writes into: it hands each line on."""

    def write(self, line: str) -> str:
        return line


def escape_formula(cell: object) -> str:
    """The cell as a spreadsheet must take it: as text, never as a formula."""
    text = str(cell)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else text


def stream_csv(made: Report) -> Iterator[str]:
    """The file line by line, as a spreadsheet reads it in UTF-8."""
    writer = csv.writer(Echo())
    yield "\ufeff" + writer.writerow(CSV_HEADER)
    for row in build_rows(made):
        yield writer.writerow([escape_formula(cell) for cell in row])


def build_export_report(*, now: datetime) -> Report:
    """The figures of everyone over the last whole days."""
    return build_report(period_of_whole_days(days=EXPORT_DAYS, now=now), now=now)


def export_filename(made: Report) -> str:
    return f"admissions-figures-until-{last_day(made):%Y-%m-%d}.csv"


def first_day(made: Report) -> date:
    return timezone.localdate(made.period.begin)


def last_day(made: Report) -> date:
    return timezone.localdate(made.period.end) - DAY


def build_rows(made: Report) -> Iterator[list[object]]:
    yield ["First day", "", "", "", "", first_day(made)]
    yield ["Last day", "", "", "", "", last_day(made)]
    for whole in (
        requests_part(made),
        *consultation_parts(made),
        recommendations_part(made),
        referrals_part(made),
    ):
        for each in suppress_small_cells(whole):
            path = [*each.path, *[""] * (len(CSV_HEADER) - 1 - len(each.path))]
            yield [*path, each.count]
    for name, value, made_of in list_medians(made):
        yield [name, "", "", "", "", f"{value:.1f}" if made_of >= MIN_CELL else FEW]
    for hour, staffed in made.coverage.staffed_by_hour().items():
        yield [_("Counselor hours"), _("Hour"), format_hour(hour), "", "", f"{staffed:.1f}"]


def build_parts(counts: Mapping[Any, int], names: Mapping[Any, object]) -> list[CountedPart]:
    """All that there could be, whether or not anyone is: a missing line would tell, too."""
    return [CountedPart(str(name), counts.get(key, 0)) for key, name in names.items()]


def requests_part(made: Report) -> CountedPart:
    """Everyone who asked, each time divided anew; nobody stands twice in one division."""
    journeys, covered = made.figures.funnel, made.coverage
    programs = {each.pk: each.name for each in Program.objects.all()} | {None: _("Not said")}
    hours = {hour: format_hour(hour) for hour in range(24)}
    return CountedPart(
        _("Requests"),
        journeys.total,
        {
            _("Consultation"): booking_parts(made),
            _("Outcome"): outcome_parts(made),
            _("Language"): build_parts(
                count_requests_by(made, "language"), dict(settings.LANGUAGES)
            ),
            _("Program"): build_parts(count_requests_by(made, "program"), programs),
            _("Source"): source_parts(made),
            _("Hour"): build_parts(covered.by_hour(), hours),
            _("Weekday"): build_parts(covered.by_weekday(), WEEKDAYS),
            _("A phone time within 24 hours"): split_in_two(
                _("None was free"), covered.during_shortage, _("One was free"), covered.total
            ),
        },
    )


def split_in_two(name: str, n: int, other: str, total: int) -> list[CountedPart]:
    return [CountedPart(name, n), CountedPart(other, total - n)]


def count_requests_by(made: Report, name: str) -> dict[str | int | None, int]:
    counted = made.figures.funnel.count_by(name)
    return {key: each["asked"] for key, each in counted.items()}


def booking_parts(made: Report) -> list[CountedPart]:
    journeys = made.figures.funnel
    booked = {
        _("First time"): split_in_two(
            _("Within 48 hours"), journeys.booked_soon, _("Later"), journeys.booked
        ),
        _("Held"): split_in_two(_("Held"), journeys.held, _("Not held so far"), journeys.booked),
    }
    left = journeys.total - journeys.booked
    contact = split_in_two(_("Reached"), journeys.reached_unbooked, _("Not reached so far"), left)
    return [
        CountedPart(_("Booked"), journeys.booked, booked),
        CountedPart(_("Not booked"), left, {_("Contact"): contact}),
    ]


def outcome_parts(made: Report) -> list[CountedPart]:
    kinds = ConsultationRequest.Disposition
    admitted = {
        kind: kind.label for kind in kinds if kind in ConsultationRequest.ADMITTED_DISPOSITIONS
    }
    reasons = dict(ConsultationRequest.CloseReason.choices) | {"": _("No reason kept")}
    within = {
        FunnelOutcome.ADMITTED: {_("Program"): build_parts(made.admissions, admitted)},
        FunnelOutcome.LOST: {_("Reason"): build_parts(made.losses, reasons)},
    }
    return [
        CountedPart(str(kind.label), made.figures.funnel.count_ended(kind), within.get(kind, {}))
        for kind in FunnelOutcome
    ]


def source_parts(made: Report) -> list[CountedPart]:
    asked, bands = count_requests_by(made, "source"), made.figures.response_times.bands
    tried = [CountedPart(str(name), n) for name, n in zip(RESPONSE_BANDS, bands, strict=True)]
    within = {Source.CALLBACK: {_("First try"): tried}}
    return [
        CountedPart(str(each.label), asked.get(each, 0), within.get(each, {})) for each in Source
    ]


def consultation_parts(made: Report) -> list[CountedPart]:
    """Those that came due, held and missed each by itself."""
    shows: Attendance = made.figures.attendance
    again = split_in_two(_("Yes"), shows.rebooked, _("No"), shows.no_shows)
    return [
        CountedPart(
            _("Consultations held"),
            shows.attended_of_due[0],
            divide_by_lead_and_mode(shows.attended),
        ),
        CountedPart(
            _("No-shows"),
            shows.no_shows,
            divide_by_lead_and_mode(shows.missed) | {_("Booked again"): again},
        ),
    ]


def divide_by_lead_and_mode(cells: dict[tuple[int, str], int]) -> dict[str, list[CountedPart]]:
    def one_way(place: int, names: Mapping[Any, object]) -> list[CountedPart]:
        found = dict.fromkeys(names, 0)
        for key, n in cells.items():
            found[key[place]] += n
        return build_parts(found, names)

    return {_("Booked ahead"): one_way(0, dict(LeadTime.choices)), _("Mode"): one_way(1, MODES)}


def recommendations_part(made: Report) -> CountedPart:
    levels = {level.pk: str(level) for level in LevelOfCare.objects.all()}
    given, reasons = made.recommendations, dict(Recommendation.DifferenceReason.choices)
    return CountedPart(
        _("Recommendations"),
        given.total,
        {
            _("Agreed"): [
                CountedPart(_("As recommended"), given.as_recommended),
                CountedPart(
                    _("Another level"),
                    given.different,
                    {_("Why"): build_parts(given.reasons, reasons)},
                ),
                CountedPart(_("Not yet"), given.undecided),
            ],
            _("Recommended level"): build_parts(given.levels, levels),
        },
    )


def referrals_part(made: Report) -> CountedPart:
    sent = made.referrals
    handed = split_in_two(_("Confirmed"), sent.confirmed, _("Not confirmed so far"), sent.made)
    return CountedPart(_("Referrals"), sent.made, {_("Hand-over"): handed})


def list_medians(made: Report) -> list[tuple[str, float | None, int]]:
    """What half of them waited at most, and of how many it is made."""
    speed, journeys = made.figures.response_times, made.figures.funnel
    return [
        (_("Minutes to the first try, median"), speed.median_to_attempt, speed.attempted),
        (_("Minutes to the first talk, median"), speed.median_to_contact, speed.contacted),
        (_("Days to the consultation, median"), journeys.median_days_to_held, journeys.held),
    ]
