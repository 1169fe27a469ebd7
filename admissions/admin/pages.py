"""Every module that registers a page of the admin."""

from .accounts import users
from .audit import events
from .calls import calls
from .care import assessments, credentials, insurance
from .crisis_lines import pages as crisis_lines
from .hours_proposals import pages as hours_proposals
from .messaging import consent_texts, mail_settings, outbox, rules, suppressions
from .on_call import after_hours, rota
from .operations import status
from .privacy import privacy_requests, records, retention
from .scheduling import (
    closures,
    consultations,
    counselors,
    external_calendars,
    shortages,
    waitlist,
)
from .triage import requests

__all__ = [
    "after_hours",
    "assessments",
    "calls",
    "closures",
    "consent_texts",
    "consultations",
    "counselors",
    "credentials",
    "crisis_lines",
    "events",
    "external_calendars",
    "hours_proposals",
    "insurance",
    "mail_settings",
    "outbox",
    "privacy_requests",
    "records",
    "requests",
    "retention",
    "rota",
    "rules",
    "shortages",
    "status",
    "suppressions",
    "users",
    "waitlist",
]
