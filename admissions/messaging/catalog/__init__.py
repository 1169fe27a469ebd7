"""Every kind of message, each by one entry, and what is asked of them."""

from datetime import timedelta

from ..kinds import Group, Kind, MessageKind
from .letters import LETTERS
from .staff import STAFF_EMAILS

# In the order of a person's journey.
CATALOG: dict[str, MessageKind] = LETTERS | STAFF_EMAILS
STAFF_KINDS = {kind for kind, entry in CATALOG.items() if entry.is_for_staff}


def list_groups() -> list[tuple[Group, list[Kind]]]:
    """Every kind, in the order of a person's journey."""
    return [
        (group, [Kind(kind) for kind, entry in CATALOG.items() if entry.group == group])
        for group in Group
    ]


def list_series(name: str) -> list[Kind]:
    """The kinds of a series, each of which waits longer than the one before it."""
    found = [Kind(kind) for kind, entry in CATALOG.items() if entry.series == name]
    # Of two reminders the earlier waits longer, counted back from the start.
    return found[::-1] if is_sent_before(found[0]) else found


def is_sent_before(kind: str) -> bool:
    """Whether it goes so long before something, and not after it."""
    rule = CATALOG[kind].rule
    return rule is not None and rule.is_before


def has_lead(kind: str) -> bool:
    """Whether it goes only to those who booked far enough ahead."""
    rule = CATALOG[kind].rule
    return rule is not None and rule.has_lead


def has_whole_days(kind: str) -> bool:
    rule = CATALOG[kind].rule
    return rule is not None and rule.is_in_whole_days


def find_bounds(kind: str) -> tuple[timedelta, timedelta] | None:
    """How short and how long its wait may be; None where it has none."""
    rule = CATALOG[kind].rule
    return rule.bounds if rule else None


def is_always_on(kind: str) -> bool:
    """Whether no director can switch it off."""
    rule = CATALOG[kind].rule
    return rule is None or rule.is_always_on


def list_invitation_kinds() -> list[str]:
    """Those with an entry for a calendar, that says that a time stands."""
    return [kind for kind, entry in CATALOG.items() if entry.layout.calendar_method == "REQUEST"]


def list_placeholders(kind: str) -> set[str]:
    """What a text of this kind may have filled in."""
    return {"line", *CATALOG[kind].layout.placeholders}
