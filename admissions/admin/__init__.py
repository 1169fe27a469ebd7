"""The staff desk, one module per desk."""

from . import (
    assessments,
    calendars,
    closures,
    consent,
    consultations,
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
    "calendars",
    "closures",
    "consent",
    "consultations",
    "messages",
    "people",
    "requests",
    "rules",
    "schedule",
    "shortages",
    "suppressions",
    "waitlist",
]
