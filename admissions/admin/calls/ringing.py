"""The call that rings for whoever is at the desk."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from admissions.admin.links import NEW_CALL_PAGE
from admissions.calls import rings
from admissions.phone_numbers import format_phone
from users.models import User


@dataclass(frozen=True)
class RingNotice:
    """Who calls, as the desk shows it, and the page that knows the number by the ring's id."""

    number: str
    address: str


def describe_ring(staff: User, now: datetime) -> RingNotice | None:
    """None unless a phone system said within two minutes that somebody calls them."""
    ring = rings.find_current_ring(staff, now=now)
    if ring is None or not staff.has_perm("admissions.triage_consultationrequest"):
        return None
    number = format_phone(ring.number) if ring.number else _("a number that is not shown")
    return RingNotice(number, f"{reverse(NEW_CALL_PAGE)}?{urlencode({'ring': ring.pk})}")
