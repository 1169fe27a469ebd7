"""What scheduling stores."""

from .after_hours import AfterHours
from .calendar_feeds import CalendarFeed
from .consultations import CancelReason, Consultation, ConsultationQuerySet, Status
from .counselors import Counselor, Mode, ModeRules
from .external_calendars import BusyTime, CalendarRefused, ExternalCalendar, RefusalReason
from .hours_proposals import HoursProposal, ProposedHours
from .on_call import OnCallShift
from .shortages import Shortage
from .waitlist import EarlierOffer, OfferState, WaitlistEntry
from .working_hours import Closure, ExtraHours, WeeklyHours, is_skipped_by_clock_change

__all__ = [
    "AfterHours",
    "BusyTime",
    "CalendarFeed",
    "CalendarRefused",
    "CancelReason",
    "Closure",
    "Consultation",
    "ConsultationQuerySet",
    "Counselor",
    "EarlierOffer",
    "ExternalCalendar",
    "ExtraHours",
    "HoursProposal",
    "Mode",
    "ModeRules",
    "OfferState",
    "OnCallShift",
    "ProposedHours",
    "RefusalReason",
    "Shortage",
    "Status",
    "WaitlistEntry",
    "WeeklyHours",
    "is_skipped_by_clock_change",
]
