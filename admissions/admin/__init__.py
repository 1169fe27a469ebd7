"""The staff desk, one module per desk."""

from . import calendars, consent, messages, requests, schedule, shortages, waitlist

__all__ = ["calendars", "consent", "messages", "requests", "schedule", "shortages", "waitlist"]
