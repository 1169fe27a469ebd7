"""People who ask for help in a simulated month: what they are like, and a diary of each.

The diary is kept by the simulation itself and never read from the site.
"""

from dataclasses import dataclass, field
from datetime import datetime

# Where someone stands, in the words of the diary.
NEW, TRYING, IN_TOUCH, BOOKED, TALKED, ADVISED, ADMITTING, CLOSED = (
    "new",
    "attempting_contact",
    "contacted",
    "consultation_scheduled",
    "consultation_completed",
    "recommendation_made",
    "admission_pending",
    "closed",
)
CAME, MISSED, GONE = "came", "missed", "gone"


@dataclass
class Try:
    at: datetime
    by: int
    is_live: bool


@dataclass
class Talk:
    """A consultation as it was promised; GONE when it was moved, canceled or handed over."""

    booked_at: datetime
    starts_at: datetime
    mode: str
    counselor: int
    fate: str = ""


@dataclass
class Advice:
    at: datetime
    level: str
    agreed: str
    why: str


@dataclass
class Referral:
    at: datetime
    id: int
    is_confirmed: bool = False


@dataclass
class Person:
    """Someone who asks: their nature first, then what happened to them."""

    asked_at: datetime
    source: str
    language: str
    program: int | None
    is_in_danger: bool
    has_phone: bool
    good_time: str
    answers: float
    comes: float
    wish: str
    number: int = 0
    twin: "Person | None" = None
    request_id: object = None
    stands: str = NEW
    owner: int | None = None
    is_calmed: datetime | None = None
    tries: list[Try] = field(default_factory=list)
    talks: list[Talk] = field(default_factory=list)
    assessed: int = 0
    advice: list[Advice] = field(default_factory=list)
    referrals: list[Referral] = field(default_factory=list)
    ended: tuple[str, str] | None = None  # disposition, reason
    has_stopped: bool = False
    back_at: datetime | None = None

    @property
    def talk(self) -> Talk | None:
        """The one that stands."""
        return next((talk for talk in self.talks if not talk.fate), None)

    @property
    def was_held(self) -> bool:
        return any(talk.fate == CAME for talk in self.talks)

    @property
    def was_reached(self) -> bool:
        return self.was_held or any(each.is_live for each in self.tries)

    @property
    def tries_since_touch(self) -> list[Try]:
        since = []
        for each in self.tries:
            since = [] if each.is_live else [*since, each]
        return [each for each in since if not self.back_at or each.at >= self.back_at]

    @property
    def is_counted(self) -> bool:
        """Nobody new asked with a duplicate."""
        return self.ended is None or self.ended[0] != "duplicate"
