"""What staff did a moment ago, and how things stood before."""

import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from admissions.append_only import forbid_truncate


class UndoableAction(models.Model):
    """One thing that somebody did to a request, with its state before and after: codes, ids and
    times alone, nothing personal.

    It is undone once, by setting the time and the transaction, and by nothing else.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey("admissions.ConsultationRequest", models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    event = models.ForeignKey(
        "admissions.AuditEvent",
        models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
        help_text="The event that says what was done.",
    )
    last_event_id = models.BigIntegerField(help_text="The last event that the action wrote.")
    before = models.JSONField()
    after = models.JSONField()
    made = models.JSONField(help_text="The ids of rows that the action wrote, by their kind.")
    note = models.OneToOneField(
        "admissions.Note", models.PROTECT, null=True, related_name="undoable"
    )
    undone_at = models.DateTimeField(null=True)
    # The id of the transaction that undoes it: there alone states may go back.
    undone_in = models.BigIntegerField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="undoable_undone_in_a_transaction",
                condition=Q(undone_at=None, undone_in=None)
                | Q(undone_at__isnull=False, undone_in__isnull=False),
            ),
            models.CheckConstraint(
                name="undoable_undone_in_time",
                condition=Q(undone_at=None) | Q(undone_at__lte=F("expires_at")),
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="undoable_stays_as_done", exclude=["undone_at", "undone_in"]),
            pgtrigger.Protect(
                name="undoable_is_undone_once",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__undone_at__isnull=False),
            ),
            forbid_truncate("undoable_is_never_emptied"),
        ]

    def __str__(self) -> str:
        return f"undoable action {self.pk}"
