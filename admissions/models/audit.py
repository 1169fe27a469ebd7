"""Who did or saw what, and when; never what the data said."""

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class AuditEvent(models.Model):
    """One act or look, written in the transaction that did it. Holds codes and ids only."""

    class Type(models.TextChoices):
        CONSULTATION_REQUESTED = "consultation_requested", _("Booked a consultation")
        CALLBACK_REQUESTED = "callback_requested", _("Asked for a call")
        CALL_NOW_REQUESTED = "call_now_requested", _("Asked to be called now")
        CONSULTATION_MOVED = "consultation_moved", _("Moved the consultation")
        CONSULTATION_HANDED_OVER = (
            "consultation_handed_over",
            _("Handed the consultation to a colleague"),
        )
        CONSULTATION_KEPT = "consultation_kept", _("Kept the consultation in time away")
        CONSULTATION_CANCELLED = "consultation_cancelled", _("Cancelled the consultation")
        CONSULTATION_COMPLETED = "consultation_completed", _("Completed the consultation")
        CONSULTATION_NO_SHOW = "consultation_no_show", _("Marked a no-show")
        REQUEST_CLAIMED = "request_claimed", _("Claimed the request")
        ATTEMPT_LOGGED = "attempt_logged", _("Logged a contact attempt")
        REQUEST_CLOSED = "request_closed", _("Closed the request")
        REQUEST_VIEWED = "request_viewed", _("Opened the request")
        COUNSELOR_AWAY = "counselor_away", _("Noted that a counselor is away")
        EMAILS_STOPPED = "emails_stopped", _("Asked us to stop writing")
        PLAN_CHANGED = "plan_changed", _("Changed how we may contact them")
        CONSULTATION_CONFIRMED = "consultation_confirmed", _("Said they will keep the time")
        EMAIL_FAILED = "email_failed", _("An email did not arrive")
        MESSAGE_SEEN = "message_seen", _("Looked at an email")
        MESSAGE_RESENT = "message_resent", _("Had an email sent again")
        MESSAGE_CANCELLED = "message_cancelled", _("Took back a promised email")
        MESSAGE_RETURNED = "message_returned", _("Noted that an email came back")
        SUPPRESSION_LIFTED = "suppression_lifted", _("Allowed email to the address again")
        RULE_CHANGED = "rule_changed", _("Changed when a kind of email goes")
        WORDING_CHANGED = "wording_changed", _("Changed the words of an email")
        FEED_MADE = "feed_made", _("Made a calendar feed")
        FEED_REPLACED = "feed_replaced", _("Replaced a calendar feed")
        FEED_REVOKED = "feed_revoked", _("Revoked a calendar feed")
        WAITLIST_JOINED = "waitlist_joined", _("Asked for something sooner")
        WAITLIST_LEFT = "waitlist_left", _("Left the waiting list")
        EARLIER_OFFERED = "earlier_offered", _("Offered an earlier time")
        EARLIER_ENDED = "earlier_ended", _("The offer of an earlier time ended")
        CALENDAR_ADDED = "calendar_added", _("Added an outside calendar")
        CALENDAR_REMOVED = "calendar_removed", _("Removed an outside calendar")

    class Source(models.TextChoices):
        REQUESTER = "requester", _("The requester")
        SYSTEM = "system", _("The system")

    at = models.DateTimeField(default=timezone.now)
    type = models.CharField(max_length=40, choices=Type)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True)
    source = models.CharField(max_length=20, choices=Source, blank=True)
    request = models.ForeignKey(
        "admissions.ConsultationRequest", models.PROTECT, null=True, related_name="audit_events"
    )
    consultation = models.ForeignKey("admissions.Consultation", models.PROTECT, null=True)
    counselor = models.ForeignKey("admissions.Counselor", models.PROTECT, null=True)
    code = models.CharField(
        max_length=40, blank=True, help_text=_("A choice's code, e.g. reached.")
    )
    fields = ArrayField(models.CharField(max_length=40), default=list)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="audit_event_says_who",
                condition=Q(actor__isnull=False, source="") | Q(actor=None) & ~Q(source=""),
            )
        ]
        triggers = [
            pgtrigger.Protect(
                name="audit_event_is_permanent",
                operation=pgtrigger.Update | pgtrigger.Delete,
            )
        ]

    def __str__(self):
        return f"audit event {self.pk}"
