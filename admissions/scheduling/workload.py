"""How many minutes each counselor has held and been present, to share fairly."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import NamedTuple

from django.db.models import Count, Max

from .models import Closure, Consultation, Counselor, ModeRules

LOAD_LOOK_BACK = timedelta(days=14)


MIN_PRESENCE, MINUTE = timedelta(days=1), timedelta(minutes=1)


NEVER_BOOKED = datetime.min.replace(tzinfo=UTC)


class BookedSoFar(NamedTuple):
    """How many consultations one counselor has in a window, and when the last was booked."""

    consultations: int
    last_at: datetime | None


@dataclass(frozen=True)
class CounselorLoad:
    """How much one counselor has, and how much is theirs to have; whole numbers only."""

    counselor: Counselor
    count: int
    share: int
    minutes_present: int
    minutes_total: int
    last_booked_at: datetime | None = None

    @property
    def rate(self) -> Fraction:
        """Consultations for a full share and a window without absence, exactly.

        Counted by the time they were here, one who was away owes nobody the
        bookings of that time, and is not flooded on coming back.
        """
        # Not a float: rounding would make equal loads differ, and the longer wait would not
        # decide between them.
        return Fraction(self.count * 100 * self.minutes_total, self.share * self.minutes_present)

    @property
    def sort_key(self) -> tuple[Fraction, datetime, int]:
        """Least loaded first, then longest without a booking, then by id."""
        return self.rate, self.last_booked_at or NEVER_BOOKED, self.counselor.pk

    @property
    def description(self) -> str:
        words = f"load {self.count} at share {self.share}"
        days_away = (self.minutes_total - self.minutes_present) // (24 * 60)
        return f"{words}, {days_away} days away" if days_away else words


def rank_counselors(
    counselor_ids: Iterable[int], *, rules: ModeRules, now: datetime
) -> list[CounselorLoad]:
    """Whose turn it is, first to last; the same for the same rows, whoever asks."""
    return rank_loads(
        compute_loads(counselor_ids, since=now - LOAD_LOOK_BACK, until=now + rules.horizon_duration)
    )


def rank_loads(loads: list[CounselorLoad]) -> list[CounselorLoad]:
    """The rule itself, without a database."""
    return sorted(loads, key=lambda load: load.sort_key)


def compute_loads(
    counselor_ids: Iterable[int], *, since: datetime, until: datetime
) -> list[CounselorLoad]:
    """What each of them has in this window, and how long they are here for it."""
    counted = (
        Consultation.objects.filter(counselor__in=counselor_ids)
        .filter(starts_at__range=(since, until), status__in=Consultation.COUNTED)
        .values("counselor")
        .annotate(n=Count("*"), last_booked_at=Max("booked_at"))
    )
    had = {row["counselor"]: BookedSoFar(row["n"], row["last_booked_at"]) for row in counted}
    nothing = BookedSoFar(0, None)
    away = compute_time_away(counselor_ids, since=since, until=until)
    counselors = Counselor.objects.filter(pk__in=counselor_ids).select_related("location")
    return [
        CounselorLoad(
            counselor=each,
            count=had.get(each.pk, nothing).consultations,
            share=each.share,
            minutes_present=max(until - since - away[each.pk], MIN_PRESENCE) // MINUTE,
            minutes_total=(until - since) // MINUTE,
            last_booked_at=had.get(each.pk, nothing).last_at,
        )
        for each in counselors
    ]


def compute_time_away(
    counselor_ids: Iterable[int], *, since: datetime, until: datetime
) -> dict[int | None, timedelta]:
    """How much of this window each one's own closures take; closures of all are equal to all."""
    closures = Closure.objects.filter(
        counselor__in=counselor_ids, starts_at__lt=until, ends_at__gt=since
    ).order_by("starts_at")
    away: dict[int | None, timedelta] = defaultdict(timedelta)
    counted_until: dict[int | None, datetime] = {}
    for closure in closures:
        pk = closure.counselor_id
        begin = max(closure.starts_at, counted_until.get(pk, since))
        end = min(closure.ends_at, until)
        if begin < end:
            away[pk] += end - begin
            counted_until[pk] = end
    return away
