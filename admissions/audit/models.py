"""Who did or saw what, and when; never what the data said."""

from typing import Self

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from admissions.append_only import forbid_truncate


class AuditSeal(models.Model):
    """One batch of audit events under a keyed digest; holds their numbers, never what they say."""

    number = models.PositiveBigIntegerField(primary_key=True)
    format_version = models.PositiveSmallIntegerField(
        help_text="Which columns of an event, and in which order, the digest was made over."
    )
    previous = models.CharField(max_length=64, blank=True, help_text="The digest before this one.")
    ids = ArrayField(models.BigIntegerField(), help_text="The events, in order.")
    marks = ArrayField(
        models.BigIntegerField(), help_text="The beginning of each event's own digest, to find it."
    )
    count = models.PositiveIntegerField()
    top = models.BigIntegerField(help_text="The highest event that this or an earlier seal holds.")
    digest = models.CharField(max_length=64, unique=True)
    sealed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["number"]
        indexes = [models.Index("sealed_at", name="audit_seal_by_time")]
        constraints = [
            models.UniqueConstraint(fields=["previous"], name="audit_seal_follows_once"),
            models.CheckConstraint(
                name="audit_seal_first_alone",
                condition=Q(number=1, previous="") | Q(number__gt=1) & ~Q(previous=""),
            ),
            models.CheckConstraint(
                name="audit_seal_counts",
                condition=Q(ids__len=models.F("count"), marks__len=models.F("count"), count__gt=0),
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="audit_seal_is_permanent", operation=pgtrigger.Update | pgtrigger.Delete
            ),
            forbid_truncate("audit_seal_is_never_emptied"),
        ]

    def __str__(self) -> str:
        return f"audit seal {self.number}"


class AuditArchive(models.Model):
    """A quarter of the audit that was put away into a file: where the chain of seals goes on from.

    Its seals are gone from here, with their events. `digest` is a keyed one over all of this.
    """

    begins_at = models.DateTimeField(help_text="The quarter's first instant, in UTC.")
    ends_at = models.DateTimeField(help_text="The first instant of the next one.")
    first_seal = models.PositiveBigIntegerField(unique=True)
    last_seal = models.PositiveBigIntegerField()
    head = models.CharField(max_length=64, help_text="The digest of its last seal.")
    top = models.BigIntegerField(help_text="The highest event that these or earlier seals held.")
    events = models.PositiveBigIntegerField(help_text="How many of the quarter were put away.")
    name = models.CharField(max_length=80, help_text="The file's name, without its folder.")
    size = models.PositiveBigIntegerField(help_text="In bytes.")
    sha256 = models.CharField(max_length=64)
    archived_at = models.DateTimeField(default=timezone.now)
    digest = models.CharField(max_length=64)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="audit_archive_holds_seals", condition=Q(last_seal__gte=models.F("first_seal"))
            )
        ]
        triggers = [
            pgtrigger.Protect(
                name="audit_archive_is_permanent", operation=pgtrigger.Update | pgtrigger.Delete
            ),
            forbid_truncate("audit_archive_is_never_emptied"),
        ]

    def __str__(self) -> str:
        return f"audit archive {self.name}"


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    def without_views(self) -> Self:
        """What was done; looks are left out."""
        return self.exclude(type__in=AuditEvent.VIEW_TYPES)


