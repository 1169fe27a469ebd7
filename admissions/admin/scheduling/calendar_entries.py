"""What fills the columns of the week calendar, as HTML.

A day of fifty counselors has more than a thousand entries, and a template spends most of its time
on walking its own nodes for each. Here, what a page or a column has alike is put together once.
"""

from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from admissions.admin import links
from admissions.scheduling.models import Consultation, Mode
from admissions.scheduling.week_layout import ENDED, FREE, HELD, MOVING

from .calendar_grid import CalendarColumn, GridEntry


@dataclass(frozen=True)
class StartFrame:
    """What stands before, between and after the stamp and the time of each start of a column."""

    before: str
    between: str
    after: str


class EntryWriter:
    """Writes the entries of one page, in its language.

    `pick` is where a free start leads, `move` whence a held consultation is moved; empty for
    nowhere.
    """

    def __init__(self, *, pick: str = "", move: str = "") -> None:
        self.pick, self.move = pick, move
        self.modes = {value: str(label) for value, label in Mode.choices}
        self.statuses = {value: str(label) for value, label in Consultation.Status.choices}
        self.request_url = links.request_urls()
        self.free, self.held, self.moves = _("free"), _("Held"), _("Move")
        self.span, self.until = _("%(starts)s to %(ends)s"), _(" to %(ends)s")

    def write_column(self, column: CalendarColumn) -> SafeString:
        """Return the items of a column's list, from top to bottom."""
        frame = self.start_frame(column)
        items = ((each.kind, each.rows, self.write(each, frame)) for each in column.entries)
        return format_html_join("\n", '<li class="{} q{}">\n{}\n</li>', items)

    def start_frame(self, column: CalendarColumn) -> StartFrame:
        if not self.pick:
            return StartFrame("", "", format_html(" {}", self.free))
        return StartFrame(
            format_html('<a href="{}&amp;at=', self.pick),
            format_html('&amp;counselor={}">\n', column.counselor.pk),
            format_html(
                ' <span>{}</span><span class="visually-hidden">, {}</span>\n</a>',
                self.free,
                column.name,
            ),
        )

    def write(self, entry: GridEntry, frame: StartFrame) -> SafeString:
        if entry.kind == FREE:
            return self.write_starts(entry, frame)
        if entry.consultation:
            return self.write_consultation(entry, entry.consultation)
        return format_html(
            '<span class="time to">{}</span>\n<span>{}</span>',
            self.span % {"starts": entry.starts, "ends": entry.ends},
            entry.words,
        )

    def write_starts(self, entry: GridEntry, frame: StartFrame) -> SafeString:
        starts = (
            (frame.before, each.stamp if self.pick else "", frame.between, each.time, frame.after)
            for each in entry.free
        )
        return format_html_join("\n", "{}{}{}{}{}", starts)

    def write_consultation(self, entry: GridEntry, consultation: Consultation) -> SafeString:
        """Return the time, the person, and what may be done with it."""
        mode, status = self.modes[consultation.mode], self.statuses[consultation.status]
        return format_html(
            '<span class="visually-hidden">\n{}\n</span>\n'
            '<span class="time">{}<span class="to">{}</span></span>\n'
            '<a href="{}">{}</a>\n<small>{}, {}</small>\n{}',
            self.held if entry.kind == HELD else "",
            entry.starts,
            self.until % {"ends": entry.ends},
            self.request_url(consultation.request_id),
            consultation.request.name_used,
            consultation.request.reference,
            f"{mode}, {status}" if entry.kind == ENDED else mode,
            self.write_move(entry, consultation),
        )

    def write_move(self, entry: GridEntry, consultation: Consultation) -> str:
        """Return that it is being moved, or the link that begins to move it; or nothing."""
        if entry.kind == MOVING:
            return format_html("<b>{}</b>", _("to be moved"))
        if entry.kind != HELD or not self.move:
            return ""
        return format_html(
            '<a class="move" href="{}&amp;move={}">{}<span class="visually-hidden"> {}</span></a>',
            self.move,
            consultation.pk,
            self.moves,
            consultation.request.reference,
        )
