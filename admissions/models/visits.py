"""What lets a requester back in, and what lets a form count only once."""

from django.db import models
from django.utils import timezone

from .requests import ConsultationRequest


class ManageToken(models.Model):
    """The hash of one link by which a requester reaches their own request."""

    request = models.ForeignKey(ConsultationRequest, models.CASCADE, related_name="manage_tokens")
    sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    def __str__(self):
        return f"manage token {self.pk}"


class Submission(models.Model):
    """One form that was sent: its key can count only once, however often it arrives."""

    key = models.UUIDField(primary_key=True)
    request = models.ForeignKey(
        ConsultationRequest, models.CASCADE, null=True, related_name="submissions"
    )
    at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return f"submission {self.key}"
