"""When each kind of email goes, in words, and how a director changes that."""

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from .models import AuditEvent, Message, MessageRule
from .models.wordings import REMINDERS
from .objections import NEAR

Kind = Message.Kind
MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("minutes", "hours", "days"))
FARTHEST_LEAD = 60 * DAY
# In a person's order; every kind is in one group.
JOURNEY = [
    (
        gettext_lazy("Confirmation and changes"),
        [Kind.CONFIRMATION, Kind.MOVED, Kind.HANDED_OVER, Kind.FREED, Kind.CANCELLED],
    ),
    (gettext_lazy("Earlier times"), [Kind.EARLIER_OFFER, Kind.EARLIER_GONE]),
    (gettext_lazy("Reminders"), [Kind.REMINDER_DAY, Kind.REMINDER_HOURS]),
    (gettext_lazy("After a consultation"), [Kind.AFTER_COMPLETED]),
    (gettext_lazy("After a no-show"), Message.NO_SHOW_LADDER),
    (gettext_lazy("When nobody was reached"), Message.NO_CONTACT_LADDER),
    (gettext_lazy("Calls"), [Kind.CALLBACK_LATE, Kind.CALLBACK_MISSED, Kind.CALLBACK_KEPT]),
    (
        gettext_lazy("For staff"),
        [
            Kind.STAFF_NEW_REQUEST,
            Kind.STAFF_HANDED_OVER,
            Kind.STAFF_PROMISE_NEAR,
            Kind.STAFF_PROMISE_BROKEN,
            Kind.STAFF_ESCALATED,
            Kind.STAFF_SHORTAGE,
            Kind.STAFF_DIGEST,
        ],
    ),
]
# How short and how long a wait may be; the digest has a time of day and no wait.
BOUNDS = {
    Kind.REMINDER_DAY: (3 * HOUR, 14 * DAY),
    Kind.REMINDER_HOURS: (30 * MINUTE, 24 * HOUR),
    Kind.AFTER_COMPLETED: (1 * DAY, 14 * DAY),
    Kind.AFTER_NO_SHOW: (10 * MINUTE, 7 * DAY),
    Kind.NO_SHOW_SECOND: (1 * HOUR, 30 * DAY),
    Kind.NO_SHOW_LAST: (1 * DAY, 60 * DAY),
    Kind.NO_CONTACT_FIRST: (1 * HOUR, 14 * DAY),
    Kind.NO_CONTACT_SECOND: (1 * DAY, 30 * DAY),
    Kind.NO_CONTACT_LAST: (2 * DAY, 60 * DAY),
    Kind.CALLBACK_KEPT: (10 * MINUTE, 7 * DAY),
    Kind.CALLBACK_MISSED: (1 * MINUTE, 24 * HOUR),
    Kind.CALLBACK_LATE: (5 * MINUTE, 24 * HOUR),
    # A call that is promised for later than that is not near, and the notice would not go.
    Kind.STAFF_PROMISE_NEAR: (1 * MINUTE, NEAR),
    Kind.STAFF_PROMISE_BROKEN: (1 * MINUTE, 60 * MINUTE),
    Kind.STAFF_ESCALATED: (5 * MINUTE, 24 * HOUR),
    Kind.STAFF_SHORTAGE: (15 * MINUTE, 24 * HOUR),
}
# Each waits longer than the one before it.
LADDERS = [
    [Kind.REMINDER_HOURS, Kind.REMINDER_DAY],
    Message.NO_SHOW_LADDER,
    Message.NO_CONTACT_LADDER,
    [Kind.STAFF_PROMISE_BROKEN, Kind.STAFF_ESCALATED],
]
AT_ONCE = {
    Kind.CONFIRMATION: gettext_lazy("At once, when someone books."),
    Kind.MOVED: gettext_lazy("At once, when the time changes."),
    Kind.HANDED_OVER: gettext_lazy(
        "When a colleague takes over. At night it waits until 8 am, unless the time is close."
    ),
    Kind.FREED: gettext_lazy(
        "When we cancel. At night it waits until 8 am, unless the time is close."
    ),
    Kind.CANCELLED: gettext_lazy("At once, when it is cancelled as asked."),
    Kind.EARLIER_OFFER: gettext_lazy(
        "At once, when an earlier time opens for someone who asked. Nobody is asked at night."
    ),
    Kind.EARLIER_GONE: gettext_lazy(
        "When someone else takes the offered time. At night it waits until 8 am."
    ),
    Kind.STAFF_NEW_REQUEST: gettext_lazy("At once, when someone asks for us."),
    Kind.STAFF_HANDED_OVER: gettext_lazy("At once, to the colleague who takes over."),
    Kind.STAFF_DIGEST: gettext_lazy("Each day at 7:30 am, by the centre’s clock."),
}
BY_RULE = {
    Kind.REMINDER_DAY: gettext_lazy("%(delay)s before, if booked more than %(lead)s ahead."),
    Kind.REMINDER_HOURS: gettext_lazy("%(delay)s before, if booked more than %(lead)s ahead."),
    Kind.AFTER_COMPLETED: gettext_lazy(
        "%(delay)s later at 10 am; from a weekend it moves on to Monday."
    ),
    Kind.AFTER_NO_SHOW: gettext_lazy("%(delay)s after we mark a no-show."),
    Kind.NO_SHOW_SECOND: gettext_lazy("%(delay)s after we mark a no-show."),
    Kind.NO_SHOW_LAST: gettext_lazy("%(delay)s after we mark a no-show."),
    Kind.NO_CONTACT_FIRST: gettext_lazy("%(delay)s after a first try that reached nobody."),
    Kind.NO_CONTACT_SECOND: gettext_lazy("%(delay)s after a first try that reached nobody."),
    Kind.NO_CONTACT_LAST: gettext_lazy("%(delay)s after a first try that reached nobody."),
    Kind.CALLBACK_KEPT: gettext_lazy("%(delay)s after we talked as promised."),
    Kind.CALLBACK_MISSED: gettext_lazy("%(delay)s after our promised call was not answered."),
    Kind.CALLBACK_LATE: gettext_lazy("%(delay)s after the promised time, if we have not called."),
    Kind.STAFF_PROMISE_NEAR: gettext_lazy("%(delay)s before the promised time of a call."),
    Kind.STAFF_PROMISE_BROKEN: gettext_lazy(
        "%(delay)s after the promised time, if no try is logged."
    ),
    Kind.STAFF_ESCALATED: gettext_lazy(
        "%(delay)s after the promised time, if no try is logged; and after someone said that"
        " there may be danger, if nobody has answered."
    ),
    Kind.STAFF_SHORTAGE: gettext_lazy("%(delay)s after phone times ran out, if it lasts."),
}


