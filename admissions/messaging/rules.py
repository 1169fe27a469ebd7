"""When each kind of email goes, in words, and how a director changes that."""

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from admissions.audit.models import AuditEvent
from admissions.exceptions import ChangedMeanwhile
from admissions.intake.service_levels import CALL_DUE_SOON

from .models import REMINDER_KINDS, Message, MessageRule

Kind = Message.Kind
MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("minutes", "hours", "days"))
MAX_LEAD = 60 * DAY
# In a person's order; every kind is in one group.
KIND_GROUPS = [
    (
        gettext_lazy("Confirmation and changes"),
        [Kind.CONFIRMATION, Kind.MOVED, Kind.HANDED_OVER, Kind.CANCELED_BY_CENTER, Kind.CANCELED],
    ),
    (gettext_lazy("Earlier times"), [Kind.EARLIER_OFFER, Kind.EARLIER_OFFER_TAKEN]),
    (gettext_lazy("Reminders"), [Kind.REMINDER_DAY, Kind.REMINDER_HOURS]),
    (gettext_lazy("After a consultation"), [Kind.AFTER_COMPLETED]),
    (gettext_lazy("After a no-show"), Message.NO_SHOW_SERIES),
    (gettext_lazy("When nobody was reached"), Message.NO_CONTACT_SERIES),
    (gettext_lazy("Calls"), [Kind.CALLBACK_LATE, Kind.CALLBACK_MISSED, Kind.CALLBACK_MADE]),
    (
        gettext_lazy("For staff"),
        [
            Kind.STAFF_NEW_REQUEST,
            Kind.STAFF_HANDED_OVER,
            Kind.STAFF_CALL_DUE,
            Kind.STAFF_CALL_OVERDUE,
            Kind.STAFF_ESCALATED,
            Kind.STAFF_SHORTAGE,
            Kind.STAFF_DIGEST,
        ],
    ),
]
# How short and how long a wait may be; the digest has a time of day and no wait.
DELAY_BOUNDS = {
    Kind.REMINDER_DAY: (3 * HOUR, 14 * DAY),
    Kind.REMINDER_HOURS: (30 * MINUTE, 24 * HOUR),
    Kind.AFTER_COMPLETED: (1 * DAY, 14 * DAY),
    Kind.AFTER_NO_SHOW: (10 * MINUTE, 7 * DAY),
    Kind.NO_SHOW_SECOND: (1 * HOUR, 30 * DAY),
    Kind.NO_SHOW_LAST: (1 * DAY, 60 * DAY),
    Kind.NO_CONTACT_FIRST: (1 * HOUR, 14 * DAY),
    Kind.NO_CONTACT_SECOND: (1 * DAY, 30 * DAY),
    Kind.NO_CONTACT_LAST: (2 * DAY, 60 * DAY),
    Kind.CALLBACK_MADE: (10 * MINUTE, 7 * DAY),
    Kind.CALLBACK_MISSED: (1 * MINUTE, 24 * HOUR),
    Kind.CALLBACK_LATE: (5 * MINUTE, 24 * HOUR),
    # A call that is promised for later than that is not near, and the notice would not go.
    Kind.STAFF_CALL_DUE: (1 * MINUTE, CALL_DUE_SOON),
    Kind.STAFF_CALL_OVERDUE: (1 * MINUTE, 60 * MINUTE),
    Kind.STAFF_ESCALATED: (5 * MINUTE, 24 * HOUR),
    Kind.STAFF_SHORTAGE: (15 * MINUTE, 24 * HOUR),
}
# Each waits longer than the one before it.
DELAY_SERIES = [
    [Kind.REMINDER_HOURS, Kind.REMINDER_DAY],
    Message.NO_SHOW_SERIES,
    Message.NO_CONTACT_SERIES,
    [Kind.STAFF_CALL_OVERDUE, Kind.STAFF_ESCALATED],
]
TIMING_WITHOUT_RULE = {
    Kind.CONFIRMATION: gettext_lazy("At once, when someone books."),
    Kind.MOVED: gettext_lazy("At once, when the time changes."),
    Kind.HANDED_OVER: gettext_lazy(
        "When a colleague takes over. At night it waits until 8 am, unless the time is close."
    ),
    Kind.CANCELED_BY_CENTER: gettext_lazy(
        "When we cancel. At night it waits until 8 am, unless the time is close."
    ),
    Kind.CANCELED: gettext_lazy("At once, when it is canceled as asked."),
    Kind.EARLIER_OFFER: gettext_lazy(
        "At once, when an earlier time opens for someone who asked. Nobody is asked at night."
    ),
    Kind.EARLIER_OFFER_TAKEN: gettext_lazy(
        "When someone else takes the offered time. At night it waits until 8 am."
    ),
    Kind.STAFF_NEW_REQUEST: gettext_lazy("At once, when someone asks for us."),
    Kind.STAFF_HANDED_OVER: gettext_lazy("At once, to the colleague who takes over."),
    Kind.STAFF_DIGEST: gettext_lazy("Each day at 7:30 am, by the center’s clock."),
}
TIMING_BY_RULE = {
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
    Kind.CALLBACK_MADE: gettext_lazy("%(delay)s after we talked as promised."),
    Kind.CALLBACK_MISSED: gettext_lazy("%(delay)s after our promised call was not answered."),
    Kind.CALLBACK_LATE: gettext_lazy("%(delay)s after the promised time, if we have not called."),
    Kind.STAFF_CALL_DUE: gettext_lazy("%(delay)s before the promised time of a call."),
    Kind.STAFF_CALL_OVERDUE: gettext_lazy(
        "%(delay)s after the promised time, if no try is logged."
    ),
    Kind.STAFF_ESCALATED: gettext_lazy(
        "%(delay)s after the promised time, if no try is logged; and after someone said that"
        " there may be danger, if nobody has answered."
    ),
    Kind.STAFF_SHORTAGE: gettext_lazy("%(delay)s after phone times ran out, if it lasts."),
}


