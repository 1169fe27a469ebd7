"""The seals over the audit: each closes over a batch of events and over the seal before it."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from .permanent import never_emptied


class AuditSeal(models.Model):
    """One batch of audit events under a keyed digest; holds their numbers, never what they say."""

    number = models.PositiveBigIntegerField(primary_key=True)
    form = models.PositiveSmallIntegerField(
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
            never_emptied("audit_seal_is_never_emptied"),
        ]

    def __str__(self):
        return f"audit seal {self.number}"
