"""Tells one member of staff of danger now, by email and on every device of theirs."""

from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse

from admissions.alerts import telling
from admissions.alerts.catalog import Kind as AlertKind
from users.models import User

from .. import staff_mail
from ..kinds import Kind
from ..models import Alarm, AlarmRing, MailSettings, Message


def tell(
    *,
    colleague: User | None,
    alarms: Iterable[Alarm],
    key: str,
    now: datetime,
    by_email: bool = True,
) -> Message | None:
    """Owe this person word of these alarms now; return the one message, if it is emailed too.

    Without a `colleague` it goes to the on-call lead's address, and to the devices of whoever has
    that address. `key` keeps it from being told twice.
    """
    people = [colleague] if colleague else find_leads()
    telling.tell(AlertKind.DANGER, people, key=key, page=reverse("admin:index"), now=now)
    if not by_email:
        return None
    message = Message.objects.create(
        kind=Kind.STAFF_DANGER, colleague=colleague, dedupe_key=key, due_at=now, enqueued_at=now
    )
    AlarmRing.objects.bulk_create(AlarmRing(alarm=each, message=message) for each in alarms)
    return message


def find_leads() -> list[User]:
    """Those who sign in with an address of the on-call lead."""
    emails = [each for each in staff_mail.list_lead_emails(MailSettings.objects.load()) if each]
    return list(User.objects.filter(email__in=emails, is_active=True))
