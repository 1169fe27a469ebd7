"""The calls that staff took, and those that ring."""

import uuid
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from admissions.append_only import (
    PERSON_IS_REMOVED,
    PermanentButForTexts,
    forbid_truncate,
    only_emptied,
    refuse_texts_after_removal,
)
from admissions.encryption import EncryptedPhoneNumberField, EncryptedTextField
from admissions.intake.models import ConsultationRequest
from programs.models import LanguageField

CALL_TEXTS = ["number", "name", "sent_to", "note"]


class CallIsPermanent(PermanentButForTexts):
    """Refuses every change of a call, but for three.

    A call without a request may be linked to one, once. Its texts become empty when the person of
    its request is removed; those of a call without a request, all at once and with the time of it.
    """

    @property
    def linkable(self) -> list[str]:
        return ["request_id"]

    @property
    def erasable(self) -> list[str]:
        return [*self.texts, "emptied_at"]

    def get_func(self, model: Any) -> str:
        free = ", ".join(f"'{each}'" for each in [*self.erasable, *self.linkable])
        same = " AND ".join(f"NEW.{each} = OLD.{each}" for each in self.texts)
        return f"""
            IF TG_OP = 'UPDATE' THEN
                IF to_jsonb(NEW) - ARRAY[{free}] = to_jsonb(OLD) - ARRAY[{free}] THEN
                    IF {same} AND NEW.emptied_at IS NOT DISTINCT FROM OLD.emptied_at
                        AND (OLD.request_id IS NULL OR NEW.request_id = OLD.request_id)
                    THEN
                        RETURN NEW;
                    END IF;
                    IF NEW.request_id = OLD.request_id
                        AND NEW.emptied_at IS NOT DISTINCT FROM OLD.emptied_at
                        AND {only_emptied(self.texts)}
                        AND {PERSON_IS_REMOVED.format(request="NEW.request_id")}
                    THEN
                        RETURN NEW;
                    END IF;
                    IF NEW.request_id IS NULL AND OLD.request_id IS NULL
                        AND OLD.emptied_at IS NULL AND NEW.emptied_at IS NOT NULL
                        AND {only_emptied(self.texts)}
                    THEN
                        RETURN NEW;
                    END IF;
                END IF;
            END IF;
            RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;
        """


class CallQuerySet(models.QuerySet["Call"]):
    def standing(self) -> Self:
        """Those that no later row corrects."""
        return self.filter(correction=None)

    def without_request(self) -> Self:
        return self.filter(request=None)


class Call(models.Model):
    """One call to us as it was taken; a later row corrects it, and nothing else changes it."""

    class Outcome(models.TextChoices):
        BOOKED = "booked", _("Booked")
        PROMISED = "promised", _("Promised a call")
        ANSWERED = "answered", _("Answered, nothing further")
        UNDER_18 = "under_18", _("Under 18, sent elsewhere")
        NOT_FOR_US = "not_for_us", _("Not for us, sent elsewhere")

    class HeardFrom(models.TextChoices):
        UNKNOWN = "", _("Not asked")
        WEBSITE = "website", _("Our site or a search")
        FRIEND = "friend", _("A friend or family")
        FORMER = "former", _("Someone who was here")
        PROFESSIONAL = "professional", _("A doctor, hospital or therapist")
        COURT = "court", _("A court, probation or lawyer")
        INSURER = "insurer", _("An insurer or the county line")
        WORK = "work", _("Work or school")
        OTHER = "other", _("Somewhere else")

    SENT_ELSEWHERE = [Outcome.UNDER_18, Outcome.NOT_FOR_US]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=20, choices=Outcome)
    request = models.ForeignKey(
        ConsultationRequest, models.PROTECT, null=True, related_name="calls"
    )
    number = EncryptedPhoneNumberField(blank=True)
    name = EncryptedTextField(_("name used"), max_length=80, blank=True)
    is_in_danger = models.BooleanField(_("someone may be in danger"), default=False)
    for_whom = models.CharField(max_length=20, choices=ConsultationRequest.ForWhom)
    heard_from = models.CharField(
        _("how they heard of us"), max_length=20, choices=HeardFrom, blank=True
    )
    language = LanguageField(default="en")
    promised_by = models.DateTimeField(null=True, help_text=_("The call that was promised aloud."))
    sent_to = EncryptedTextField(_("sent to"), max_length=120, blank=True)
    note = EncryptedTextField(max_length=500, blank=True)
    ring_id = models.UUIDField(null=True, unique=True, help_text=_("The ring that it answered."))
    corrects = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        related_name="correction",
        help_text=_("The row that this one takes the place of."),
    )
    # When the texts of a call without a request were removed.
    emptied_at = models.DateTimeField(null=True, editable=False)

    objects = CallQuerySet.as_manager()

    class Meta:
        verbose_name = _("call")
        default_permissions = ("view",)
        ordering = ["-at", "-pk"]
        indexes = [models.Index("at", name="call_by_time")]
        constraints = [
            models.CheckConstraint(
                name="call_promised_by_a_time",
                condition=Q(outcome="promised", promised_by__isnull=False)
                | ~Q(outcome="promised") & Q(promised_by=None),
            ),
            models.CheckConstraint(
                name="call_promised_in_a_request",
                condition=~Q(outcome="promised") | Q(request__isnull=False),
            ),
            models.CheckConstraint(
                name="call_emptied_says_nothing",
                condition=Q(emptied_at=None) | Q(number="", name="", sent_to="", note=""),
            ),
        ]
        triggers = [
            CallIsPermanent(name="call_is_permanent", texts=CALL_TEXTS),
            forbid_truncate("call_is_never_emptied"),
            refuse_texts_after_removal("call_is_about_someone", *CALL_TEXTS),
        ]

    def __str__(self) -> str:
        return f"call {self.pk}"


class Ring(models.Model):
    """A phone system said that a call comes in for somebody of ours; kept for an hour."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField(default=timezone.now, db_index=True)
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="rings")
    number = EncryptedPhoneNumberField(blank=True)
    # Of what was signed: the same words come in once.
    signature = models.CharField(max_length=64, unique=True)

    class Meta:
        default_permissions = ()
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"ring {self.pk}"
