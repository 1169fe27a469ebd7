"""What licenses a member of staff holds, and until when."""

from datetime import date, timedelta
from typing import Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

# Services go by the center's own day. Postgres does not know its zone, and refuses what has expired
# in every one of the United States.
CREDENTIAL_CHECK_SQL = """
    IF NOT EXISTS (
        SELECT 1 FROM admissions_staffcredential
        WHERE id = NEW.credential_id AND user_id = NEW.by_id
            AND expires_on >= (NEW.at AT TIME ZONE 'Pacific/Honolulu')::date
    ) THEN
        RAISE EXCEPTION '%s: the credential is'
            ' somebody else''s, or has expired';
    END IF;
    RETURN NEW;
"""


class StaffCredentialQuerySet(models.QuerySet["StaffCredential"]):
    def in_date(self, on: date) -> Self:
        return self.filter(expires_on__gte=on)

    def expiring(self, on: date) -> Self:
        """Those of people who work here that run out within 90 days, or have; soonest first.

        One that a newer of the same title has replaced is left out.
        """
        newer = StaffCredential.objects.filter(
            user=OuterRef("user"), title=OuterRef("title"), expires_on__gt=OuterRef("expires_on")
        )
        soon = self.filter(expires_on__lte=on + StaffCredential.WARNED_BEFORE)
        mine = soon.filter(~Exists(newer), user__is_active=True)
        return mine.select_related("user").order_by("expires_on", "pk")


class StaffCredential(models.Model):
    """What a member of staff is licensed or certified as, e.g. LAADC or LMFT."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="credentials")
    title = models.CharField(max_length=40, help_text=_("As it is written behind the name."))
    number = models.CharField(max_length=40)
    issuer = models.CharField(max_length=120, blank=True)
    expires_on = models.DateField(help_text=_("The last day on which it is good."))

    WARNED_BEFORE = timedelta(days=90)

    objects = StaffCredentialQuerySet.as_manager()

    class Meta:
        verbose_name = _("staff credential")
        ordering = ["user_id", "title"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "title", "number"], name="staff_credential_once"
            )
        ]
        triggers = [
            # What was signed with it must go on saying by whom and as what.
            pgtrigger.ReadOnly(
                name="staff_credential_names_one_person", fields=["user", "title", "number"]
            )
        ]

    def __str__(self) -> str:
        return self.title

    def days_left(self, on: date) -> int:
        """Days from a day to the last one; negative once that is over."""
        return (self.expires_on - on).days
