"""What admissions remembers: one file per family of nouns."""

from .assessment import (
    Acknowledgement,
    Assessment,
    Finding,
    Recommendation,
    Referral,
    StaffCredential,
)
from .attempts import ContactAttempt
from .audit import AuditEvent
from .benefits import BenefitsVerification
from .busy import BusyTime, CalendarRefused, OutsideCalendar
from .consent import ConsentEvent, ConsentVersion
from .consultations import Consultation, SlotTaken
from .deliveries import MailEvent
from .encrypted import EncryptedTextField, NotReadable
from .feeds import CalendarFeed
from .footfall import VisitCount
from .hours import Closure, ExtraHours, WeeklyHours
from .messages import Message
from .notes import Note
from .requests import ConsultationRequest
from .saved_views import SavedView
from .schedule import Counselor, Mode, ModeRules
from .seals import AuditSeal
from .shortages import Shortage
from .stages import MoveNotAllowed
from .suppressions import Suppression
from .visits import ManageToken, Submission
from .waitlist import EarlierOffer, Waiting
from .wordings import MessageRule, Wording

__all__ = [
    "Acknowledgement",
    "Assessment",
    "AuditEvent",
    "AuditSeal",
    "BenefitsVerification",
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
    "EncryptedTextField",
    "ExtraHours",
    "Finding",
    "MailEvent",
    "ManageToken",
    "Message",
    "MessageRule",
    "Mode",
    "ModeRules",
    "MoveNotAllowed",
    "NotReadable",
    "Note",
    "OutsideCalendar",
    "Recommendation",
    "Referral",
    "SavedView",
    "Shortage",
    "SlotTaken",
    "StaffCredential",
    "Submission",
    "Suppression",
    "VisitCount",
    "Waiting",
    "WeeklyHours",
    "Wording",
]
