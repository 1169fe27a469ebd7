"""Tells people what happened: one row for each of them, and one for each of their devices.

Within the caller's transaction, so that nothing is told that did not happen. Workers are woken once
it commits; a sweep does the same work.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from admissions.scheduling import on_call
from users.models import User

from . import tasks
from .catalog import CATALOG, QUIET_FROM, QUIET_UNTIL, SWITCHABLE, Channels, Kind
from .models import Alert, AlertChoice, AlertDevice, AlertPush


def tell(
    kind: Kind,
    users: Iterable[User],
    *,
    key: str,
    page: str,
    by: User | None = None,
    now: datetime | None = None,
) -> list[Alert]:
    """Store that these people are told once of what `key` names; return what is new.

    Nobody is told of what they did themselves, and nobody who may not sign in. `page` is a path of
    the desk; it stays with us.
    """
    at = now or timezone.now()
    people = {each.pk: each for each in users if each.is_active and each.is_staff}
    if by is not None:
        people.pop(by.pk, None)
    chosen = load_channels(kind, people)
    alerts = [
        Alert(
            user=person,
            kind=kind,
            key=key,
            page=page,
            at=at,
            # An alarm rings on the desk and by email by itself.
            is_on_desk=chosen[pk].on_desk and kind != Kind.DANGER,
            wants_email=chosen[pk].by_email and kind != Kind.DANGER,
        )
        for pk, person in people.items()
        if chosen[pk] != Channels(on_desk=False, by_email=False, by_push=False)
    ]
    Alert.objects.bulk_create(alerts, ignore_conflicts=True)
    new = list(Alert.objects.filter(handle__in=[each.handle for each in alerts]))
    owe_pushes([each for each in new if chosen[each.user_id].by_push])
    return new


def load_channels(kind: Kind, users: Iterable[int]) -> dict[int, Channels]:
    """How each of these users, by id, is told this kind: as they chose, or as the catalog says."""
    found = dict.fromkeys(users, CATALOG[kind].channels)
    if kind in SWITCHABLE:
        for each in AlertChoice.objects.filter(kind=kind, user__in=list(found)):
            found[each.user_id] = Channels(each.on_desk, each.by_email, each.by_push)
    return found


def owe_pushes(alerts: Iterable[Alert], *, only: AlertDevice | None = None) -> None:
    """Owe each alert to every device of whom it is for, or to one of them."""
    by_user = {each.user_id: each for each in alerts}
    devices = AlertDevice.objects.filter(user__in=list(by_user))
    if only is not None:
        devices = devices.filter(pk=only.pk)
    pushes = [build_push(by_user[device.user_id], device) for device in devices]
    AlertPush.objects.bulk_create(pushes, ignore_conflicts=True)
    if pushes:
        transaction.on_commit(tasks.send_due_pushes.delay, robust=True)


def build_push(alert: Alert, device: AlertDevice) -> AlertPush:
    due_at = find_push_time(alert)
    expires_at = due_at + CATALOG[alert.kind].lasts
    return AlertPush(alert=alert, device=device, due_at=due_at, expires_at=expires_at)


def find_push_time(alert: Alert) -> datetime:
    """At once; in the center's night the morning, unless it may wake them, or they are on call."""
    local = timezone.localtime(alert.at)
    is_night = local.time() >= QUIET_FROM or local.time() < QUIET_UNTIL
    if not is_night or CATALOG[alert.kind].may_wake or is_on_call(alert.user_id, alert.at):
        return alert.at
    day = local.date() + timedelta(days=local.time() >= QUIET_FROM)
    return datetime.combine(day, QUIET_UNTIL, tzinfo=local.tzinfo)


def is_on_call(user_id: int, at: datetime) -> bool:
    shift = on_call.find_shift(at=at)
    return shift is not None and user_id in {each.pk for each in shift.people}


def mark_seen(*, by: User) -> None:
    """Note that they have seen all that they were told so far."""
    Alert.objects.filter(user=by, seen_at=None).update(seen_at=timezone.now())


def withdraw_danger() -> None:
    """Let no push about danger go any more; called once somebody has all that rang."""
    owed = AlertPush.objects.filter(alert__kind=Kind.DANGER, state=AlertPush.State.OWED)
    owed.update(state=AlertPush.State.LATE, finished_at=timezone.now())


@transaction.atomic
def send_test(*, by: User, device: AlertDevice) -> Alert:
    """A push to one device of one's own, now."""
    now = timezone.now()
    alert = Alert.objects.create(
        user=by,
        kind=Kind.TEST,
        key=f"test:{device.pk}:{now.timestamp()}",
        page="/admin/alerts/",
        at=now,
        is_on_desk=False,
    )
    owe_pushes([alert], only=device)
    return alert
