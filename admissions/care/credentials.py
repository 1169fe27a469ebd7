"""Credentials of the center and of staff that expire soon."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from programs.models import Credential
from users.models import User

from .models import StaffCredential

# How many the dashboard names; all are in the admin.
MAX_ROWS = 5


@dataclass(frozen=True)
class ExpiringCredential:
    """A credential that runs out, and in how many days; negative once it has."""

    credential: Credential | StaffCredential
    days_left: int

    @property
    def is_past(self) -> bool:
        return self.days_left < 0

    @property
    def label(self) -> str:
        if self.is_past:
            return _("expired")
        if self.days_left == 0:
            return _("last day")
        return ngettext("%(n)s day left", "%(n)s days left", self.days_left) % {"n": self.days_left}


def find_expiring_center_credentials(now: datetime) -> list[ExpiringCredential]:
    on = timezone.localdate(now)
    return [
        ExpiringCredential(each, each.days_left(on)) for each in Credential.objects.expiring(on=on)
    ]


def find_expiring_staff_credentials(*, by: User, now: datetime) -> list[ExpiringCredential]:
    """Staff credentials that run out: everyone's for who keeps them, else one's own."""
    on = timezone.localdate(now)
    expiring = StaffCredential.objects.expiring(on).select_related("user")
    if not by.has_perm("admissions.change_staffcredential"):
        expiring = expiring.filter(user=by)
    return [ExpiringCredential(each, (each.expires_on - on).days) for each in expiring[:MAX_ROWS]]