class AuditEvent(models.Model):
    """One act or look, written in the transaction that did it. Holds codes and ids only.

    In Postgres the table is parted by quarters of `at`; its primary key is (id, at) there.
    """

    class Type(models.TextChoices):
        CONSULTATION_REQUESTED = "consultation_requested", _("Booked a consultation")
        CALLBACK_REQUESTED = "callback_requested", _("Asked for a call")
        CALL_NOW_REQUESTED = "call_now_requested", _("Asked to be called now")
        CALLBACK_CHANGED = "callback_changed", _("Asked for the call at another time")
        CALLBACK_WITHDRAWN = "callback_withdrawn", _("Took back the call: withdrawn by requester")
        CONTACT_CORRECTED = "contact_corrected", _("Corrected how to reach them")
        CONSULTATION_MOVED = "consultation_moved", _("Moved the consultation")
        CONSULTATION_HANDED_OVER = (
            "consultation_handed_over",
            _("Handed the consultation to a colleague"),
        )
        CONSULTATION_KEPT = "consultation_kept", _("Kept the consultation in time away")
        CONSULTATION_CANCELED = "consultation_canceled", _("Canceled the consultation")
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
        LINK_ASKED = "manage_link_asked", _("Asked for a new link by email")
        APPOINTMENT_FOUND = "appointment_found", _("Looked it up by reference and phone")
        EMAIL_FAILED = "email_failed", _("An email did not arrive")
        MESSAGE_SEEN = "message_seen", _("Looked at an email")
        MESSAGE_RESENT = "message_resent", _("Had an email sent again")
        MESSAGE_CANCELED = "message_canceled", _("Took back a promised email")
        MESSAGE_RETURNED = "message_returned", _("Noted that an email came back")
        SUPPRESSION_LIFTED = "suppression_lifted", _("Allowed email to the address again")
        RULE_CHANGED = "rule_changed", _("Changed when a kind of email goes")
        TEMPLATE_CHANGED = "template_changed", _("Changed the words of an email")
        FEED_MADE = "feed_made", _("Made a calendar feed")
        FEED_REPLACED = "feed_replaced", _("Replaced a calendar feed")
        FEED_REVOKED = "feed_revoked", _("Revoked a calendar feed")
        WAITLIST_JOINED = "waitlist_joined", _("Asked for something sooner")
        WAITLIST_LEFT = "waitlist_left", _("Left the waiting list")
        EARLIER_OFFERED = "earlier_offered", _("Offered an earlier time")
        EARLIER_ENDED = "earlier_ended", _("The offer of an earlier time ended")
        CALENDAR_ADDED = "calendar_added", _("Added an outside calendar")
        CALENDAR_REMOVED = "calendar_removed", _("Removed an outside calendar")
        REQUEST_HANDED_OVER = "request_handed_over", _("Handed the request to a colleague")
        REQUEST_SET_ASIDE = "request_set_aside", _("Set the request aside for a while")
        REQUEST_REOPENED = "request_reopened", _("Reopened the request")
        REQUESTS_MERGED = "requests_merged", _("Merged with another request")
        NOTE_ADDED = "note_added", _("Wrote a note")
        SAFETY_ESCALATED = "safety_escalated", _("Asked for help with safety")
        ALARM_TAKEN = "alarm_taken", _("Said “I have it” about danger")
        BENEFITS_ASKED = "benefits_asked", _("Asked for insurance to be checked")
        BENEFITS_CHANGED = "benefits_changed", _("Changed insurance details")
        BENEFITS_SEEN = "benefits_seen", _("Looked at insurance details")
        ASSESSMENT_RECORDED = "assessment_recorded", _("Recorded an assessment")
        ASSESSMENT_SEEN = "assessment_seen", _("Looked at the assessment")
        CONCERN_ACKNOWLEDGED = "concern_acknowledged", _("Acknowledged a high concern")
        CARE_RECOMMENDED = "care_recommended", _("Recommended a level of care")
        ADMISSION_PREPARED = "admission_prepared", _("Began the admission")
        REFERRAL_MADE = "referral_made", _("Referred elsewhere")
        REFERRAL_CONFIRMED = "referral_confirmed", _("Confirmed the hand-over")
        DESK_VIEWED = "desk_viewed", _("Looked at a list")
        SEARCHED = "searched", _("Searched")
        REPORT_VIEWED = "report_viewed", _("Looked at reports")
        EXPORTED = "exported", _("Exported figures")
        AUDIT_VERIFIED = "audit_verified", _("Checked the audit's seals")
        AUDIT_ARCHIVED = "audit_archived", _("Put part of the audit away")
        AUDIT_VIEWED = "audit_viewed", _("Looked at the audit")
        RECORD_ADDED = "record_added", _("Added a record")
        RECORD_CHANGED = "record_changed", _("Changed a record")
        RECORD_DELETED = "record_deleted", _("Deleted a record")
        SIGNED_IN = "signed_in", _("Signed in")
        SIGN_IN_FAILED = "sign_in_failed", _("Could not sign in")
        SIGNED_OUT = "signed_out", _("Signed out")
        SESSION_ENDED = "session_ended", _("Ended a session")
        CONFIRMED_AGAIN = "confirmed_again", _("Proved again who they are")
        PASSWORD_CHANGED = "password_changed", _("Changed a password")
        FACTOR_ADDED = "factor_added", _("Set up a second factor")
        FACTOR_REMOVED = "factor_removed", _("Removed a second factor")
        RECOVERY_CODES_MADE = "recovery_codes_made", _("Made recovery codes")
        RECOVERY_CODE_USED = "recovery_code_used", _("Used a recovery code")
        DEVICE_ADDED = "device_added", _("Turned on alerts for a device")
        DEVICE_REMOVED = "device_removed", _("Turned off alerts for a device")
        ROLE_CHANGED = "role_changed", _("Changed what someone may do")
        LINK_SENT = "link_sent", _("Sent a link to choose a password")
        LINK_REVOKED = "link_revoked", _("Took back a link to choose a password")
        CHANGE_ASKED = "account_change_asked", _("Asked for what takes a second person")
        CHANGE_DECLINED = "account_change_declined", _("Declined what a colleague asked for")
        RETENTION_CHANGED = "retention_changed", _("Changed how long data is kept")
        DATA_REMOVED = "data_removed", _("Removed personal data")
        HOLD_PLACED = "hold_placed", _("Placed a legal hold")
        HOLD_LIFTED = "hold_lifted", _("Lifted a legal hold")
        PRIVACY_ASKED = "privacy_asked", _("Noted a privacy request")
        PRIVACY_MATCHED = "privacy_matched", _("Said which requests a privacy request is about")
        IDENTITY_CHECKED = "identity_checked", _("Checked who asks")
        REMOVAL_ORDERED = "removal_ordered", _("Ordered personal data to be removed")
        PRIVACY_DECIDED = "privacy_decided", _("Decided a privacy request")
        CONSENT_REVOKED = "consent_revoked", _("Took back all consent for the person")
        DATA_EXPORTED = "data_exported", _("Exported what we hold of a person")
        SENDING_HELD = "sending_held", _("Held all emails")
        SENDING_RELEASED = "sending_released", _("Had held emails sent again")
        DISCLOSURE_RECORDED = "disclosure_recorded", _("Recorded a disclosure")
        CALL_TAKEN = "call_taken", _("Took a call")
        CALL_PROMISED = "call_promised", _("Promised a call aloud")
        ACTION_UNDONE = "action_undone", _("Undid what they had just done")

    VIEW_TYPES = (
        Type.REQUEST_VIEWED, Type.MESSAGE_SEEN, Type.BENEFITS_SEEN, Type.ASSESSMENT_SEEN,
        Type.DESK_VIEWED, Type.SEARCHED, Type.REPORT_VIEWED, Type.AUDIT_VIEWED,
    )  # fmt: skip
    RECORD_TYPES = (Type.RECORD_ADDED, Type.RECORD_CHANGED, Type.RECORD_DELETED)

    class Source(models.TextChoices):
        REQUESTER = "requester", _("The requester")
        SYSTEM = "system", _("The system")
        SOMEONE = "someone", _("Someone not signed in")

    # Codes of a hand-over and of setting aside, where they say the opposite of the type.
    GIVEN_BACK, TAKEN_UP = "given_back", "taken_up"
    # Codes of a promise made aloud, where another one stood.
    PROMISE_REPLACED, EARLIER_PROMISE_KEPT = "promise_replaced", "earlier_promise_kept"

    at = models.DateTimeField(default=timezone.now)
    type = models.CharField(max_length=40, choices=Type)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="audit_events"
    )
    source = models.CharField(max_length=20, choices=Source, blank=True)
    request = models.ForeignKey(
        "admissions.ConsultationRequest", models.PROTECT, null=True, related_name="audit_events"
    )
    consultation = models.ForeignKey("admissions.Consultation", models.PROTECT, null=True)
    counselor = models.ForeignKey("admissions.Counselor", models.PROTECT, null=True)
    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        help_text=_("Whom it is about, where that is a colleague."),
    )
    shown = ArrayField(
        models.UUIDField(), default=list, help_text=_("The requests that a list showed.")
    )
    code = models.CharField(
        max_length=100, blank=True, help_text=_("A choice's code, e.g. reached.")
    )
    fields = ArrayField(models.CharField(max_length=200), default=list)
    object_type = models.CharField(
        max_length=100, blank=True, help_text=_("The model of the record it is about.")
    )
    object_id = models.CharField(
        max_length=100, blank=True, help_text=_("The primary key of that record.")
    )
    detail = models.JSONField(
        default=dict, help_text=_("Codes alone, such as a person's roles; nothing personal.")
    )

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        ordering = ["at", "pk"]
        indexes = [
            GinIndex(
                "shown",
                name="audit_event_of_lists",
                condition=Q(type__in=["desk_viewed", "searched"]),
            ),
            models.Index("at", name="audit_event_by_time"),
            models.Index("type", "at", name="audit_event_by_type"),
            models.Index(
                "code",
                name="audit_event_of_records",
                condition=Q(type__in=["record_added", "record_changed", "record_deleted"]),
            ),
        ]
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
            ),
            forbid_truncate("audit_event_is_never_emptied"),
        ]

    def __str__(self) -> str:
        return f"audit event {self.pk}"