class InvalidRule(Exception):
    """The rule would make no sense; `faults` says why, by field."""

    def __init__(self, errors: dict[str, str]):
        super().__init__(*errors)
        self.errors = errors


@dataclass(frozen=True)
class RuleValues:
    """What a rule shall be."""

    is_on: bool
    delay: timedelta
    minimum_lead: timedelta | None


@dataclass(frozen=True)
class CallAlerts:
    """How long after a promised time staff are told of a late call, and then the on-call lead.

    None where a director has switched that email off.
    """

    alert_after: timedelta | None
    escalate_after: timedelta | None


def load_call_alerts(rules: dict[str, MessageRule] | None = None) -> CallAlerts:
    """By the rules that are given, or else as they stand."""
    rules = MessageRule.objects.by_kind() if rules is None else rules
    alert, escalation = rules[Kind.STAFF_CALL_OVERDUE], rules[Kind.STAFF_ESCALATED]
    return CallAlerts(
        alert.delay if alert.is_on else None, escalation.delay if escalation.is_on else None
    )


@transaction.atomic
def change_rule(*, kind: str, values: RuleValues, seen: str, by: User) -> bool:
    """Make the rule so, for what is promised from now on; False where it was so already.

    `seen` is the mark of the rule that the change was based on.
    """
    # All of them, in one order: two rungs of a ladder must not pass each other.
    locked = MessageRule.objects.select_for_update().order_by("pk")
    rules = locked.by_kind()
    rule = rules[kind]
    fields = [name for name, value in vars(values).items() if getattr(rule, name) != value]
    if not fields:
        return False
    if fingerprint_rule(rule) != seen:
        raise ChangedMeanwhile
    if found := find_rule_errors(kind, values, rules):
        raise InvalidRule(found)

    for name in fields:
        setattr(rule, name, getattr(values, name))
    rule.save(update_fields=fields)

    AuditEvent.objects.create(type=AuditEvent.Type.RULE_CHANGED, actor=by, code=kind, fields=fields)
    return True


