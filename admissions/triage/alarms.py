"""Takes an alarm: one named person has it, and nothing rings after."""

from collections import defaultdict
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from admissions import formatting, staff_formatting
from admissions.alerts import telling
from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed
from admissions.intake import requests
from admissions.intake.models import ConsultationRequest
from admissions.messaging.models import Alarm, Message
from users.models import User

Type = AuditEvent.Type


@transaction.atomic
def take_alarm(*, request_id: UUID, by: User) -> Alarm:
    """“I have it”: store who, for all that rings with it, and claim the request if nobody owns it.

    Of two people one has it; the other, and whoever comes once the danger is answered, gets
    ActionNotAllowed that says who has it. Pressing twice changes nothing.
    """
    request = requests.lock_open_request(request_id)
    alarm = request.alarms.order_by("-raised_at", "-pk").first()
    if not request.needs_safety_answer or alarm is None:
        raise ActionNotAllowed(_("Nothing rings here any more."))
    now = timezone.now()
    group = Alarm.objects.of_group(alarm).select_for_update(of=("self",)).select_related("taken_by")
    found = {each.pk: each for each in group.order_by("pk")}
    alarm = found[alarm.pk]
    if alarm.taken_by == by:
        return alarm
    if alarm.taken_by and alarm.taken_at:
        raise ActionNotAllowed(describe_taken(alarm.taken_by, alarm.taken_at, now))

    open_now = [each.pk for each in found.values() if not each.taken_at and not each.ended_at]
    Alarm.objects.filter(pk__in=open_now).update(taken_at=now, taken_by=by, next_ring_at=None)
    if request.owner_id is None:
        requests.claim(request, by=by)

    request.audit_events.create(type=Type.ALARM_TAKEN, actor=by)

    if not Alarm.objects.open().exists():
        telling.withdraw_danger()
    alarm.refresh_from_db()
    return alarm


def settle_alarm(request: ConsultationRequest) -> None:
    """End the alarm of danger that was answered, though nobody pressed “I have it”.

    Within the caller's transaction, which has locked the request.
    """
    if not request.needs_safety_answer:
        request.alarms.filter(taken_at=None, ended_at=None).update(
            ended_at=timezone.now(), next_ring_at=None
        )


def find_last_alarm(request: ConsultationRequest) -> Alarm | None:
    """The alarm of danger that nobody answered yet; None where nobody is in danger."""
    if not request.needs_safety_answer:
        return None
    return request.alarms.select_related("taken_by").order_by("-raised_at", "-pk").first()


def describe_alarm(alarm: Alarm, now: datetime) -> str:
    """Who was told when, and who has it: Kim was emailed at 2:14 am. Nobody has it yet."""
    if alarm.taken_by and alarm.taken_at:
        return describe_taken(alarm.taken_by, alarm.taken_at, now)
    told: dict[str, list[Message]] = defaultdict(list)
    first = alarm.joins_id or alarm.pk
    messages = Message.objects.filter(alarm_rings__alarm=first).select_related("colleague")
    for message in messages.order_by("enqueued_at", "pk"):
        who = message.colleague and formatting.staff_name(message.colleague)
        told[who or _("the on-call lead")].append(message)
    sentences = [describe_told(who, found, now) for who, found in told.items()]
    said = [f"{each[0].upper()}{each[1:]}" for each in sentences if each]
    return " ".join([*said, _("Nobody has it yet.")])


def describe_told(who: str, messages: list[Message], now: datetime) -> str:
    """When this person was emailed, or that it is on its way, or that it failed."""
    sent = [each.finished_at for each in messages if each.is_sent and each.finished_at]
    words = {"who": who, "n": len(sent)}
    if sent:
        words["first"], words["last"] = (
            staff_formatting.format_short_datetime(at, now) for at in (sent[0], sent[-1])
        )
        if len(sent) == 1:
            return _("%(who)s was emailed at %(first)s.") % words
        return _("%(who)s was emailed %(n)s times, last at %(last)s.") % words
    if any(each.is_lost for each in messages):
        return _("The email to %(who)s failed.") % words
    is_on_its_way = any(not each.is_finished for each in messages)
    return _("An email to %(who)s is on its way.") % words if is_on_its_way else ""


def describe_taken(who: User, at: datetime, now: datetime) -> str:
    return _("%(name)s has it since %(clock)s.") % {
        "name": formatting.staff_name(who),
        "clock": staff_formatting.format_short_datetime(at, now),
    }
