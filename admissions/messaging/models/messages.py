"""Every email that is owed, and what became of it."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _


class MessageQuerySet(models.QuerySet):
    def due(self, *, now):
        """Fallen due, or left in a worker's hands past its lease."""
        return self.filter(
            Q(state__in=Message.PENDING_STATES, due_at__lte=now)
            | Q(state=Message.State.SENDING, lease_until__lt=now)
        )

    def with_rendering_data(self):
        """With what a letter is written from, in one query."""
        return self.select_related(
            "request__owner", "consultation__counselor", "consultation__location"
        )

    def unfinished(self):
        """All that may still go."""
        return self.filter(state__in=[*Message.PENDING_STATES, Message.State.SENDING])

    def lost(self):
        """Those to requesters that never arrived, of requests still open."""
        return self.filter(
            state__in=Message.LOST_STATES, request__email_failed_at__isnull=False
        ).exclude(request__stage="closed")


class Message(models.Model):
    """One email promised to one person: never its body, only what became of it."""

    class Kind(models.TextChoices):
        CONFIRMATION = "confirmation", _("Confirmation")
        MOVED = "moved", _("Moved to another time")
        HANDED_OVER = "handed_over", _("Same time, another counselor")
        CANCELED = "canceled", _("Canceled")
        CANCELED_BY_CENTER = "freed", _("Canceled by us, asked to choose again")
        REMINDER_DAY = "reminder_day", _("Reminder, well ahead")
        REMINDER_HOURS = "reminder_hours", _("Reminder, shortly before")
        AFTER_COMPLETED = "after_completed", _("After a completed consultation")
        AFTER_NO_SHOW = "after_no_show", _("After a no-show")
        NO_SHOW_SECOND = "no_show_2", _("After a no-show, the second")
        NO_SHOW_LAST = "no_show_3", _("After a no-show, the last")
        NO_CONTACT_FIRST = "no_contact_1", _("We tried to reach you, the first")
        NO_CONTACT_SECOND = "no_contact_2", _("We tried to reach you, the second")
        NO_CONTACT_LAST = "no_contact_3", _("We tried to reach you, the last")
        CALLBACK_MADE = "callback_kept", _("After the call we promised")
        CALLBACK_MISSED = "callback_missed", _("We called as promised, no answer")
        CALLBACK_LATE = "callback_late", _("We are late with the call we promised")
        EARLIER_OFFER = "earlier_offer", _("Offer of an earlier time")
        EARLIER_OFFER_TAKEN = "earlier_gone", _("The offered time was taken")
        STAFF_NEW_REQUEST = "staff_new_request", _("Staff: new request")
        STAFF_HANDED_OVER = "staff_handed_over", _("Staff: taken over from a colleague")

        STAFF_CALL_DUE = "staff_promise_near", _("Staff: a promised call falls due")
        STAFF_CALL_OVERDUE = "staff_promise_broken", _("Staff: a promised call is late")
        STAFF_ESCALATED = "staff_escalated", _("Staff: to the on-call lead")
        STAFF_DIGEST = "staff_digest", _("Staff: the day ahead")
        STAFF_SHORTAGE = "staff_shortage", _("Staff: no phone time within a day")

    STAFF_KINDS = {kind for kind in Kind if kind.startswith("staff_")}
    NO_SHOW_SERIES = [Kind.AFTER_NO_SHOW, Kind.NO_SHOW_SECOND, Kind.NO_SHOW_LAST]
    NO_CONTACT_SERIES = [Kind.NO_CONTACT_FIRST, Kind.NO_CONTACT_SECOND, Kind.NO_CONTACT_LAST]

    class State(models.TextChoices):
        QUEUED = "promised", _("Promised")
        SENDING = "sending", _("Being sent")
        RETRYING = "delayed", _("Failed for now, tried again")
        SENT = "sent", _("Sent")
        SKIPPED = "skipped", _("Not sent")
        FAILED = "failed", _("Failed for good")
        BOUNCED = "bounced", _("Came back")

    PENDING_STATES = [State.QUEUED, State.RETRYING]
    LOST_STATES = [State.FAILED, State.BOUNCED]
    FINISHED_STATES = [State.SENT, State.SKIPPED, *LOST_STATES]

    class Reason(models.TextChoices):
        NO_EMAIL = "no_email", _("No email address")
        NOT_PERMITTED = "not_permitted", _("The contact plan does not permit email")
        NOT_STANDING = "not_standing", _("The consultation no longer stands")
        SUPERSEDED = "newer_version", _("A newer version replaced it")
        REQUEST_CLOSED = "request_closed", _("The request is closed")
        TOO_LATE = "too_late", _("Its time had passed")
        OFFER_OVER = "offer_over", _("The offer is over")
        QUIET_HOURS = "quiet_hours", _("It would have come in quiet hours")
        SWITCHED_OFF = "switched_off", _("This kind of email is switched off")
        SUPPRESSED = "suppressed", _("This address is on the list we don't write to")
        REPLIED = "replied", _("They have been in touch")
        CALL_MADE = "kept", _("The promise was kept")
        CANCELED = "canceled", _("Staff took it back")
        NOT_ACCEPTED = "not_accepted", _("The mail server asked to try again later")
        REFUSED = "refused", _("The mail server refused it for good")
        UNREACHABLE = "unreachable", _("The mail server could not be reached")
        RENDERING_FAILED = "broken", _("The email could not be written")
        CRASHED = "crashed", _("Writing or sending it stopped our program, again and again")
        NO_SUCH_ADDRESS = "no_such_address", _("The address does not take email")
        COMPLAINED = "complained", _("It was reported as unwanted")

    class ResendReason(models.TextChoices):
        NOT_ARRIVED = "not_arrived", _("They say that it did not arrive")
        LOST = "lost", _("They have lost it")
        CORRECTED = "corrected", _("Their address was corrected")
        REPAIRED = "repaired", _("What kept it from going is repaired")

    request = models.ForeignKey(
        "admissions.ConsultationRequest", models.PROTECT, null=True, related_name="messages"
    )
    consultation = models.ForeignKey(
        "admissions.Consultation", models.PROTECT, null=True, related_name="messages"
    )
    kind = models.CharField(max_length=30, choices=Kind)
    version = models.PositiveIntegerField(default=0)
    copy = models.PositiveSmallIntegerField(default=0, help_text=_("Above 0: sent once more."))
    resend_reason = models.CharField(max_length=20, choices=ResendReason, blank=True)
    resent_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=20, choices=State, default=State.QUEUED)
    reason = models.CharField(max_length=30, choices=Reason, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    crashes = models.PositiveSmallIntegerField(
        default=0, help_text=_("How often a worker had it in hand and never came back.")
    )
    lease = models.UUIDField(null=True, help_text=_("Which worker's turn has it in hand."))
    lease_until = models.DateTimeField(null=True)
    enqueued_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    message_uuid = models.UUIDField(
        default=uuid.uuid4, help_text=_("Makes the Message-ID, so that a second copy is known.")
    )
    provider_message_id = models.CharField(
        max_length=200, blank=True, help_text=_("What the mail provider calls it.")
    )
    template_version = models.CharField(
        max_length=40, blank=True, help_text=_("Which words it was written with.")
    )

    objects = MessageQuerySet.as_manager()

    class Meta:
        permissions = [("answer_for_messages", _("Can send emails again and take them back"))]
        indexes = [
            models.Index(
                "due_at",
                name="message_owed",
                condition=Q(state__in=["promised", "delayed", "sending"]),
            ),
            # By either of them a provider's word of a letter finds it again.
            models.Index("message_uuid", name="message_by_our_name"),
            models.Index(
                "provider_message_id",
                name="message_by_its_name",
                condition=~Q(provider_message_id=""),
            ),
            models.Index(F("due_at").desc(), F("id").desc(), name="message_by_due"),
            models.Index("kind", F("due_at").desc(), F("id").desc(), name="message_by_kind"),
            models.Index(
                F("due_at").desc(),
                F("id").desc(),
                name="message_lost",
                condition=Q(state__in=["failed", "bounced"]),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                "request",
                "consultation",
                "kind",
                "version",
                "copy",
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
                condition=Q(state__in=["promised", "delayed", "sending"], finished_at=None)
                | Q(state__in=["sent", "skipped", "failed", "bounced"], finished_at__isnull=False),
            ),
            models.CheckConstraint(
                name="message_unsent_has_a_reason",
                condition=Q(state__in=["delayed", "skipped", "failed", "bounced"]) & ~Q(reason="")
                | ~Q(state__in=["delayed", "skipped", "failed", "bounced"]),
            ),
            models.CheckConstraint(
                name="message_is_about_someone_or_for_staff",
                condition=Q(request__isnull=False) | Q(kind__in=["staff_digest", "staff_shortage"]),
            ),
            models.CheckConstraint(
                name="message_resent_by_someone_for_a_reason",
                condition=Q(copy=0, resend_reason="", resent_by=None)
                | Q(copy__gt=0, resent_by__isnull=False) & ~Q(resend_reason=""),
            ),
        ]

    def __str__(self):
        return f"message {self.pk}"

    @cached_property
    def offer(self):
        """The earlier time that it is about."""
        return self.request.earlier_offers.get(number=self.version)

    @property
    def is_for_staff(self):
        return self.kind in self.STAFF_KINDS

    @property
    def is_sent(self):
        return self.state == self.State.SENT

    @property
    def is_lost(self):
        return self.state in self.LOST_STATES

    @property
    def is_pending(self):
        return self.state in self.PENDING_STATES

    @property
    def is_finished(self):
        return self.state in self.FINISHED_STATES