class ChangedMeanwhile(Exception):
    """Someone else has changed what this change was based on; nothing is saved."""


class RuleRefused(Exception):
    """The rule would make no sense; `faults` says why, by field."""

    def __init__(self, faults: dict[str, str]):
        super().__init__(*faults)
        self.faults = faults


@dataclass(frozen=True)
class Wanted:
    """What a rule shall be."""

    is_on: bool
    delay: timedelta
    needs_lead: timedelta | None


@transaction.atomic
def change(*, kind: str, wanted: Wanted, seen: str, by: User) -> bool:
    """Make the rule so, for what is promised from now on; False where it was so already.

    `seen` is the mark of the rule that the change was based on.
    """
    # All of them, in one order: two rungs of a ladder must not pass each other.
    locked = MessageRule.objects.select_for_update().order_by("pk")
    rules = {rule.kind: rule for rule in locked}
    rule = rules[kind]
    fields = [name for name, value in vars(wanted).items() if getattr(rule, name) != value]
    if not fields:
        return False
    if mark(rule) != seen:
        raise ChangedMeanwhile
    if found := faults(kind, wanted, rules):
        raise RuleRefused(found)

    for name in fields:
        setattr(rule, name, getattr(wanted, name))
    rule.save(update_fields=fields)

    AuditEvent.objects.create(type=AuditEvent.Type.RULE_CHANGED, actor=by, code=kind, fields=fields)
    return True


