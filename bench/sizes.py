"""How much is measured: all of it, or enough to try the bench itself."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    small: int  # past consultations of the one database
    large: int  # and of the other
    desk: int  # and of the one that every page of the desk is asked in
    rounds: int  # how often the sides take turns
    round_seconds: float
    booking_rounds: int
    booking_seconds: float
    posts: int  # bookings of one round beside the bare view
    bursts: int
    letter_rounds: int
    letters: int  # of one round
    slow_posts: int  # bookings of one round, beside a slow mail server and a fast one
    counselors: int = 50
    booked_ahead: float = 0.5
    open_requests: int = 1000
    workers: int = 2
    visitors: int = 4  # who book at the same time
    crowd: int = 50  # who want one slot at the same time


FULL = Sizes(
    small=10_000,
    large=1_000_000,
    desk=1_000_000,
    rounds=6,
    round_seconds=1,
    booking_rounds=4,
    booking_seconds=2,
    posts=80,
    bursts=5,
    letter_rounds=3,
    letters=200,
    slow_posts=20,
)
QUICK = Sizes(
    small=1_000,
    large=20_000,
    desk=20_000,
    rounds=3,
    round_seconds=0.5,
    booking_rounds=2,
    booking_seconds=1.5,
    posts=20,
    bursts=2,
    letter_rounds=2,
    letters=50,
    slow_posts=10,
)
