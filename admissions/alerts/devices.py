"""Turns alerts on and off for a browser; only its owner does either."""

import hashlib

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from admissions.audit.models import AuditEvent
from admissions.calendars import safe_http
from admissions.exceptions import ActionNotAllowed
from admissions.scheduling.models import CalendarRefused
from users.models import User

from . import web_push
from .models import AlertDevice

# Of Chrome, Edge and others; Firefox; Safari; Edge on Windows. A browser chooses among no others.
PUSH_HOSTS = (
    "fcm.googleapis.com",
    "push.services.mozilla.com",
    "push.apple.com",
    "notify.windows.com",
)
MAX_ENDPOINT, MAX_KEY = 1000, 120
MAX_DEVICES = 10
Type = AuditEvent.Type


@transaction.atomic
def add_device(
    *, by: User, name: str, endpoint: str, public_key: str, auth_secret: str, browser: str = ""
) -> AlertDevice:
    """Store where this person's browser takes pushes; ActionNotAllowed where we would not send.

    A browser that was somebody else's on a shared computer is theirs no more.
    """
    check_subscription(endpoint, public_key, auth_secret)
    known = AlertDevice.objects.select_for_update().filter(endpoint_hash=hash_endpoint(endpoint))
    if is_new := not known.filter(user=by).exists():
        known.delete()
        User.objects.select_for_update(of=("self",)).get(pk=by.pk)
        if by.alert_devices.count() >= MAX_DEVICES:
            raise ActionNotAllowed(_("You have 10 devices. Remove one first."))

    device, _is_made = AlertDevice.objects.update_or_create(
        endpoint_hash=hash_endpoint(endpoint),
        defaults={
            "user": by,
            "name": name,
            "endpoint": endpoint,
            "public_key": public_key,
            "auth_secret": auth_secret,
            "browser_hash": hash_browser(browser),
            "added_at": timezone.now(),
        },
    )

    if is_new:
        AuditEvent.objects.create(type=Type.DEVICE_ADDED, actor=by, staff=by)
    return device


def check_subscription(endpoint: str, public_key: str, auth_secret: str) -> None:
    """ActionNotAllowed unless it is of a push service that we know, with keys of a browser."""
    try:
        host = safe_http.parse_address(endpoint).host
        web_push.read_browser_keys(public_key, auth_secret)
    except (CalendarRefused, web_push.InvalidKey):
        host = ""
    is_known = any(host == each or host.endswith(f".{each}") for each in PUSH_HOSTS)
    if not (is_known and endpoint.startswith("https://") and len(endpoint) <= MAX_ENDPOINT):
        raise ActionNotAllowed(_("We cannot send alerts to this browser. Please try another one."))


@transaction.atomic
def remove_device(*, by: User, device_id: int) -> bool:
    """Forget one device of one's own; False if there is none such any more."""
    return forget(by, AlertDevice.objects.filter(user=by, pk=device_id))


@transaction.atomic
def remove_browser(*, by: User, browser: str) -> bool:
    """Forget the browser that somebody signs out of; False if it had no alerts."""
    found = AlertDevice.objects.filter(user=by, browser_hash=hash_browser(browser))
    return bool(browser) and forget(by, found)


def forget(by: User, found: QuerySet[AlertDevice]) -> bool:
    removed, _rows = found.delete()
    if removed:
        AuditEvent.objects.create(type=Type.DEVICE_REMOVED, actor=by, staff=by)
    return bool(removed)


def hash_endpoint(endpoint: str) -> str:
    """It holds 100 random bits and more: nobody finds it from its hash."""
    return hashlib.sha256(endpoint.encode()).hexdigest()


def hash_browser(browser: str) -> str:
    """Of the name in the cookie by which the sign-in knows a browser."""
    if not browser:
        return ""
    return salted_hmac("alerts.browser", browser, algorithm="sha256").hexdigest()
