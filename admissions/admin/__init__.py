"""The staff desk, one module per desk."""

from . import (
    calendars,
    closures,
    consent,
    messages,
    people,
    requests,
    schedule,
    shortages,
    waitlist,
)

__all__ = [
    "calendars",
    "closures",
    "consent",
    "messages",
    "people",
    "requests",
    "schedule",
    "shortages",
    "waitlist",
]
