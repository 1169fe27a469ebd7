"""Every email that is owed, and what became of it."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class MessageQuerySet(models.QuerySet):
    def due(self, *, now):
        """Promised and fallen due, or left in a worker's hands past its lease."""
        return self.filter(
            Q(state=Message.State.PROMISED, due_at__lte=now)
            | Q(state=Message.State.SENDING, lease_until__lt=now)
        )

    def failed(self):
        return self.filter(state=Message.State.FAILED)


class Message(models.Model):
    """One email promised to one person: never its body, only what became of it."""

    class Kind(models.TextChoices):
        CONFIRMATION = "confirmation", _("Confirmation")
        MOVED = "moved", _("Moved to another time")
        HANDED_OVER = "handed_over", _("Same time, another counselor")
        CANCELLED = "cancelled", _("Cancelled")
        FREED = "freed", _("Cancelled by us, asked to choose again")
        REMINDER_DAY = "reminder_day", _("Reminder, a day before")
        REMINDER_HOURS = "reminder_hours", _("Reminder, two hours before")
        AFTER_COMPLETED = "after_completed", _("After a completed consultation")
        AFTER_NO_SHOW = "after_no_show", _("After a no-show")
        EARLIER_OFFER = "earlier_offer", _("Offer of an earlier time")
        EARLIER_GONE = "earlier_gone", _("The offered time was taken")
        STAFF_NEW_REQUEST = "staff_new_request", _("Staff: new request")
        STAFF_HANDED_OVER = "staff_handed_over", _("Staff: taken over from a colleague")

    FOR_STAFF = {Kind.STAFF_NEW_REQUEST, Kind.STAFF_HANDED_OVER}

    class State(models.TextChoices):
        PROMISED = "promised", _("Promised")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        SKIPPED = "skipped", _("Not sent")
        FAILED = "failed", _("Failed")

    class Reason(models.TextChoices):
        NO_EMAIL = "no_email", _("No email address")
        NOT_PERMITTED = "not_permitted", _("The contact plan does not permit email")
        NOT_STANDING = "not_standing", _("The consultation no longer stands")
        NEWER_VERSION = "newer_version", _("A newer version replaced it")
        REQUEST_CLOSED = "request_closed", _("The request is closed")
        TOO_LATE = "too_late", _("Its time had passed")
        OFFER_OVER = "offer_over", _("The offer is over")
        QUIET_HOURS = "quiet_hours", _("It would have come in quiet hours")
        REFUSED = "refused", _("The mail server refused it for good")
        UNREACHABLE = "unreachable", _("The mail server could not be reached")
        BROKEN = "broken", _("The email could not be written")

    request = models.ForeignKey(
        "admissions.ConsultationRequest", models.PROTECT, related_name="messages"
    )
    consultation = models.ForeignKey(
        "admissions.Consultation", models.PROTECT, null=True, related_name="messages"
    )
    kind = models.CharField(max_length=30, choices=Kind)
    version = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=20, choices=State, default=State.PROMISED)
    reason = models.CharField(max_length=30, choices=Reason, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    lease = models.UUIDField(null=True, help_text=_("Which worker's turn has it in hand."))
    lease_until = models.DateTimeField(null=True)
    promised_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    message_id = models.UUIDField(
        default=uuid.uuid4, help_text=_("Makes the Message-ID, so that a second copy is known.")
    )

    objects = MessageQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                "due_at", name="message_owed", condition=Q(state__in=["promised", "sending"])
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                "request",
                "consultation",
                "kind",
                "version",
                name="message_promised_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="message_in_hand_has_a_lease",
                condition=Q(state="sending", lease__isnull=False, lease_until__isnull=False)
                | ~Q(state="sending") & Q(lease=None, lease_until=None),
            ),
            models.CheckConstraint(
                name="message_finished_when_settled",
                condition=Q(state__in=["promised", "sending"], finished_at=None)
                | Q(state__in=["sent", "skipped", "failed"], finished_at__isnull=False),
            ),
            models.CheckConstraint(
                name="message_unsent_has_a_reason",
                condition=Q(state__in=["skipped", "failed"]) & ~Q(reason="")
                | ~Q(state__in=["skipped", "failed"]),
            ),
        ]

    def __str__(self):
        return f"message {self.pk}"

    @property
    def is_for_staff(self):
        return self.kind in self.FOR_STAFF

    @property
    def is_sent(self):
        return self.state == self.State.SENT

    @property
    def is_failed(self):
        return self.state == self.State.FAILED
