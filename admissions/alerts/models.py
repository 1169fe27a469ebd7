"""Whom we told what, and the phones and browsers that alerts reach."""

import uuid
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from admissions.encryption import EncryptedTextField

from .catalog import Kind


class AlertDeviceQuerySet(models.QuerySet["AlertDevice"]):
    def of_who_left(self) -> Self:
        """Those of people who may not sign in any more."""
        return self.filter(Q(user__is_active=False) | Q(user__is_staff=False))


class AlertDevice(models.Model):
    """A browser that its owner turned alerts on in: where its push service takes them.

    Whoever knows the three sealed texts can send to that browser; nothing else is known of it.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="alert_devices")
    name = models.CharField(max_length=80)
    endpoint = EncryptedTextField()
    endpoint_hash = models.CharField(max_length=64, unique=True)
    public_key = EncryptedTextField()
    auth_secret = EncryptedTextField()
    # Of the cookie by which the sign-in knows this browser; empty where it has none.
    browser_hash = models.CharField(max_length=64, blank=True)
    added_at = models.DateTimeField(default=timezone.now)
    reached_at = models.DateTimeField(null=True)

    objects = AlertDeviceQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        indexes = [models.Index("user", name="alert_device_of_user")]

    def __str__(self) -> str:
        return f"device {self.pk}"


class Alert(models.Model):
    """One thing that one person was told once, on whatever channels.

    `handle` is all that leaves us of it; `page` is where it leads, once they have signed in.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="alerts")
    kind = models.CharField(max_length=30, choices=Kind)
    key = models.CharField(max_length=80, help_text=_("What happened; it is told once."))
    handle = models.UUIDField(default=uuid.uuid4, unique=True)
    page = models.CharField(max_length=200)
    at = models.DateTimeField(default=timezone.now)
    is_on_desk = models.BooleanField(default=True)
    wants_email = models.BooleanField(default=False)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index("user", "at", name="alert_of_user"),
            models.Index("at", name="alert_to_email", condition=Q(wants_email=True)),
        ]
        constraints = [
            models.UniqueConstraint("user", "kind", "key", name="alert_told_once"),
            models.CheckConstraint(
                name="alert_leads_into_the_desk", condition=Q(page__startswith="/admin/")
            ),
        ]

    def __str__(self) -> str:
        return f"alert {self.pk}"


class AlertPushQuerySet(models.QuerySet["AlertPush"]):
    def due(self, *, now: datetime) -> Self:
        """Fallen due, or left in a worker's hands past its lease."""
        return self.filter(
            Q(state=AlertPush.State.OWED, due_at__lte=now)
            | Q(state=AlertPush.State.SENDING, lease_until__lt=now)
        )


class AlertPush(models.Model):
    """One alert owed to one device, and what became of that."""

    class State(models.TextChoices):
        OWED = "owed", _("On its way")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        LATE = "late", _("Its time had passed")
        FAILED = "failed", _("Failed")

    alert = models.ForeignKey(Alert, models.CASCADE, related_name="pushes")
    device = models.ForeignKey(AlertDevice, models.CASCADE, related_name="pushes")
    state = models.CharField(max_length=10, choices=State, default=State.OWED)
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    lease = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = AlertPushQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(
                "due_at", name="alert_push_owed", condition=Q(state__in=["owed", "sending"])
            )
        ]
        constraints = [
            models.UniqueConstraint("alert", "device", name="alert_push_once_a_device"),
            models.CheckConstraint(
                name="alert_push_in_hand_has_a_lease",
                condition=Q(state="sending", lease__isnull=False, lease_until__isnull=False)
                | ~Q(state="sending") & Q(lease=None, lease_until=None),
            ),
            models.CheckConstraint(
                name="alert_push_is_finished_or_owed",
                condition=Q(state__in=["owed", "sending"], finished_at=None)
                | Q(state__in=["sent", "late", "failed"], finished_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"push {self.pk}"


class AlertChoice(models.Model):
    """How one person wants to be told one kind, where that is not as the catalog says."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=30, choices=Kind)
    on_desk = models.BooleanField()
    by_email = models.BooleanField()
    by_push = models.BooleanField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint("user", "kind", name="alert_choice_once_a_kind"),
            models.CheckConstraint(
                name="alert_choice_not_of_danger", condition=~Q(kind__in=["danger", "test"])
            ),
        ]

    def __str__(self) -> str:
        return f"choice {self.pk}"
