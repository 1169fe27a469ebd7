"""When each kind of email goes, in words, and how a director changes that."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from admissions.audit.models import AuditEvent
from admissions.exceptions import ChangedMeanwhile
from users.models import User

from . import catalog
from .kinds import Kind
from .models import MessageRule

MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("minutes", "hours", "days"))
MAX_LEAD = 60 * DAY


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
    if not values.is_on and catalog.is_always_on(kind):
        found["is_on"] = _("This email always goes out.")
    bounds = catalog.find_bounds(kind)
    if bounds and (fault := find_delay_error(kind, values.delay, rules, bounds)):
        found["delay"] = fault
    if not bounds and values.delay != rules[kind].delay:
        found["delay"] = _("This email has a time of day, and no wait.")
    if fault := find_lead_error(kind, values):
        found["minimum_lead"] = fault
    return found


def find_delay_error(
    kind: str,
    delay: timedelta,
    rules: dict[str, MessageRule],
    bounds: tuple[timedelta, timedelta],
) -> str:
    shortest, longest = bounds
    if not shortest <= delay <= longest:
        words = {"shortest": format_delay(shortest), "longest": format_delay(longest)}
        return _("Choose between %(shortest)s and %(longest)s.") % words
    if catalog.has_whole_days(kind) and delay % DAY:
        return _("Choose whole days.")
    below, above = find_adjacent_kinds(kind)
    if below and delay <= rules[below].delay:
        words = {"other": str(below.label), "delay": format_delay(rules[below].delay)}
        return _("Choose more than %(delay)s, which is the time of “%(other)s”.") % words
    if above and delay >= rules[above].delay:
        words = {"other": str(above.label), "delay": format_delay(rules[above].delay)}
        return _("Choose less than %(delay)s, which is the time of “%(other)s”.") % words
    return ""


def find_lead_error(kind: str, values: RuleValues) -> str:
    if not catalog.has_lead(kind):
        return _("Only a reminder has this.") if values.minimum_lead is not None else ""
    if values.minimum_lead is None or values.minimum_lead < values.delay:
        return _("Choose no less than the time of the reminder itself.")
    if values.minimum_lead > MAX_LEAD:
        return _("Choose %(longest)s or less.") % {"longest": format_delay(MAX_LEAD)}
    return ""


def find_adjacent_kinds(kind: str) -> tuple[Kind | None, Kind | None]:
    """The kinds that wait a little less and a little more than this one."""
    name = catalog.CATALOG[kind].series
    if not name:
        return None, None
    series = catalog.list_series(name)
    place = series.index(Kind(kind))
    below = series[place - 1] if place else None
    return below, series[place + 1] if place + 1 < len(series) else None


def describe_timing(kind: str, rule: MessageRule | None) -> str:
    """When it goes, as staff read it."""
    timing = str(catalog.CATALOG[kind].timing)
    if rule is None:
        return timing
    delay = (
        format_delay_days(rule.delay) if catalog.has_whole_days(kind) else format_delay(rule.delay)
    )
    lead = format_delay(rule.minimum_lead) if rule.minimum_lead else ""
    return timing % {"delay": delay, "lead": lead}


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
