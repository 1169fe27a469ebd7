"""Every room's models, for Django's registry alone; import them from their rooms."""

from .audit.models import AuditArchive, AuditEvent, AuditSeal
from .backups.models import BackupRecord
from .calls.models import Call, Ring
from .care.models import (
    Acknowledgment,
    Assessment,
    BenefitsVerification,
    Finding,
    Recommendation,
    Referral,
    StaffCredential,
)
from .installation.models import Heartbeat, Installation, TaskRun
from .intake.models import (
    ConsentEvent,
    ConsentVersion,
    ConsultationRequest,
    ContactAttempt,
    IdempotencyKey,
    ManageToken,
    Note,
    Suppression,
)
from .messaging.models import MailSettings, Message, MessageRule, MessageTemplate, ProviderEvent
from .privacy.models import (
    Disclosure,
    LegalHold,
    PrivacyRequest,
    RemovalCertificate,
    RetentionPeriod,
)
from .rate_limits.models import CountedRequest
from .reporting.models import PageViewCount
from .scheduling.models import (
    AfterHours,
    BusyTime,
    CalendarFeed,
    Closure,
    Consultation,
    Counselor,
    EarlierOffer,
    ExternalCalendar,
    ExtraHours,
    Mode,
    ModeRules,
    Shortage,
    WaitlistEntry,
    WeeklyHours,
)
from .triage.models import SavedView

__all__ = [
    "Acknowledgment",
    "AfterHours",
    "Assessment",
    "AuditArchive",
    "AuditEvent",
    "AuditSeal",
    "BackupRecord",
    "BenefitsVerification",
    "BusyTime",
    "CalendarFeed",
    "Call",
    "Closure",
    "ConsentEvent",
    "ConsentVersion",
    "Consultation",
    "ConsultationRequest",
    "ContactAttempt",
    "Counselor",
    "CountedRequest",
    "Disclosure",
    "EarlierOffer",
    "ExternalCalendar",
    "ExtraHours",
    "Finding",
    "Heartbeat",
    "IdempotencyKey",
    "Installation",
    "LegalHold",
    "MailSettings",
    "ManageToken",
    "Message",
    "MessageRule",
    "MessageTemplate",
    "Mode",
    "ModeRules",
    "Note",
    "PageViewCount",
    "PrivacyRequest",
    "ProviderEvent",
    "Recommendation",
    "Referral",
    "RemovalCertificate",
    "RetentionPeriod",
    "Ring",
    "SavedView",
    "Shortage",
    "StaffCredential",
    "Suppression",
    "TaskRun",
    "WaitlistEntry",
    "WeeklyHours",
]
