"""What is said of each outside calendar: where it is from, when it was read, and why not."""

from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext as said

from admissions import staff_formatting
from admissions.calendars import busy_import, safe_http
from admissions.scheduling.models import ExternalCalendar


@dataclass(frozen=True)
class ExternalCalendarRow:
    """One calendar in words."""

    calendar: ExternalCalendar
    source: str
    read: str
    trouble: str


def external_calendar_row(calendar: ExternalCalendar) -> ExternalCalendarRow:
    source = said("A file, read once")
    if calendar.is_by_address:
        source = said("From %(host)s") % {"host": safe_http.parse_address(calendar.address).host}
    return ExternalCalendarRow(
        calendar, source, describe_last_read(calendar), describe_failure(calendar)
    )


def describe_last_read(calendar: ExternalCalendar) -> str:
    if calendar.last_read_at is None:
        return said("Not read yet.")
    words = {"at": staff_formatting.format_date_and_time(calendar.last_read_at)}
    if calendar.is_by_address:
        return said("Last read %(at)s.") % words
    words["until"] = staff_formatting.format_date_and_time(
        calendar.last_read_at + busy_import.BUSY_LOOK_AHEAD
    )
    return said("Read %(at)s. It covers the time until %(until)s.") % words


def describe_failure(calendar: ExternalCalendar) -> str:
    """Why the last reading failed and since when; empty when it went well."""
    if not calendar.failures:
        return ""
    reason = " ".join(filter(None, [calendar.get_last_reason_display(), describe_place(calendar)]))
    if not calendar.is_by_address:
        return said("%(reason)s Nothing of this file counts: remove it, and add a new one.") % {
            "reason": reason
        }
    return said("%(reason)s It has failed since %(since)s; what was read before still counts.") % {
        "reason": reason,
        "since": calendar.failing_since
        and staff_formatting.format_date_and_time(calendar.failing_since),
    }


def describe_place(calendar: ExternalCalendar) -> str:
    """Which event could not be read, by its date and line; what it is about stays its owner's."""
    if not calendar.refused_line:
        return ""
    words: dict[str, int | str] = {"line": calendar.refused_line}
    if calendar.refused_event_on is None:
        return said("Look at line %(line)s of the file.") % words
    words["date"] = date_format(calendar.refused_event_on, said("D, M j, Y"))
    return (
        said("It is on %(date)s, line %(line)s of the file: change or delete it in your calendar.")
        % words
    )
