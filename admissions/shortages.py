"""Whether anyone can be talked to soon, and the record of when nobody could."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models.functions import Greatest

from . import availability
from .availability import Slot
from .models import Mode, Shortage
from .roster import on_roster

SOON = timedelta(hours=24)


def is_soon(slots: list[Slot], *, now: datetime) -> bool:
    """Whether the first of these open slots is within a day."""
    return bool(slots) and slots[0].starts_at <= now + SOON


def watch(*, now: datetime) -> list[str]:
    """Keep the record of shortages true; returns the languages that have one. Safe to repeat."""
    roster = on_roster(now)
    short = [
        language
        for language, _name in settings.LANGUAGES
        if not is_soon(
            availability.open_slots(mode=Mode.PHONE, now=now, language=language, roster=roster),
            now=now,
        )
    ]
    over = Shortage.objects.lasting().exclude(language__in=short)
    over.update(ended_at=Greatest("began_at", now))
    Shortage.objects.bulk_create(
        [Shortage(language=each, began_at=now) for each in short], ignore_conflicts=True
    )
    return short
