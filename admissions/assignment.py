"""Who takes a consultation, and how its time is held so that no one else can.

Every change of a consultation first locks its request. Held time needs no
lock: an insert with ON CONFLICT DO NOTHING is the last thing that may wait,
and one that moves waits only for moves that began later, so never in a ring.
A daily cap is a count, which no constraint can guard: counselors who have one
are locked before any insert or release, always in the same order.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import Count, Max, Q
from django.utils import timezone
from psycopg2.extras import DateTimeTZRange

from . import availability
from .models import Consultation, ConsultationRequest, Counselor, ModeRules, SlotTaken

LOAD_WINDOW = timedelta(days=14)
CANCELLATIONS = {
    Consultation.Status.CANCELLED_BY_PERSON,
    Consultation.Status.CANCELLED_BY_CENTER,
}


@dataclass(frozen=True)
class Pick:
    """A free start of one counselor, as staff chose it in the calendar."""

    starts_at: datetime
    mode: str
    counselor_id: int


def hold(
    *,
    request: ConsultationRequest,
    starts_at: datetime,
    mode: str,
    now: datetime,
    by: User | None = None,
    counselor_id: int | None = None,
) -> Consultation:
    """Hold this time with the counselor chosen, else the least loaded one, or raise SlotTaken."""
    slot = offered(starts_at=starts_at, mode=mode, now=now, language=request.language)
    slot = chosen(slot, counselor_id)

    for counselor in least_loaded_first(slot.counselors, now=now):
        consultation = new_consultation(request, counselor, slot, by=by)
        consultation.assigned_because = reason(
            consultation, slot, is_chosen=counselor_id is not None
        )
        if Consultation.objects.hold(consultation):
            return consultation
    raise SlotTaken


def move(
    *,
    consultation: Consultation,
    starts_at: datetime,
    now: datetime,
    by: User | None = None,
    counselor_id: int | None = None,
) -> Consultation:
    """Hold the new time and free the old in the caller's transaction, or raise SlotTaken.

    Call it with the request's row locked. Unless another counselor is chosen,
    the same one stays if they are free.
    """
    mode, language = consultation.mode, consultation.request.language
    asked = {"mode": mode, "now": now, "language": language, "freeing": consultation}
    slot = chosen(offered(starts_at=starts_at, **asked), counselor_id)
    release(consultation, Consultation.Status.RESCHEDULED)

    ranked = least_loaded_first(slot.counselors, now=now)
    for counselor in sorted(ranked, key=lambda each: each.pk != consultation.counselor_id):
        moved = new_consultation(consultation.request, counselor, slot, by=by)
        moved.uid, moved.sequence = consultation.uid, consultation.sequence + 1
        moved.moved_from = consultation
        moved.assigned_because = reason(moved, slot, is_chosen=counselor_id is not None)
        if Consultation.objects.hold(moved):
            return moved
    raise SlotTaken


def reason(consultation: Consultation, slot: availability.Slot, *, is_chosen: bool) -> str:
    """Why this counselor has it."""
    old = consultation.moved_from
    if is_chosen:
        return "chosen by staff"
    if old and old.counselor_id == consultation.counselor_id:
        return "the same counselor is free"
    return f"least loaded of {len(slot.counselors)} free"


def release(consultation: Consultation, status: str, *, reason: str = "") -> None:
    """Free the consultation's time; its calendars are told under the next sequence."""
    consultation.move_to(status)
    consultation.ended_at = timezone.now()
    consultation.cancel_reason = reason
    if status in CANCELLATIONS:
        consultation.sequence += 1
    consultation.save(update_fields=["status", "ended_at", "cancel_reason", "sequence"])


def offered(*, starts_at, mode, now, language, freeing=None) -> availability.Slot:
    """The one open slot at this start, or SlotTaken; no rival can fill the day of who is in it."""
    asked = {"mode": mode, "now": now, "language": language, "at": starts_at, "freeing": freeing}
    slots = availability.open_slots(**asked)
    if slots and lock_capped(slots[0].counselors):
        slots = kept(slots[0].counselors, availability.open_slots(**asked))
    if not slots:
        raise SlotTaken
    return slots[0]


def chosen(slot: availability.Slot, counselor_id: int | None) -> availability.Slot:
    """The slot with the one counselor whom staff chose, if any; SlotTaken if they are not free."""
    if counselor_id is None:
        return slot
    if counselor_id not in slot.counselors:
        raise SlotTaken
    return replace(slot, counselors=(counselor_id,))


def lock_capped(counselor_ids) -> bool:
    """Wait for every booking with those of them who have a daily cap; whether any has."""
    capped = Counselor.objects.filter(pk__in=counselor_ids, daily_cap__isnull=False)
    return bool(capped.select_for_update(no_key=True).order_by("pk"))


def kept(counselor_ids, slots) -> list[availability.Slot]:
    """The slots with only those counselors who were looked at and locked before."""
    left = [(slot, {*slot.counselors} & {*counselor_ids}) for slot in slots]
    return [replace(slot, counselors=tuple(sorted(pks))) for slot, pks in left if pks]


def least_loaded_first(counselor_ids, *, now: datetime) -> list[Counselor]:
    """Fewest standing consultations in the next 14 days, then longest without a booking."""
    ahead = Q(
        consultations__status__in=Consultation.STANDING,
        consultations__starts_at__range=(now, now + LOAD_WINDOW),
    )
    return list(
        Counselor.objects.filter(pk__in=counselor_ids)
        .select_related("location", "user")
        .annotate(
            load=Count("consultations", filter=ahead),
            last_booked_at=Max("consultations__booked_at", filter=ahead),
        )
        .order_by("load", "last_booked_at", "pk")
    )


def new_consultation(request, counselor, slot, *, by) -> Consultation:
    """A consultation at this slot, not yet saved."""
    rules = ModeRules.objects.get(mode=slot.mode)
    before, after = timedelta(minutes=rules.buffer_before), timedelta(minutes=rules.buffer_after)
    return Consultation(
        request=request,
        counselor=counselor,
        location=counselor.location,
        mode=slot.mode,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        held=DateTimeTZRange(slot.starts_at - before, slot.ends_at + after, "[)"),
        booked_by=by,
    )
