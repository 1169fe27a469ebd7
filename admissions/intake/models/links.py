"""What lets a requester back in, and what lets a form count only once."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from admissions.encryption import EncryptedTextField

from .requests import ConsultationRequest


class ManageToken(models.Model):
    """The hash of one link by which a requester reaches their own request, or stops its emails."""

    class Purpose(models.TextChoices):
        MANAGE = "manage", _("See, move or cancel")
        STOP = "stop", _("Stop emails")

    request = models.ForeignKey(ConsultationRequest, models.CASCADE, related_name="manage_tokens")
    sha256 = models.CharField(max_length=64, unique=True)
    purpose = models.CharField(max_length=10, choices=Purpose, default=Purpose.MANAGE)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    # Which of the request's addresses the link was mailed to.
    email_number = models.PositiveSmallIntegerField(default=0, db_default=0)

    def __str__(self) -> str:
        return f"manage token {self.pk}"


class LinkRequest(models.Model):
    """That someone asks for a new link by email; deleted as soon as a worker has answered it.

    Every address leaves one, known or not, so that the page's answer and its time tell nothing.
    """

    email = EncryptedTextField(max_length=254)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"link request {self.pk}"


class IdempotencyKey(models.Model):
    """One form that was sent: its key can count only once, however often it arrives."""

    key = models.UUIDField(primary_key=True)
    request = models.ForeignKey(
        ConsultationRequest, models.CASCADE, null=True, related_name="idempotency_keys"
    )
    # A keyed hash of the sender's CSRF cookie: who sends it again is shown the answer only there.
    sender = models.CharField(max_length=64, blank=True, db_default="")
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"submission {self.key}"
