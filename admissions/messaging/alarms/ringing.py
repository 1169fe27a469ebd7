"""Rings every alarm that is due: who is on call, then the back-up too, then the on-call lead too.

Whoever runs it, and however often: what rings next, and when, stands in the rows.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from admissions.intake.models import ConsultationRequest
from admissions.scheduling import on_call
from users.models import User

from ..kinds import Kind
from ..models import Alarm, Message, MessageRule
from .raising import raise_alarm
from .telling import tell

# One at a time: two could wait for rows of each other. Arbitrary, as long as nothing else uses it.
ADVISORY_LOCK_ID = 2026113017
# What falls due within this of an alarm that rings goes in the same email.
GATHER_AHEAD = timedelta(seconds=45)
# While an alarm has just rung and nobody has it, further ones wait this long for one email.
GATHER_FIRST = timedelta(seconds=60)
# So many rings are emailed one by one.
MAX_EMAILED_RINGS, EMAIL_PAUSE = 20, timedelta(hours=1)
# Three weeks, at one a minute; the column holds no more.
MAX_RINGS, MAX_SILENT = 30_000, 50


def ring_due_alarms(*, now: datetime) -> list[int]:
    """Ring what is due, in one email to each person; return the ids of those emails.

    Danger that nobody raised an alarm for is found here, too.
    """
    for request_id in find_silent_danger():
        raise_missing_alarm(request_id)
    with transaction.atomic():
        if not lock_ringing():
            return []
        settle_alarms(now)
        due = find_alarms_to_ring(now)
        by_email = is_email_due(due, now)
        messages = [
            tell(
                colleague=colleague,
                alarms=alarms,
                key=name_ring(alarms, colleague),
                now=now,
                by_email=by_email,
            )
            for colleague, alarms in gather_by_person(due, list_ladder(now)).items()
        ]
        note_rings(due, now)
    return [each.pk for each in messages if each is not None]


def is_email_due(alarms: list[Alarm], now: datetime) -> bool:
    """With each of the first rings, and then once an hour; phones and the desk ring on."""
    if any(each.rings < MAX_EMAILED_RINGS for each in alarms):
        return True
    lately = Message.objects.filter(
        alarm_rings__alarm__in=alarms, enqueued_at__gt=now - EMAIL_PAUSE
    )
    return not lately.exists()


def find_silent_danger() -> list[UUID]:
    """Ids of open requests in danger that nobody raised any alarm for, the oldest of them first.

    By an import or a fault; so many at a time that no run takes long.
    """
    raised = Alarm.objects.filter(request=OuterRef("pk"))
    silent = ConsultationRequest.objects.open().needing_safety_answer().filter(~Exists(raised))
    return list(silent.order_by("created_at").values_list("pk", flat=True)[:MAX_SILENT])


@transaction.atomic
def raise_missing_alarm(request_id: UUID) -> None:
    request = ConsultationRequest.objects.select_for_update().get(pk=request_id)
    if not request.alarms.exists():
        raise_alarm(request)


def lock_ringing() -> bool:
    """Whether nobody else rings at this moment; until the transaction ends nobody will."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ADVISORY_LOCK_ID])
        return cursor.fetchone()[0]


def settle_alarms(now: datetime) -> None:
    """End those whose danger is answered; what had rung with one of these rings by itself."""
    over = list(Alarm.objects.over().select_for_update(of=("self",)).order_by("pk"))
    Alarm.objects.filter(pk__in=[each.pk for each in over]).update(ended_at=now, next_ring_at=None)
    left = Alarm.objects.open().filter(joins__ended_at__isnull=False)
    Alarm.objects.filter(pk__in=left.values("pk")).update(joins=None, next_ring_at=now)


def find_alarms_to_ring(now: datetime) -> list[Alarm]:
    """Locked. None where all of them are new, and another has rung a moment ago."""
    if not Alarm.objects.ringing_at(now).exists():
        return []
    near = Alarm.objects.ringing_at(now + GATHER_AHEAD).select_for_update(of=("self",))
    due = list(near.select_related("request").order_by("pk"))
    has_just_rung = Alarm.objects.open().filter(last_rung_at__gt=now - GATHER_FIRST).exists()
    is_new = not Alarm.objects.ringing_at(now).filter(rings__gt=0).exists()
    return [] if has_just_rung and is_new else due


def list_ladder(now: datetime) -> list[User | None]:
    """Who is told, one more with each ring; None stands for the on-call lead."""
    shift = on_call.find_shift(at=now)
    return [*(each for each in (shift.people if shift else []) if each.email), None]


def gather_by_person(
    alarms: Iterable[Alarm], ladder: list[User | None]
) -> dict[User | None, list[Alarm]]:
    """Which alarms each is told of now; whoever raised one knows of it."""
    found: dict[User | None, list[Alarm]] = defaultdict(list)
    for alarm in alarms:
        others = [each for each in ladder if each is None or each.pk != alarm.raised_by_id]
        for colleague in others[: alarm.rings + 1]:
            found[colleague].append(alarm)
    return found


def name_ring(alarms: list[Alarm], colleague: User | None) -> str:
    first = alarms[0]
    return f"alarm:{first.pk}:{first.rings}:{colleague.pk if colleague else 'lead'}"


def note_rings(alarms: list[Alarm], now: datetime) -> None:
    pause = MessageRule.objects.get(kind=Kind.STAFF_DANGER).delay
    for alarm in alarms:
        alarm.rings, alarm.last_rung_at = alarm.rings + 1, now
        alarm.next_ring_at = now + pause if alarm.rings < MAX_RINGS else None
    Alarm.objects.bulk_update(alarms, ["rings", "last_rung_at", "next_ring_at"])
