"""What staff write down about a request, for the next who opens it."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from admissions.append_only import (
    PermanentButForTexts,
    forbid_truncate,
    refuse_texts_after_removal,
)
from admissions.encryption import EncryptedTextField

from .requests import ConsultationRequest


class Note(models.Model):
    """One note; it stays as it was written, and a second one corrects it."""

    request = models.ForeignKey(ConsultationRequest, models.PROTECT, related_name="notes")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    text = EncryptedTextField()

    class Meta:
        ordering = ["at", "pk"]
        triggers = [
            PermanentButForTexts(name="note_is_permanent", texts=["text"]),
            forbid_truncate("note_is_never_emptied"),
            refuse_texts_after_removal("note_is_about_someone", "text"),
        ]

    def __str__(self) -> str:
        return f"note {self.pk}"