def mark(rule: MessageRule) -> str:
    """Changes with the rule."""
    lengths = [rule.delay, rule.needs_lead or timedelta(0)]
    return "-".join([f"{rule.is_on:d}", *(f"{each.total_seconds():.0f}" for each in lengths)])


def faults(kind: str, wanted: Wanted, rules: dict[str, MessageRule]) -> dict[str, str]:
    """What is wrong with a rule, by field; the other rules are as given."""
    found = {}
    if kind in BOUNDS and (fault := fault_of_delay(kind, wanted.delay, rules)):
        found["delay"] = fault
    if kind not in BOUNDS and wanted.delay != rules[kind].delay:
        found["delay"] = _("This email has a time of day, and no wait.")
    if fault := fault_of_lead(kind, wanted):
        found["needs_lead"] = fault
    return found


def fault_of_delay(kind: str, delay: timedelta, rules: dict[str, MessageRule]) -> str:
    shortest, longest = BOUNDS[kind]
    if not shortest <= delay <= longest:
        words = {"shortest": span(shortest), "longest": span(longest)}
        return _("Choose between %(shortest)s and %(longest)s.") % words
    if kind == Kind.AFTER_COMPLETED and delay % DAY:
        return _("Choose whole days.")
    below, above = neighbours(kind)
    if below and delay <= rules[below].delay:
        words = {"other": below.label, "delay": span(rules[below].delay)}
        return _("Choose more than %(delay)s, which is the time of “%(other)s”.") % words
    if above and delay >= rules[above].delay:
        words = {"other": above.label, "delay": span(rules[above].delay)}
        return _("Choose less than %(delay)s, which is the time of “%(other)s”.") % words
    return ""


def fault_of_lead(kind: str, wanted: Wanted) -> str:
    if kind not in REMINDERS:
        return _("Only a reminder has this.") if wanted.needs_lead is not None else ""
    if wanted.needs_lead is None or wanted.needs_lead < wanted.delay:
        return _("Choose no less than the time of the reminder itself.")
    if wanted.needs_lead > FARTHEST_LEAD:
        return _("Choose %(longest)s or less.") % {"longest": span(FARTHEST_LEAD)}
    return ""


def neighbours(kind: str) -> tuple[Kind | None, Kind | None]:
    """The kinds that wait a little less and a little more than this one."""
    for ladder in LADDERS:
        if kind in ladder:
            place = ladder.index(kind)
            below = ladder[place - 1] if place else None
            return below, ladder[place + 1] if place + 1 < len(ladder) else None
    return None, None


def goes(kind: str, rule: MessageRule | None) -> str:
    """When it goes, as staff read it."""
    if kind in AT_ONCE or rule is None:
        return str(AT_ONCE[kind])
    delay = days(rule.delay) if kind == Kind.AFTER_COMPLETED else span(rule.delay)
    lead = span(rule.needs_lead) if rule.needs_lead else ""
    return BY_RULE[kind] % {"delay": delay, "lead": lead}


def span(length: timedelta) -> str:
    """90 minutes, 24 hours, 7 days: in the largest unit that tells it whole."""
    number, unit = number_and_unit(length)
    words = {
        "minutes": ngettext("%(n)s minute", "%(n)s minutes", number),
        "hours": ngettext("%(n)s hour", "%(n)s hours", number),
    }
    return days(length) if unit == "days" else words[unit] % {"n": number}


def days(length: timedelta) -> str:
    return ngettext("%(n)s day", "%(n)s days", length.days) % {"n": length.days}


def number_and_unit(length: timedelta) -> tuple[int, str]:
    """As people type it; up to two days they count in hours."""
    if length >= 2 * DAY and not length % DAY:
        return length // DAY, "days"
    return (length // HOUR, "hours") if not length % HOUR else (length // MINUTE, "minutes")
