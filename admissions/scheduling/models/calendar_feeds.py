"""The private address at which a counselor's own calendar app reads their times."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .counselors import Counselor


class CalendarFeed(models.Model):
    """The hash of a counselor's one address; a new one takes its place, and revoking deletes it."""

    counselor = models.OneToOneField(Counselor, models.CASCADE, related_name="calendar_feed")
    sha256 = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        permissions = [
            ("keep_own_calendars", _("Can keep the calendars of their own")),
            ("keep_any_calendars", _("Can keep the calendars of any counselor")),
        ]

    def __str__(self) -> str:
        return f"calendar feed {self.pk}"
