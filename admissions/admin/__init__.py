"""The staff desk, one module per desk."""

from . import consent, messages, requests, schedule

__all__ = ["consent", "messages", "requests", "schedule"]
