"""What admissions remembers: one file per family of nouns."""

from .attempts import ContactAttempt
from .audit import AuditEvent
from .busy import BusyTime, CalendarRefused, OutsideCalendar
from .consent import ConsentEvent, ConsentVersion
from .consultations import Consultation, SlotTaken
from .deliveries import MailEvent
from .feeds import CalendarFeed
from .hours import Closure, ExtraHours, WeeklyHours
from .messages import Message
from .requests import ConsultationRequest
from .schedule import Counselor, Mode, ModeRules
from .shortages import Shortage
from .stages import MoveNotAllowed
from .suppressions import Suppression
from .visits import ManageToken, Submission
from .waitlist import EarlierOffer, Waiting
from .wordings import MessageRule, Wording

__all__ = [
    "AuditEvent",
    "BusyTime",
    "CalendarFeed",
    "CalendarRefused",
    "Closure",
    "ConsentEvent",
    "ConsentVersion",
    "Consultation",
    "ConsultationRequest",
    "ContactAttempt",
    "Counselor",
    "EarlierOffer",
    "ExtraHours",
    "MailEvent",
    "ManageToken",
    "Message",
    "MessageRule",
    "Mode",
    "ModeRules",
    "MoveNotAllowed",
    "OutsideCalendar",
    "Shortage",
    "SlotTaken",
    "Submission",
    "Suppression",
    "Waiting",
    "WeeklyHours",
    "Wording",
]
