"""Who keeps the on-call rota: each change is checked, made and recorded at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from admissions import local_time
from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed
from admissions.scheduling.models import OnCallShift
from users.models import User

Type = AuditEvent.Type
WEEK = timedelta(days=7)
# The constraints of a shift, and what to say of each.
REFUSALS = {
    "on_call_shift_one_first_person": _lazy(
        "Somebody is first on call in a part of that time already."
    ),
    "on_call_shift_people_are_active": _lazy("Somebody who has left cannot be on call."),
    "on_call_shift_ends_after_it_starts": _lazy("The end must be after the start."),
    "on_call_shift_is_a_month_at_most": _lazy("A shift has 31 days at most."),
    "on_call_shift_back_up_is_another": _lazy("The back-up must be somebody else."),
}


@dataclass(frozen=True)
class ShiftValues:
    """What a shift shall be."""

    starts_at: datetime
    ends_at: datetime
    person: User
    back_up: User | None = None
    note: str = ""


@transaction.atomic
def save_shift(*, by: User, values: ShiftValues, shift_id: int | None = None) -> OnCallShift:
    """Store a new shift, or change one; ActionNotAllowed says what stands against it."""
    shift = find_shift(shift_id) if shift_id else OnCallShift(**vars(values))
    fields = [
        name
        for name, value in vars(values).items()
        if not shift_id or getattr(shift, name) != value
    ]
    if not fields:
        return shift

    for name in fields:
        setattr(shift, name, getattr(values, name))
    with say_what_is_refused():
        shift.save(update_fields=fields if shift_id else None)

    record_change(shift, Type.RECORD_CHANGED if shift_id else Type.RECORD_ADDED, by, fields)
    return shift


@transaction.atomic
def remove_shift(*, by: User, shift_id: int) -> None:
    """Take out a shift that is yet to come, or end now the one that runs; what is over stays."""
    shift, now = find_shift(shift_id), timezone.now()
    if shift.ends_at <= now:
        raise ActionNotAllowed(_("That shift is over. It stays, so that all know who was there."))
    if shift.starts_at < now:
        shift.ends_at = now
        shift.save(update_fields=["ends_at"])
        record_change(shift, Type.RECORD_CHANGED, by, ["ends_at"])
        return
    record_change(shift, Type.RECORD_DELETED, by, [])
    shift.delete()


@transaction.atomic
def copy_week(*, by: User, first: datetime) -> int:
    """Repeat the shifts that begin in the week from `first` a week later, by the center's clock.

    Hours of the wall clock stay, also where the clocks change. What has no room there, or names
    somebody who has left, is not copied; return how many were. Notes are not copied.
    """
    zone, copied = local_time.center_zone(), 0
    shifts = OnCallShift.objects.filter(starts_at__gte=first, starts_at__lt=first + WEEK)
    for each in shifts.select_related("person", "back_up").order_by("starts_at"):
        starts_at, ends_at = (
            (at.astimezone(zone).replace(tzinfo=None) + WEEK).replace(tzinfo=zone)
            for at in (each.starts_at, each.ends_at)
        )
        back_up = each.back_up if each.back_up and each.back_up.is_active else None
        values = ShiftValues(starts_at, ends_at, each.person, back_up)
        try:
            save_shift(by=by, values=values)
        except ActionNotAllowed:
            continue
        copied += 1
    return copied


def find_shift(shift_id: int) -> OnCallShift:
    """The shift, locked for this change, or ActionNotAllowed where it is gone."""
    shift = OnCallShift.objects.select_for_update().filter(pk=shift_id).first()
    if shift is None:
        raise ActionNotAllowed(_("Somebody has taken this shift out meanwhile."))
    return shift


@contextmanager
def say_what_is_refused() -> Iterator[None]:
    """Postgres has the last word; ActionNotAllowed says it in ours."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as refused:
        for name, words in REFUSALS.items():
            if name in str(refused):
                raise ActionNotAllowed(str(words)) from refused
        raise


def record_change(shift: OnCallShift, type: str, by: User, fields: list[str]) -> None:
    """Who changed which shift, and whose it is; never what a note says."""
    AuditEvent.objects.create(
        type=type,
        actor=by,
        staff=shift.person,
        fields=fields,
        object_type="oncallshift",
        object_id=str(shift.pk),
    )