def fingerprint_rule(rule: MessageRule) -> str:
    """Changes with the rule."""
    lengths = [rule.delay, rule.minimum_lead or timedelta(0)]
    return "-".join([f"{rule.is_on:d}", *(f"{each.total_seconds():.0f}" for each in lengths)])


def find_rule_errors(
    kind: str, values: RuleValues, rules: dict[str, MessageRule]
) -> dict[str, str]:
    """What is wrong with a rule, by field; the other rules are as given."""
    found = {}
    if kind in DELAY_BOUNDS and (fault := find_delay_error(kind, values.delay, rules)):
        found["delay"] = fault
    if kind not in DELAY_BOUNDS and values.delay != rules[kind].delay:
        found["delay"] = _("This email has a time of day, and no wait.")
    if fault := find_lead_error(kind, values):
        found["minimum_lead"] = fault
    return found


def find_delay_error(kind: str, delay: timedelta, rules: dict[str, MessageRule]) -> str:
    shortest, longest = DELAY_BOUNDS[kind]
    if not shortest <= delay <= longest:
        words = {"shortest": format_delay(shortest), "longest": format_delay(longest)}
        return _("Choose between %(shortest)s and %(longest)s.") % words
    if kind == Kind.AFTER_COMPLETED and delay % DAY:
        return _("Choose whole days.")
    below, above = find_adjacent_kinds(kind)
    if below and delay <= rules[below].delay:
        words = {"other": below.label, "delay": format_delay(rules[below].delay)}
        return _("Choose more than %(delay)s, which is the time of “%(other)s”.") % words
    if above and delay >= rules[above].delay:
        words = {"other": above.label, "delay": format_delay(rules[above].delay)}
        return _("Choose less than %(delay)s, which is the time of “%(other)s”.") % words
    return ""


def find_lead_error(kind: str, values: RuleValues) -> str:
    if kind not in REMINDER_KINDS:
        return _("Only a reminder has this.") if values.minimum_lead is not None else ""
    if values.minimum_lead is None or values.minimum_lead < values.delay:
        return _("Choose no less than the time of the reminder itself.")
    if values.minimum_lead > MAX_LEAD:
        return _("Choose %(longest)s or less.") % {"longest": format_delay(MAX_LEAD)}
    return ""


def find_adjacent_kinds(kind: str) -> tuple[Kind | None, Kind | None]:
    """The kinds that wait a little less and a little more than this one."""
    for ladder in DELAY_SERIES:
        if kind in ladder:
            place = ladder.index(kind)
            below = ladder[place - 1] if place else None
            return below, ladder[place + 1] if place + 1 < len(ladder) else None
    return None, None


def describe_timing(kind: str, rule: MessageRule | None) -> str:
    """When it goes, as staff read it."""
    if kind in TIMING_WITHOUT_RULE or rule is None:
        return str(TIMING_WITHOUT_RULE[kind])
    delay = (
        format_delay_days(rule.delay) if kind == Kind.AFTER_COMPLETED else format_delay(rule.delay)
    )
    lead = format_delay(rule.minimum_lead) if rule.minimum_lead else ""
    return TIMING_BY_RULE[kind] % {"delay": delay, "lead": lead}


def format_delay(length: timedelta) -> str:
    """90 minutes, 24 hours, 7 days: in the largest unit that tells it whole."""
    number, unit = split_duration(length)
    words = {
        "minutes": ngettext("%(n)s minute", "%(n)s minutes", number),
        "hours": ngettext("%(n)s hour", "%(n)s hours", number),
    }
    return format_delay_days(length) if unit == "days" else words[unit] % {"n": number}


def format_delay_days(length: timedelta) -> str:
    return ngettext("%(n)s day", "%(n)s days", length.days) % {"n": length.days}


def split_duration(length: timedelta) -> tuple[int, str]:
    """As people type it; up to two days they count in hours."""
    if length >= 2 * DAY and not length % DAY:
        return length // DAY, "days"
    return (length // HOUR, "hours") if not length % HOUR else (length // MINUTE, "minutes")
