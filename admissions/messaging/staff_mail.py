"""Emails to staff: whom each goes to, and what those about an account say.

One about an account is owed in the transaction of what it tells of, and nobody at the desk can
take it back.
"""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from admissions.alerts import catalog as alerts
from admissions.alerts.models import Alert
from admissions.intake.models import ConsultationRequest
from admissions.scheduling import on_call
from admissions.tokens import derive_account_token
from users.models import User

from . import catalog
from .catalog.account import IF_IT_WAS_NOT_YOU, LINKS, TELLS_NOTHING_MORE, TEXTS
from .kinds import Audience, MessageText
from .models import MailSettings, Message

ALERT_KEY = "alert:"
# So many in one turn; the next one follows within a minute.
MAX_ALERTS = 500


def enqueue_account_news(user: User, news: str, *, address: str = "") -> Message:
    """Owe an email about this account now, to its owner or to another `address`."""
    return Message.objects.create(
        kind=Message.Kind.STAFF_ACCOUNT,
        colleague=user,
        account_news=news,
        address=address,
        dedupe_key=f"account:{uuid.uuid4()}",
        due_at=timezone.now(),
    )


def find_account_text(message: Message) -> MessageText | None:
    """What an email about an account says, and what to do if it comes as a surprise; None of
    others."""
    if not message.account_news:
        return None
    found = TEXTS[message.account_news]
    is_plain = message.account_news in TELLS_NOTHING_MORE
    text = found.text if is_plain else f"{found.text}\n\n{IF_IT_WAS_NOT_YOU}"
    return MessageText(found.subject, found.subject, text)


def enqueue_alert_emails(*, now: datetime) -> None:
    """Owe an email for each alert that is to be told by one; each of them once."""
    with transaction.atomic():
        waiting = Alert.objects.filter(wants_email=True).order_by("at", "pk")
        found = list(waiting.select_for_update(skip_locked=True)[:MAX_ALERTS])
        Message.objects.bulk_create(
            (
                Message(
                    kind=Message.Kind.STAFF_ALERT,
                    colleague_id=alert.user_id,
                    dedupe_key=f"{ALERT_KEY}{alert.handle}",
                    due_at=now,
                    enqueued_at=now,
                )
                for alert in found
            ),
            ignore_conflicts=True,
        )
        Alert.objects.filter(pk__in=[each.pk for each in found]).update(wants_email=False)


def find_alert(message: Message) -> Alert | None:
    """What an email of this kind tells of; None of others, and once it is old."""
    if message.kind != Message.Kind.STAFF_ALERT:
        return None
    handle = message.dedupe_key.removeprefix(ALERT_KEY)
    return Alert.objects.filter(handle=handle).select_related("user").first()


def find_alert_text(alert: Alert | None) -> MessageText | None:
    """Its words, which tell of nobody: they stand on a locked phone, too."""
    if alert is None:
        return None
    entry = alerts.CATALOG[alert.kind]
    return MessageText(entry.title, entry.title, entry.body)


def build_account_link(message: Message) -> str:
    """Where an email about an account leads; a link to choose a password holds its token."""
    if message.account_news in LINKS:
        token = derive_account_token(message.message_uuid)
        return settings.SITE_URL + reverse("admin:open_account_link", args=[token])
    return settings.SITE_URL + reverse(TEXTS[message.account_news].page)


def list_recipients(message: Message) -> list[str]:
    """Whom a notice for staff goes to."""
    if message.account_news and message.colleague:
        return [message.address or message.colleague.email]
    if message.colleague:
        return [message.colleague.email] if message.colleague.is_active else []
    known = MailSettings.objects.load()
    audience = catalog.CATALOG[message.kind].audience
    if message.kind == Message.Kind.STAFF_DANGER:
        found = list_lead_emails(known)
    elif audience is Audience.ON_CALL:
        found = [*list_first_on_call_emails(), *list_lead_emails(known)]
    elif audience is Audience.DIRECTORS:
        found = list_role_emails("director")
    elif audience is Audience.DESK_AND_DIRECTORS:
        found = [*list_desk_emails(known), *list_role_emails("director")]
    else:
        found = list_request_recipients(message.its_request, known)
    return sorted({address for address in found if address})


def list_lead_emails(known: MailSettings) -> list[str]:
    """The on-call lead, or the directors where no lead is named."""
    return [known.on_call_email] if known.on_call_email else list_role_emails("director")


def list_first_on_call_emails() -> list[str]:
    """Whoever of the rota can be reached first at this moment."""
    shift = on_call.find_shift(at=timezone.now())
    return [each.email for each in shift.people[:1]] if shift else []


def list_request_recipients(request: ConsultationRequest, known: MailSettings) -> list[str]:
    """The shared inbox, whoever's request or consultation it is, and who answers calls."""
    found = list_desk_emails(known)
    if request.owner:
        found.append(request.owner.email)
    consultation = request.standing_consultation()
    if consultation is not None:
        found.append(consultation.counselor.user.email)
    return found + list_role_emails("coordinator") if request.promised_call_by else found


def list_desk_emails(known: MailSettings) -> list[str]:
    """The shared inbox, or those who stand in for it: no notice goes to nobody."""
    if known.staff_email:
        return [known.staff_email]
    return [*list_role_emails("coordinator"), *list_role_emails("director")]


def list_role_emails(role: str) -> list[str]:
    return list(
        User.objects.filter(is_active=True, groups__name=role).values_list("email", flat=True)
    )
