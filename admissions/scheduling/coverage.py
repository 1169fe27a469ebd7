"""Which standing consultations lie in time that their counselor does not have. Reads only.

Someone left, a closure came, hours were taken away, perhaps in the very moment
of a booking: whatever the way, such a consultation is found here until staff
decide about it. So none is silently dropped.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from .models import Consultation, Counselor, Mode
from .roster import RosterEntry, load_roster, open_windows, parse_closures


class UncoveredReason(models.TextChoices):
    GONE = "gone", _("no longer works here")
    PAUSED = "paused", _("takes no consultations")
    CLOSED = "closed", _("is away")
    HOURS = "hours", _("has no hours then")


@dataclass(frozen=True)
class Gap:
    """A consultation yet to come that its counselor cannot be expected to hold, and why."""

    consultation: Consultation
    reason: UncoveredReason


def find_gaps(
    *, now: datetime, counselor: Counselor | None = None, consultation: Consultation | None = None
) -> list[Gap]:
    """What staff must decide about, soonest first: of everyone, one counselor or one consultation.

    What staff decided to keep is left out, unless its counselor has left for good.
    """
    upcoming = Consultation.objects.upcoming(now=now).order_by("starts_at", "pk")
    if counselor:
        upcoming = upcoming.filter(counselor=counselor)
    if consultation:
        upcoming = upcoming.filter(pk=consultation.pk)
    facts = upcoming.values_list(
        "pk",
        "counselor_id",
        "mode",
        "location_id",
        "starts_at",
        "ends_at",
        "kept_at",
        "counselor__user__is_active",
    )
    roster = {each.pk: each for each in load_roster(now)}
    found = {}
    for pk, counselor_id, mode, location_id, starts_at, ends_at, kept_at, is_active in facts:
        entry = roster.get(counselor_id)
        if entry and mode == Mode.IN_PERSON:
            entry = replace(entry, only_at_location=location_id)
        why = find_uncovered_reason(entry, mode, starts_at, ends_at)
        if not is_active:
            found[pk] = UncoveredReason.GONE
        elif why and not kept_at:
            found[pk] = why
    return [Gap(each, found[each.pk]) for each in fetch_consultations_in_order(found)]


def fetch_consultations_in_order(pks: Iterable[int]) -> list[Consultation]:
    rows = Consultation.objects.filter(pk__in=pks)
    return list(
        rows.select_related("request", "counselor__user", "location").order_by("starts_at", "pk")
    )


def find_uncovered_reason(
    counselor: RosterEntry | None, mode: str, starts_at: datetime, ends_at: datetime
) -> UncoveredReason | None:
    """Why this counselor does not have this time, or None when all of it is theirs."""
    if counselor is None:
        return UncoveredReason.PAUSED
    begin, end = starts_at.timestamp(), ends_at.timestamp()
    hours = open_windows(counselor, mode, starts_at, ends_at) if mode in counselor.modes else ()
    if any(opens <= begin and end <= closes for opens, closes in hours):
        return None
    closed = parse_closures(counselor.closures_json)
    return (
        UncoveredReason.CLOSED
        if any(start < end and begin < until for start, until in closed)
        else UncoveredReason.HOURS
    )
