"""The rows of the triage list, as HTML.

A template spends most of its time on walking its own nodes, for fifty rows of a hundred nodes each.
Here, what a page or many rows have alike is put together once, and a row is one text.
Everything that comes from a person or from the database goes through `escape`.
"""

from collections.abc import Callable
from html import escape

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from admissions.admin.links import REQUEST_PAGE, request_urls
from admissions.phone_numbers import format_phone
from admissions.triage.next_action import is_call
from admissions.triage.status_line import StatusLine

from .forms import inbound_outcomes, permitted_outcomes
from .request_row import CONTACT_TAGS, RequestRow

OUTCOME_BUTTONS = "admin/admissions/consultationrequest/_outcome_buttons.html"
STEP_PAGE = "admin:admissions_consultationrequest_{}"
STEPS = ("claim", "log", "complete", "no_show")


class RowWriter:
    """Writes the rows of one page, for a reader who may take steps or may not.

    `render` draws a template from values, and the same values once; `token` is the reader's CSRF
    token and `query` the list that a step leads back to.
    """

    def __init__(
        self, render: Callable[..., SafeString], *, token: str, query: str, may_triage: bool
    ) -> None:
        self.render, self.may_triage = render, may_triage
        self.page_url = request_urls(REQUEST_PAGE)
        self.step_urls = {name: request_urls(STEP_PAGE.format(name)) for name in STEPS}
        self.hidden = (
            f'<input type="hidden" name="csrfmiddlewaretoken" value="{escape(token)}">'
            f'<input type="hidden" name="query" value="{escape(query)}">'
        )
        words, choices = inbound_outcomes()
        self.theirs = (str(words), tuple((value, str(label)) for value, label in choices))
        self.claim, self.log, self.outcome = _("Claim"), _("Log"), _("Outcome")
        self.took_place, self.no_show = _("It took place"), _("No-show")
        self.note, self.insurance = _("Note (optional)"), _("insurance: %(status)s")

    def write(self, card: RequestRow) -> SafeString:
        """Return the whole row of a request."""
        request, status, action = card.request, card.status_line, card.next_action
        reference = escape(request.reference)
        mark = f' <span class="tag care">{escape(status.mark)}</span>' if status.mark else ""
        insurance = self.insurance % {"status": card.insurance.lower()} if card.insurance else ""
        small = f"<small>{escape(insurance)}</small>" if insurance else ""
        unowned, unsure = (" none" if empty else "" for empty in (not card.owner, card.is_unsure))
        acts = f'<td role="cell" class="acts">{self.write_acts(card)}</td>'
        return SafeString(  # exempt: each value is escaped where it is put in
            f'<tr role="row" class="{status.urgency}" id="{reference}"'
            f' data-reference="{reference}">\n'
            f'<td role="cell" class="why"><a href="{self.page_url(request.pk)}" data-act="open">'
            f"{write_status(status)}</a>{mark}<small>{escape(status.detail)}</small></td>\n"
            f'<th role="rowheader" scope="row" class="who">{escape(request.name_used)}'
            f"<small>{escape(card.for_whom)}</small></th>\n"
            f'<td role="cell" class="reach">{self.write_ways(card)}</td>\n'
            f'<td role="cell" class="tries"><span class="dots" aria-hidden="true">'
            f"{card.attempts.made_dots}{card.attempts.left_dots}</span>"
            f"<small>{escape(card.attempts.words)}</small></td>\n"
            f'<td role="cell" class="next {action.urgency}">{escape(action.text)}</td>\n'
            f'<td role="cell" class="interest{unsure}">{escape(card.program)}{small}</td>\n'
            f'<td role="cell" class="owner{unowned}">{escape(card.owner) or "—"}</td>\n'
            f"{acts if self.may_triage else ''}</tr>"
        )

    def write_ways(self, card: RequestRow) -> str:
        """Return the number, as a button where they may be called, and the email; with the plan."""
        request, ways = card.request, ""
        if request.phone:
            number, tags = escape(format_phone(request.phone)), tuple(card.phone_tags)
            if request.may_call:
                kind = "btn tel go" if is_call(card.next_action) else "btn tel"
                href = escape(request.phone.as_rfc3966)
                number = f'<a class="{kind}" href="{href}">{number}</a>'
            else:
                number = f'<span class="tel">{number}</span>'
            ways = f'<div class="way">{number}{self.write_tags(tags)}</div>'
        if request.email:
            address, tags = escape(request.email), tuple(card.email_tags)
            ways += (
                f'<div class="way"><span class="address">{address}</span>'
                f"{self.write_tags(tags)}</div>"
            )
        return ways

    def write_tags(self, tags: tuple) -> str:
        return f'<span class="tags">{self.render(CONTACT_TAGS, tags=tags)}</span>'

    def write_acts(self, card: RequestRow) -> SafeString:
        """Return what may be done from the list: log what came of it, and claim."""
        reference = escape(card.request.reference)
        written = self.write_log(card, reference) if "log" in card.actions else ""
        if "claim" in card.actions:
            written += (
                f'<form method="post" action="{self.step_urls["claim"](card.request.pk)}">'
                f'{self.hidden}<button class="btn" type="submit" data-act="claim">{self.claim}'
                f'<span class="visually-hidden"> {reference}</span></button></form>'
            )
        return SafeString(written)  # exempt: each value is escaped where it is put in

    def write_log(self, card: RequestRow, reference: str) -> str:
        """Return the menu that logs what came of a try, or of a consultation that has begun."""
        permitted = permitted_outcomes(card.request).items()
        outcomes = tuple((channel, tuple(results)) for channel, results in permitted)
        has_begun, pk = "no-show" in card.actions, card.request.pk
        name, kind = (self.outcome, "btn go") if has_begun else (self.log, "btn")
        # Enter in the note must not pick the first outcome: a disabled default button stops it.
        return (
            f'<details class="quick" name="quick"><summary class="{kind}" data-act="log">{name} '
            f'<span class="visually-hidden">{reference}</span></summary><div class="panel">'
            f"{self.write_outcome(card) if has_begun else ''}"
            f'<form method="post" action="{self.step_urls["log"](pk)}">{self.hidden}'
            f'<button type="submit" disabled hidden></button>'
            f"{self.render(OUTCOME_BUTTONS, outcomes=outcomes, theirs=self.theirs)}"
            f'<label>{self.note} <input type="text" name="note" maxlength="500"'
            f' autocomplete="off"></label></form></div></details>'
        )

    def write_outcome(self, card: RequestRow) -> str:
        """Return whether the consultation took place, as two buttons."""
        choices = (("complete", "btn go", self.took_place), ("no_show", "btn", self.no_show))
        forms = "".join(
            f'<form method="post" action="{self.step_urls[name](card.request.pk)}">{self.hidden}'
            f'<button class="{kind}" type="submit">{words}</button></form>'
            for name, kind, words in choices
        )
        return f'<div class="row">{forms}</div>'


def write_status(line: StatusLine) -> str:
    """Return the sentence, with the part that a running clock keeps true."""
    if line.clock_at is None:
        return escape(line.text)
    return (
        f'{escape(line.before)}<span class="clock" data-at="{line.clock_at.isoformat()}">'
        f"{escape(line.elapsed)}</span>{escape(line.after)}"
    )
