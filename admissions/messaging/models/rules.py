"""When each kind of message goes, as a director sets it."""

from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .messages import KindField

# As the database knows them; a test compares them with the catalog.
REMINDER_KINDS = ["reminder_day", "reminder_hours"]
MAX_RULE_DELAY = timedelta(days=90)


class MessageRuleQuerySet(models.QuerySet["MessageRule"]):
    def by_kind(self) -> dict[str, "MessageRule"]:
        """Every rule that a director keeps, in one query."""
        return {rule.kind: rule for rule in self}


class MessageRule(models.Model):
    """Whether one kind of follow-up goes, and how long before or after what it belongs to."""

    kind = KindField(unique=True)
    is_on = models.BooleanField(_("goes out"), default=True)
    delay = models.DurationField(
        _("how long before or after"), help_text=_("Hours:minutes:seconds, or days and hours.")
    )
    minimum_lead = models.DurationField(
        _("only if booked more than this ahead"), null=True, blank=True
    )

    objects = MessageRuleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="message_rule_delay_is_positive", condition=Q(delay__gt=timedelta(0))
            ),
            models.CheckConstraint(
                name="message_rule_reminder_comes_after_booking",
                condition=Q(minimum_lead=None) | Q(minimum_lead__gte=F("delay")),
            ),
            models.CheckConstraint(
                name="message_rule_reminder_has_a_lead",
                condition=Q(kind__in=REMINDER_KINDS, minimum_lead__isnull=False)
                | ~Q(kind__in=REMINDER_KINDS) & Q(minimum_lead=None),
            ),
            models.CheckConstraint(
                name="message_rule_within_ninety_days",
                condition=Q(delay__lte=MAX_RULE_DELAY)
                & (Q(minimum_lead=None) | Q(minimum_lead__lte=MAX_RULE_DELAY)),
            ),
            models.CheckConstraint(
                name="message_rule_danger_is_always_on",
                condition=~Q(kind="staff_danger") | Q(is_on=True),
            ),
            models.CheckConstraint(
                name="message_rule_after_completed_counts_days",
                condition=~Q(kind="after_completed")
                | Q(delay__in=[timedelta(days=days) for days in range(1, 15)]),
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()
