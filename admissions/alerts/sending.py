"""How a push is sent once: claimed under a lease, sent outside any transaction, then settled.

A push that was taken by its service as its worker died goes again, under the same tag: the browser
shows it in the place of the first.
"""

import json
import logging
import uuid
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F
from django.utils import timezone, translation

from admissions import failpoints
from admissions.calendars import safe_http
from admissions.encryption import DecryptionError
from admissions.installation.models import Installation
from admissions.scheduling.models import CalendarRefused

from . import devices, web_push
from .catalog import CATALOG
from .models import AlertDevice, AlertPush

logger = logging.getLogger(__name__)
State = AlertPush.State
# More than one push may take (safe_http.POST_SECONDS), and a try.
LEASE_DURATION = timedelta(seconds=45)
FIRST_RETRY_DELAY, MAX_RETRY_DELAY, MAX_TRIES = timedelta(seconds=10), timedelta(minutes=10), 12
TAKEN = {200, 201, 202, 204}
# The browser is gone, or its owner turned alerts off there.
GONE = {404, 410}


def send_push(push_id: int) -> str | None:
    """Send one due push once; return its new state, or None where it is not ours to send."""
    push = claim_push(push_id)
    if push is None:
        return None
    failpoints.hit_failpoint("after_push_claim")
    owner, now = push.device.user, timezone.now()
    if not (owner.is_active and owner.is_staff):
        push.device.delete()
        return None
    if now >= push.expires_at or push.tries > MAX_TRIES:
        return settle(push, State.LATE)
    try:
        status = post(push)
    except CalendarRefused as refused:
        logger.warning("Push %s did not arrive: %s", push.pk, refused.reason)
        return retry(push)
    except (DecryptionError, web_push.InvalidKey) as fault:
        logger.error("Push %s could not be written: %s", push.pk, type(fault).__name__)
        return settle(push, State.FAILED)
    failpoints.hit_failpoint("after_push")
    return note_answer(push, status)


def note_answer(push: AlertPush, status: int) -> str | None:
    """Settle a push by what its service said; forget a device that is gone."""
    if status in TAKEN:
        AlertDevice.objects.filter(pk=push.device_id).update(reached_at=timezone.now())
        return settle(push, State.SENT)
    if status in GONE:
        push.device.delete()
        return None
    if status == 429 or status >= 500:
        return retry(push)
    # 400, 401, 403, 413: it does not know us, or we wrote nonsense.
    logger.error("Push %s was refused with %s", push.pk, status)
    return settle(push, State.FAILED)


def claim_push(push_id: int) -> AlertPush | None:
    """Take it in hand for one lease, unless it is not due or another worker has it.

    None goes from a restored database until someone allows it: see operations/sending_hold.py.
    """
    now = timezone.now()
    due = AlertPush.objects.due(now=now).select_for_update(skip_locked=True).filter(pk=push_id)
    due = due.filter(Exists(Installation.objects.free_to_send()))
    with transaction.atomic():
        is_ours = AlertPush.objects.filter(pk__in=due.values("pk")).update(
            state=State.SENDING,
            lease=uuid.uuid4(),
            lease_until=now + LEASE_DURATION,
            tries=F("tries") + 1,
        )
    found = AlertPush.objects.select_related("alert", "device__user")
    return found.filter(pk=push_id).first() if is_ours else None


def post(push: AlertPush) -> int:
    """Give it to the push service; return the status of its answer, or raise CalendarRefused."""
    key, device, now = web_push.load_own_key(), push.device, timezone.now()
    if key is None:
        raise web_push.InvalidKey
    devices.check_subscription(device.endpoint, device.public_key, device.auth_secret)
    keys = web_push.read_browser_keys(device.public_key, device.auth_secret)
    entry = CATALOG[push.alert.kind]
    return safe_http.post(
        device.endpoint,
        web_push.encrypt(write_text(push), keys),
        {
            "Authorization": web_push.sign(device.endpoint, key, now=now),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(int((push.expires_at - now).total_seconds())),
            "Urgency": "high" if entry.is_urgent else "normal",
        },
    )


def write_text(push: AlertPush) -> bytes:
    """What the browser shows: words of the catalog, and an address that says nothing."""
    entry = CATALOG[push.alert.kind]
    with translation.override(settings.LANGUAGE_CODE):
        told = {
            "title": str(entry.title),
            "body": str(entry.body),
            "tag": str(push.alert.handle),
            "path": f"/admin/alerts/open/{push.alert.handle}/",
            "stays": entry.is_urgent,
        }
    return json.dumps(told).encode()


def retry(push: AlertPush) -> str:
    """Owe it again after a pause that doubles, up to ten minutes."""
    pause = min(FIRST_RETRY_DELAY * 2 ** (push.tries - 1), MAX_RETRY_DELAY)
    return release(push, state=State.OWED, due_at=timezone.now() + pause)


def settle(push: AlertPush, state: State) -> str:
    return release(push, state=state, finished_at=timezone.now())


def release(push: AlertPush, **columns: object) -> str:
    """Out of our hands, unless the lease ran out and another worker has it now."""
    found = AlertPush.objects.filter(pk=push.pk, lease=push.lease)
    found.update(lease=None, lease_until=None, **columns)
    return str(columns["state"])
