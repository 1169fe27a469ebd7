"""How many minutes each counselor has held and been present, to share fairly."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from admissions.sql_rows import fetch_rows

from .models import Consultation, ModeRules

LOAD_LOOK_BACK = timedelta(days=14)


MIN_PRESENCE, MINUTE = timedelta(days=1), timedelta(minutes=1)


NEVER_BOOKED = datetime.min.replace(tzinfo=UTC)


# Away is the time of a counselor's own closures, and what several share counts once; closures of
# all are equal to all.
LOADS_SQL = """
    SELECT counselor.id AS counselor_id, counselor.public_name, counselor.share,
        coalesce(had.count, 0) AS count, had.last_booked_at,
        (SELECT coalesce(sum(upper(closed) - lower(closed)), interval '0') FROM unnest(
            (SELECT range_agg(tstzrange(starts_at, ends_at) * tstzrange(%(since)s, %(until)s))
            FROM admissions_closure
            WHERE counselor_id = counselor.id AND starts_at < %(until)s AND ends_at > %(since)s)
        ) AS closed) AS away
    FROM admissions_counselor AS counselor
    LEFT JOIN (
        SELECT counselor_id, count(*) AS count, max(booked_at) AS last_booked_at
        FROM admissions_consultation
        WHERE counselor_id = ANY(%(ids)s) AND starts_at BETWEEN %(since)s AND %(until)s
            AND status = ANY(%(counted)s)
        GROUP BY counselor_id
    ) AS had ON had.counselor_id = counselor.id
    WHERE counselor.id = ANY(%(ids)s)
"""


@dataclass(frozen=True)
class LoadRow:
    """What one counselor has in a window, when the last was booked, and how long they are away."""

    counselor_id: int
    public_name: str
    share: int
    count: int
    last_booked_at: datetime | None
    away: timedelta


@dataclass(frozen=True)
class CounselorLoad:
    """How much one counselor has, and how much is theirs to have; whole numbers only."""

    counselor_id: int
    public_name: str
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
        return self.rate, self.last_booked_at or NEVER_BOOKED, self.counselor_id

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
    asked = {"ids": list(counselor_ids), "counted": list(Consultation.COUNTED)}
    return [
        CounselorLoad(
            counselor_id=each.counselor_id,
            public_name=each.public_name,
            count=each.count,
            share=each.share,
            minutes_present=max(until - since - each.away, MIN_PRESENCE) // MINUTE,
            minutes_total=(until - since) // MINUTE,
            last_booked_at=each.last_booked_at,
        )
        for each in fetch_rows(LoadRow, LOADS_SQL, asked | {"since": since, "until": until})
    ]
