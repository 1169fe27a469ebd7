"""What can be said of a kind of message; `catalog` says it of each."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """Each by its name; `catalog` says all else of it, once."""

    CONFIRMATION = "confirmation", _("Confirmation")
    MOVED = "moved", _("Moved to another time")
    HANDED_OVER = "handed_over", _("Same time, another counselor")
    CANCELED = "canceled", _("Canceled")
    CANCELED_BY_CENTER = "freed", _("Canceled by us, asked to choose again")
    LINK = "link", _("A new link, as asked")
    REMINDER_DAY = "reminder_day", _("Reminder, well ahead")
    REMINDER_HOURS = "reminder_hours", _("Reminder, shortly before")
    AFTER_COMPLETED = "after_completed", _("After a completed consultation")
    AFTER_NO_SHOW = "after_no_show", _("After a no-show")
    NO_SHOW_SECOND = "no_show_2", _("After a no-show, the second")
    NO_SHOW_LAST = "no_show_3", _("After a no-show, the last")
    NO_CONTACT_FIRST = "no_contact_1", _("We tried to reach you, the first")
    NO_CONTACT_SECOND = "no_contact_2", _("We tried to reach you, the second")
    NO_CONTACT_LAST = "no_contact_3", _("We tried to reach you, the last")
    CALLBACK_MADE = "callback_kept", _("After the call we promised")
    CALLBACK_MISSED = "callback_missed", _("We called as promised, no answer")
    CALLBACK_LATE = "callback_late", _("We are late with the call we promised")
    EARLIER_OFFER = "earlier_offer", _("Offer of an earlier time")
    EARLIER_OFFER_TAKEN = "earlier_gone", _("The offered time was taken")
    STAFF_NEW_REQUEST = "staff_new_request", _("Staff: new request")
    STAFF_HANDED_OVER = "staff_handed_over", _("Staff: taken over from a colleague")
    STAFF_CALL_DUE = "staff_promise_near", _("Staff: a promised call falls due")
    STAFF_CALL_OVERDUE = "staff_promise_broken", _("Staff: a promised call is late")
    STAFF_ESCALATED = "staff_escalated", _("Staff: to the on-call lead")
    STAFF_DANGER = "staff_danger", _("Staff: danger, until somebody has it")
    STAFF_DIGEST = "staff_digest", _("Staff: the day ahead")
    STAFF_FLOOD = "staff_flood", _("Staff: more online requests than people make")
    STAFF_SHORTAGE = "staff_shortage", _("Staff: no phone time within a day")
    STAFF_ALERT = "staff_alert", _("Staff: what somebody chose to be told")
    STAFF_ACCOUNT = "staff_account", _("Staff: about a colleague’s account")


class Group(models.TextChoices):
    """Where it comes in a person's journey."""

    CHANGES = "changes", _("Confirmation and changes")
    EARLIER = "earlier", _("Earlier times")
    REMINDERS = "reminders", _("Reminders")
    AFTER_CONSULTATION = "after_consultation", _("After a consultation")
    AFTER_NO_SHOW = "after_no_show", _("After a no-show")
    NO_CONTACT = "no_contact", _("When nobody was reached")
    CALLS = "calls", _("Calls")
    STAFF = "staff", _("For staff")


class Subject(Enum):
    """What it is about."""

    REQUEST = auto()
    CONSULTATION = auto()
    OFFER = auto()
    SHORTAGE = auto()
    DAY = auto()
    ACCOUNT = auto()
    ALARM = auto()
    ALERT = auto()


class Audience(Enum):
    """Whom it goes to."""

    REQUESTER = auto()
    REQUEST_TEAM = auto()
    ON_CALL = auto()
    DIRECTORS = auto()
    DESK_AND_DIRECTORS = auto()
    COLLEAGUE = auto()


class Night(Enum):
    """Whether it goes in the hours in which a person sleeps."""

    ANY_HOUR = auto()
    WAIT = auto()
    WAIT_UNLESS_CLOSE = auto()
    NEVER = auto()


class Check(Enum):
    """What must still be so in the moment before it is sent; `eligibility` asks it."""

    STANDING = auto()
    CANCELLATION = auto()
    CHOOSE_AGAIN = auto()
    COMPLETED = auto()
    NO_SHOW = auto()
    OFFER_OPEN = auto()
    OFFER_TAKEN = auto()
    NOT_BOOKED = auto()
    LATE_CALL = auto()
    OPEN_REQUEST = auto()
    CALL_DUE = auto()
    CALL_OVERDUE = auto()
    ALARM_OPEN = auto()
    TODAY = auto()
    SHORTAGE_LASTS = auto()
    ACCOUNT_NEWS = auto()
    ALERT_NEW = auto()


@dataclass(frozen=True)
class MessageText:
    """A subject for the lock screen, a heading, and paragraphs parted by empty lines."""

    subject: str | Promise
    heading: str | Promise
    text: str | Promise
    version: str = ""


@dataclass(frozen=True)
class MessageLayout:
    """What a letter has beside its words: the box with the time, buttons, and an invitation."""

    box: str = ""
    actions: tuple[str, ...] = ("manage",)
    calendar_method: str = ""
    has_unsubscribe_header: bool = False
    placeholders: tuple[str, ...] = ()


@dataclass(frozen=True)
class DelayRule:
    """That a director may switch it off, and within which bounds they choose how long it waits.

    Without bounds it has a time of day, and no wait. What `is_always_on` nobody switches off.
    """

    shortest: timedelta | None = None
    longest: timedelta | None = None
    is_before: bool = False
    has_lead: bool = False
    is_in_whole_days: bool = False
    is_always_on: bool = False

    @property
    def bounds(self) -> tuple[timedelta, timedelta] | None:
        if self.shortest is None or self.longest is None:
            return None
        return self.shortest, self.longest


@dataclass(frozen=True)
class MessageKind:
    """All that is peculiar to one kind. `timing` tells staff when it goes.

    Without a `rule` it is always on. In a `series` each waits longer than the one before.
    """

    group: Group
    text: MessageText
    subject: Subject
    check: Check
    timing: str | Promise
    audience: Audience = Audience.REQUESTER
    night: Night = Night.WAIT
    layout: MessageLayout = MessageLayout()
    rule: DelayRule | None = None
    series: str = ""

    @property
    def is_for_staff(self) -> bool:
        return self.audience is not Audience.REQUESTER
