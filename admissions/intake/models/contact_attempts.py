"""Every try to answer a request."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from admissions.append_only import refuse_texts_after_removal
from admissions.encryption import EncryptedTextField

from .requests import ConsultationRequest


class ContactAttemptQuerySet(models.QuerySet["ContactAttempt"]):
    def in_touch(self) -> Self:
        """Those in which we talked, or they wrote or called."""
        return self.filter(result__in=ContactAttempt.IN_TOUCH)


class ContactAttemptManager(models.Manager["ContactAttempt"]):
    """Those that count. Whatever reads all a person's data asks `with_taken_back`."""

    def get_queryset(self) -> ContactAttemptQuerySet:
        return ContactAttemptQuerySet(self.model, using=self._db).filter(taken_back_at=None)

    def in_touch(self) -> ContactAttemptQuerySet:
        return self.get_queryset().in_touch()


class ContactAttempt(models.Model):
    """One try by staff to reach the person, and what came of it."""

    class Channel(models.TextChoices):
        CALL = "call", _("Call")
        TEXT = "text", _("Text")
        EMAIL = "email", _("Email")
        IN_PERSON = "in_person", _("In person")

    class Result(models.TextChoices):
        REACHED = "reached", _("Reached")
        REPLIED = "replied", _("They got in touch")
        NO_ANSWER = "no_answer", _("No answer")
        VOICEMAIL = "voicemail", _("Left a voicemail")
        SENT = "sent", _("Sent a message")
        WRONG_NUMBER = "wrong_number", _("Wrong number")
        ASKED_TO_STOP = "asked_to_stop", _("Asked us to stop")

    request = models.ForeignKey(ConsultationRequest, models.PROTECT, related_name="attempts")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    channel = models.CharField(max_length=20, choices=Channel)
    result = models.CharField(max_length=20, choices=Result)
    note = EncryptedTextField(max_length=500, blank=True)
    merged_from = models.ForeignKey(
        ConsultationRequest,
        models.PROTECT,
        null=True,
        related_name="+",
        help_text=_("The request that it was logged in, where that was merged since."),
    )

    taken_back_at = models.DateTimeField(
        null=True, help_text=_("Undone by whoever logged it: it was never so.")
    )

    # After these, nothing says any more that we could not reach them.
    IN_TOUCH = [Result.REACHED, Result.REPLIED]

    with_taken_back = models.Manager()
    objects = ContactAttemptManager()

    class Meta:
        default_manager_name = "objects"
        ordering = ["at", "pk"]
        indexes = [models.Index("at", name="attempt_by_time")]
        triggers = [refuse_texts_after_removal("attempt_is_about_someone", "note")]

    def __str__(self) -> str:
        return f"{self.get_channel_display()}: {self.get_result_display()}"

    @property
    def is_in_touch(self) -> bool:
        return self.result in self.IN_TOUCH
