"""The staff desk, one module per desk."""

from . import (
    assessments,
    audit,
    benefits,
    calendars,
    closures,
    consent,
    consultations,
    credentials,
    messages,
    people,
    requests,
    rules,
    schedule,
    shortages,
    suppressions,
    waitlist,
)

__all__ = [
    "assessments",
    "audit",
    "benefits",
    "calendars",
    "closures",
    "consent",
    "consultations",
    "credentials",
    "messages",
    "people",
    "requests",
    "rules",
    "schedule",
    "shortages",
    "suppressions",
    "waitlist",
]
