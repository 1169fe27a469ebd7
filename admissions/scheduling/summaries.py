"""A consultation or an offer in a line, as letters and calendars say it."""

from zoneinfo import ZoneInfo

from admissions.formatting import format_datetime_in_zone
from programs.models import Translation

from .models import Consultation, EarlierOffer


def summarize_offer(offer: EarlierOffer) -> dict[str, str]:
    """The earlier time, and by when to answer, by the person's clock and ours if it differs."""
    zone_name, location = offer.request.time_zone, offer.consultation.location
    earlier, here = (
        format_datetime_in_zone(offer.starts_at, name) for name in (zone_name, location.time_zone)
    )
    zones = ZoneInfo(zone_name), location.zone
    is_same = len({offer.starts_at.astimezone(zone).utcoffset() for zone in zones}) == 1
    return {
        "earlier": earlier,
        "earlier_here": "" if is_same else here,
        "answer_by": format_datetime_in_zone(offer.expires_at, zone_name),
    }


def summarize_consultation(consultation: Consultation, zone_name: str) -> dict[str, str | int]:
    """When, how and where, in words, by the location's clock and the person's if it differs."""
    center_zone = consultation.location.zone
    here = format_datetime_in_zone(consultation.starts_at, consultation.location.time_zone)
    there = format_datetime_in_zone(consultation.starts_at, zone_name)
    is_same = consultation.starts_at.astimezone(center_zone).utcoffset() == (
        consultation.starts_at.astimezone(ZoneInfo(zone_name)).utcoffset()
    )
    return {
        "when": there,
        "when_here": "" if is_same else here,
        "minutes": consultation.minutes,
        "counselor": consultation.counselor.public_name,
        "is_by_phone": consultation.is_by_phone,
        "is_by_video": consultation.is_by_video,
        "is_in_person": consultation.is_in_person,
        "meeting_link": consultation.counselor.meeting_link if consultation.is_by_video else "",
        "address": consultation.location.address if consultation.is_in_person else "",
    }


def list_arrival_notes(consultation: Consultation) -> list[str]:
    """What there is to know of the door, the stairs and parking, in the active language."""
    place = consultation.location
    if not consultation.is_in_person:
        return []
    notes = [place.entrance_note, place.access_note, place.parking_note, place.arrival_note]
    lines = Translation.objects.lines() if any(notes) else {}
    return [lines.get(note, note) for note in notes if note]
