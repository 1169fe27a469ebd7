"""Who is on call at a moment, and when nobody is. Reads only."""

from collections.abc import Iterable
from datetime import datetime

from .models import OnCallShift
from .roster import subtract_intervals


def find_shift(*, at: datetime) -> OnCallShift | None:
    """The shift of this moment with its people, who may have left or be away; None without one."""
    return OnCallShift.objects.filter(starts_at__lte=at, ends_at__gt=at).with_people(at=at).first()


def load_shifts(first: datetime, last: datetime) -> list[OnCallShift]:
    """The shifts of a stretch with their people, in one query."""
    return list(OnCallShift.objects.between(first, last).with_people())


def find_gaps(
    shifts: Iterable[OnCallShift], first: datetime, last: datetime
) -> list[tuple[datetime, datetime]]:
    """(from, until) of every part of the stretch in which nobody on the rota can be reached."""
    held = [(each.starts_at, each.ends_at) for each in shifts if each.people]
    return list(subtract_intervals(held, first, last))
