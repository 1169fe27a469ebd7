"""Whether anyone can be talked to soon, and the record of when nobody could."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models.functions import Greatest

from . import availability
from .availability import Slot
from .models import Mode, Shortage
from .roster import load_roster

SHORTAGE_HORIZON = timedelta(hours=24)


def has_slot_soon(slots: list[Slot], *, now: datetime) -> bool:
    """Whether the first of these open slots is within a day."""
    return bool(slots) and slots[0].starts_at <= now + SHORTAGE_HORIZON


def update_shortages(*, now: datetime) -> list[str]:
    """Keep the record of shortages true; returns the languages that have one. Safe to repeat."""
    roster = load_roster(now)
    short = [
        language
        for language, _name in settings.LANGUAGES
        if not has_slot_soon(
            availability.open_slots(mode=Mode.PHONE, now=now, language=language, roster=roster),
            now=now,
        )
    ]
    over = Shortage.objects.ongoing().exclude(language__in=short)
    over.update(ended_at=Greatest("began_at", now))
    Shortage.objects.bulk_create(
        [Shortage(language=each, began_at=now) for each in short], ignore_conflicts=True
    )
    return short
