"""The staff desk, one module per desk."""

from . import (
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
