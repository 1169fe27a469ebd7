"""Every email that is owed, and what became of it."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from admissions.intake.models import ConsultationRequest, Suppression

from ..catalog import STAFF_KINDS
from ..catalog.account import AccountNews
from ..kinds import Kind

if TYPE_CHECKING:
    from admissions.scheduling.models import Consultation


class KindField(models.CharField):
    """The kind of a message. A new one changes no table, so migrations know of none."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", 30)
        options.setdefault("choices", Kind.choices)
        super().__init__(**options)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, _path, args, kwargs = super().deconstruct()
        kwargs.pop("choices", None)
        return name, "django.db.models.CharField", args, kwargs


class MessageQuerySet(models.QuerySet["Message"]):
    def due(self, *, now: datetime) -> "MessageQuerySet":
        """Fallen due, or left in a worker's hands past its lease."""
        return self.filter(
            Q(state__in=Message.PENDING_STATES, due_at__lte=now)
            | Q(state=Message.State.SENDING, lease_until__lt=now)
        )

    def with_rendering_data(self) -> "MessageQuerySet":
        """With what most letters are written from, in one query; a few kinds read more."""
        return self.select_related("request", "consultation__counselor", "consultation__location")

    def to_address(self, email: str) -> "MessageQuerySet":
        """What has gone to requesters at this address, in whatever request.

        What went before the address of a request was corrected has gone to another one.
        """
        requests = ConsultationRequest.objects.with_email(email)
        return self.filter(
            state=Message.State.SENT,
            request__in=requests,
            email_number=F("request__email_number"),
        ).exclude(kind__in=Message.STAFF_KINDS)

    def unfinished(self) -> "MessageQuerySet":
        """All that may still go."""
        return self.filter(state__in=[*Message.PENDING_STATES, Message.State.SENDING])

    def lost(self) -> "MessageQuerySet":
        """Those to requesters that never arrived, of requests still open."""
        return self.filter(
            state__in=Message.LOST_STATES, request__email_failed_at__isnull=False
        ).exclude(request__stage="closed")


class Message(models.Model):
    """One email promised to one person: never its body, only what became of it."""

    Kind = Kind
    STAFF_KINDS = STAFF_KINDS
    AccountNews = AccountNews

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
        SEEN = "seen", _("They had seen it by then")
        TAKEN = "taken", _("Somebody had it by then")
        TOO_LATE = "too_late", _("Its time had passed")
        TOO_MANY = "too_many", _("This address was written to too often within a day")
        OFFER_OVER = "offer_over", _("The offer is over")
        QUIET_HOURS = "quiet_hours", _("It would have come in quiet hours")
        SWITCHED_OFF = "switched_off", _("This kind of email is switched off")
        WITHDRAWN = "withdrawn", _("They took back the call")
        SUPPRESSED = "suppressed", _("This address is on the list we don't write to")
        REPLIED = "replied", _("They have been in touch")
        CALL_MADE = "kept", _("The promise was kept")
        CANCELED = "canceled", _("Staff took it back")
        UNDONE = "undone", _("What it was about was undone")
        RESTORED = "restored", _("It was due before the database was restored")
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
    offer = models.ForeignKey(
        "admissions.EarlierOffer", models.PROTECT, null=True, related_name="messages"
    )
    shortage = models.ForeignKey(
        "admissions.Shortage", models.PROTECT, null=True, related_name="messages"
    )
    colleague = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+",
        help_text=_("Whose account it is about, or who is told of danger."),
    )  # fmt: skip
    account_news = models.CharField(
        max_length=30, choices=AccountNews, blank=True, help_text=_("What it says of an account.")
    )
    address = models.EmailField(
        blank=True, help_text=_("Where it goes, if not to the address of the colleague today.")
    )
    # Which of the request's addresses it went to, once it has gone.
    email_number = models.PositiveSmallIntegerField(default=0, db_default=0)
    kind = KindField()
    dedupe_key = models.CharField(
        max_length=60, help_text=_("Of this kind, only one is promised for each key.")
    )
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
            models.UniqueConstraint("kind", "dedupe_key", "copy", name="message_enqueued_once"),
            models.CheckConstraint(name="message_has_a_dedupe_key", condition=~Q(dedupe_key="")),
            models.CheckConstraint(
                name="message_about_an_offer",
                condition=Q(offer__isnull=False, kind__in=["earlier_offer", "earlier_gone"])
                | Q(offer=None) & ~Q(kind__in=["earlier_offer", "earlier_gone"]),
            ),
            models.CheckConstraint(
                name="message_about_a_shortage",
                condition=Q(shortage__isnull=False, kind="staff_shortage")
                | Q(shortage=None) & ~Q(kind="staff_shortage"),
            ),
            models.CheckConstraint(
                name="message_about_an_account",
                condition=Q(kind="staff_account", colleague__isnull=False, copy=0)
                & ~Q(account_news="")
                | ~Q(kind="staff_account") & Q(account_news="", address=""),
            ),
            models.CheckConstraint(
                name="message_to_a_colleague",
                condition=Q(colleague=None)
                | Q(kind__in=["staff_account", "staff_alert", "staff_danger"]),
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
                condition=Q(request__isnull=False)
                | Q(
                    kind__in=[
                        "staff_account",
                        "staff_alert",
                        "staff_danger",
                        "staff_digest",
                        "staff_flood",
                        "staff_shortage",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="message_resent_by_someone_for_a_reason",
                condition=Q(copy=0, resend_reason="", resent_by=None)
                | Q(copy__gt=0, resent_by__isnull=False) & ~Q(resend_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"message {self.pk}"

    # Of a letter to a requester, these are never missing.

    @property
    def its_request(self) -> "ConsultationRequest":
        if self.request is None:
            raise ValueError(f"{self} is about no request")
        return self.request

    @property
    def its_consultation(self) -> "Consultation":
        if self.consultation is None:
            raise ValueError(f"{self} is about no consultation")
        return self.consultation

    @cached_property
    def suppressions(self) -> list[Suppression]:
        """What stands against its requester's address, as it was when first asked of this object.

        Whether it may go and what it then says are thus decided by one look.
        """
        return list(Suppression.objects.blocking(self.its_request))

    @property
    def is_address_stopped(self) -> bool:
        """Whether the owner of the address has asked us to stop, in whatever request."""
        return any(each.is_stop for each in self.suppressions)

    @property
    def is_for_staff(self) -> bool:
        return self.kind in self.STAFF_KINDS

    @property
    def is_sent(self) -> bool:
        return self.state == self.State.SENT

    @property
    def is_skipped(self) -> bool:
        return self.state == self.State.SKIPPED

    @property
    def is_lost(self) -> bool:
        return self.state in self.LOST_STATES

    @property
    def is_pending(self) -> bool:
        return self.state in self.PENDING_STATES

    @property
    def is_finished(self) -> bool:
        return self.state in self.FINISHED_STATES
