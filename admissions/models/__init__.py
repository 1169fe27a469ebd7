"""What admissions remembers: one file per family of nouns."""

from .audit import AuditEvent
from .consent import ConsentEvent, ConsentVersion
from .messages import Message
from .requests import (
    ConsultationRequest,
    ContactAttempt,
    ManageToken,
    Submission,
)
from .schedule import (
    Closure,
    Consultation,
    Counselor,
    Mode,
    ModeRules,
    MoveNotAllowed,
    SlotTaken,
    WeeklyHours,
)

__all__ = [
    "AuditEvent",
    "Closure",
    "ConsentEvent",
    "ConsentVersion",
    "Consultation",
    "ConsultationRequest",
    "ContactAttempt",
    "Counselor",
    "ManageToken",
    "Message",
    "Mode",
    "ModeRules",
    "MoveNotAllowed",
    "SlotTaken",
    "Submission",
    "WeeklyHours",
]
