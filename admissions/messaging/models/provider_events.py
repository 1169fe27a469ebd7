"""What providers told us of letters, each word of theirs once."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .messages import Message


class ProviderEvent(models.Model):
    """One report of a provider about one message; a second copy of it changes nothing."""

    provider = models.CharField(max_length=20)
    sha256 = models.CharField(max_length=64, help_text=_("Of the report's own id, or of it all."))
    type = models.CharField(max_length=20)
    message = models.ForeignKey(Message, models.PROTECT, related_name="provider_events")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint("provider", "sha256", name="provider_event_counts_once")
        ]

    def __str__(self) -> str:
        return f"mail event {self.pk}"
