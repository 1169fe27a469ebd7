"""What one person asks and another decides: columns and rules of each such table.

Whoever asked never decides, and what is decided has an outcome and a time: Postgres refuses else.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class AskedChange(models.Model):
    """Who asked and when, and who decided. `outcome` is empty while it waits."""

    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        help_text=_("Nobody: the operator, on the command line."),
    )

    class Meta:
        abstract = True


def takes_a_second_person(model: str, *, also_not: str = "") -> models.CheckConstraint:
    """Refuses a decision by who asked, and by whom the column `also_not` names."""
    others = ~Q(decided_by=F("asked_by"))
    if also_not:
        others &= ~Q(decided_by=F(also_not))
    return models.CheckConstraint(
        name=f"{model}_takes_a_second_person", condition=Q(decided_by=None) | others
    )


def decided_with_an_outcome(model: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        name=f"{model}_decided_with_an_outcome",
        condition=Q(outcome="", decided_at=None, decided_by=None)
        | ~Q(outcome="") & Q(decided_at__isnull=False),
    )
