"""The staff desk, one module per desk."""

from . import (
    assessments,
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
