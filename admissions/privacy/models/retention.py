"""How long a director has each kind of personal data kept."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class RetentionPeriod(models.Model):
    """A period that differs from ours; `schedule` holds the rules with their own and their bounds.

    Audit events keep who changed it, when, from what and to what.
    """

    class Rule(models.TextChoices):
        DRAFT = "draft", _("Forms that visitors never sent")
        SPAM = "spam", _("Spam and tests")
        UNREACHED = "unreached", _("People we never reached")
        NOT_ADMITTED = "not_admitted", _("Closed, neither assessed nor admitted")
        CLINICAL = "clinical", _("Assessed or admitted: a clinical record")
        CALLS = "calls", _("Calls that led to no request")
        RECORDS = "records", _("Our own records of disclosures, holds and privacy requests")

    rule = models.CharField(max_length=20, choices=Rule, primary_key=True)
    period = models.DurationField()
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)

    class Meta:
        verbose_name = _("retention period")
        default_permissions = ("view", "change")

    def __str__(self) -> str:
        return f"retention of {self.rule}"
