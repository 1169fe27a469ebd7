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
            Q(state__in=Message.WAITING, due_at__lte=now)
            | Q(state=Message.State.SENDING, lease_until__lt=now)
        )

    def with_all_it_needs(self):
        """With what a letter is written from, in one query."""
        return self.select_related(
            "request__owner", "consultation__counselor", "consultation__location"
        )

    def owed(self):
        """All that may still go."""
        return self.filter(state__in=[*Message.WAITING, Message.State.SENDING])

    def lost(self):
        """Those to requesters that never arrived, of requests still open."""
        return self.filter(state__in=Message.LOST, request__email_failed_at__isnull=False).exclude(
            request__stage="closed"
        )


class Message(models.Model):
    """One email promised to one person: never its body, only what became of it."""

    class Kind(models.TextChoices):
        CONFIRMATION = "confirmation", _("Confirmation")
        MOVED = "moved", _("Moved to another time")
        HANDED_OVER = "handed_over", _("Same time, another counselor")
        CANCELLED = "cancelled", _("Cancelled")
        FREED = "freed", _("Cancelled by us, asked to choose again")
        REMINDER_DAY = "reminder_day", _("Reminder, well ahead")
        REMINDER_HOURS = "reminder_hours", _("Reminder, shortly before")
        AFTER_COMPLETED = "after_completed", _("After a completed consultation")
        AFTER_NO_SHOW = "after_no_show", _("After a no-show")
        NO_SHOW_SECOND = "no_show_2", _("After a no-show, the second")
        NO_SHOW_LAST = "no_show_3", _("After a no-show, the last")
        NO_CONTACT_FIRST = "no_contact_1", _("We tried to reach you, the first")
        NO_CONTACT_SECOND = "no_contact_2", _("We tried to reach you, the second")
        NO_CONTACT_LAST = "no_contact_3", _("We tried to reach you, the last")
        CALLBACK_KEPT = "callback_kept", _("After the call we promised")
        CALLBACK_MISSED = "callback_missed", _("We called as promised, no answer")
        CALLBACK_LATE = "callback_late", _("We are late with the call we promised")
        EARLIER_OFFER = "earlier_offer", _("Offer of an earlier time")
        EARLIER_GONE = "earlier_gone", _("The offered time was taken")
        STAFF_NEW_REQUEST = "staff_new_request", _("Staff: new request")
        STAFF_HANDED_OVER = "staff_handed_over", _("Staff: taken over from a colleague")

        STAFF_PROMISE_NEAR = "staff_promise_near", _("Staff: a promised call falls due")
        STAFF_PROMISE_BROKEN = "staff_promise_broken", _("Staff: a promised call is late")
        STAFF_ESCALATED = "staff_escalated", _("Staff: to the on-call lead")
        STAFF_DIGEST = "staff_digest", _("Staff: the day ahead")
        STAFF_SHORTAGE = "staff_shortage", _("Staff: no phone time within a day")

    FOR_STAFF = {kind for kind in Kind if kind.startswith("staff_")}
    NO_SHOW_LADDER = [Kind.AFTER_NO_SHOW, Kind.NO_SHOW_SECOND, Kind.NO_SHOW_LAST]
    NO_CONTACT_LADDER = [Kind.NO_CONTACT_FIRST, Kind.NO_CONTACT_SECOND, Kind.NO_CONTACT_LAST]

    class State(models.TextChoices):
        PROMISED = "promised", _("Promised")
        SENDING = "sending", _("Being sent")
        DELAYED = "delayed", _("Failed for now, tried again")
        SENT = "sent", _("Sent")
        SKIPPED = "skipped", _("Not sent")
        FAILED = "failed", _("Failed for good")
        BOUNCED = "bounced", _("Came back")

    WAITING = [State.PROMISED, State.DELAYED]
    LOST = [State.FAILED, State.BOUNCED]
    SETTLED = [State.SENT, State.SKIPPED, *LOST]

    class Reason(models.TextChoices):
        NO_EMAIL = "no_email", _("No email address")
        NOT_PERMITTED = "not_permitted", _("The contact plan does not permit email")
        NOT_STANDING = "not_standing", _("The consultation no longer stands")
        NEWER_VERSION = "newer_version", _("A newer version replaced it")
        REQUEST_CLOSED = "request_closed", _("The request is closed")
        TOO_LATE = "too_late", _("Its time had passed")
        OFFER_OVER = "offer_over", _("The offer is over")
        QUIET_HOURS = "quiet_hours", _("It would have come in quiet hours")
        SWITCHED_OFF = "switched_off", _("This kind of email is switched off")
        SUPPRESSED = "suppressed", _("This address is on the list we don't write to")
        REPLIED = "replied", _("They have been in touch")
        KEPT = "kept", _("The promise was kept")
        CANCELLED = "cancelled", _("Staff took it back")
        NOT_ACCEPTED = "not_accepted", _("The mail server asked to try again later")
        REFUSED = "refused", _("The mail server refused it for good")
        UNREACHABLE = "unreachable", _("The mail server could not be reached")
        BROKEN = "broken", _("The email could not be written")
        CRASHED = "crashed", _("Writing or sending it stopped our program, again and again")
        NO_SUCH_ADDRESS = "no_such_address", _("The address does not take email")
        COMPLAINED = "complained", _("It was reported as unwanted")

    class Because(models.TextChoices):
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
    resent_because = models.CharField(max_length=20, choices=Because, blank=True)
    resent_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=20, choices=State, default=State.PROMISED)
    reason = models.CharField(max_length=30, choices=Reason, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    crashes = models.PositiveSmallIntegerField(
        default=0, help_text=_("How often a worker had it in hand and never came back.")
    )
    lease = models.UUIDField(null=True, help_text=_("Which worker's turn has it in hand."))
    lease_until = models.DateTimeField(null=True)
    promised_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    message_id = models.UUIDField(
        default=uuid.uuid4, help_text=_("Makes the Message-ID, so that a second copy is known.")
    )
    provider_id = models.CharField(
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
            models.Index("message_id", name="message_by_our_name"),
            models.Index("provider_id", name="message_by_its_name", condition=~Q(provider_id="")),
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
                condition=Q(copy=0, resent_because="", resent_by=None)
                | Q(copy__gt=0, resent_by__isnull=False) & ~Q(resent_because=""),
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
        return self.kind in self.FOR_STAFF

    @property
    def is_sent(self):
        return self.state == self.State.SENT

    @property
    def is_lost(self):
        return self.state in self.LOST

    @property
    def is_owed(self):
        return self.state in self.WAITING

    @property
    def is_settled(self):
        return self.state in self.SETTLED
