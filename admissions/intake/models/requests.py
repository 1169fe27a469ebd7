"""A person's ask for help."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from admissions.encryption import EncryptedPhoneNumberField, EncryptedTextField
from admissions.exceptions import MoveNotAllowed
from admissions.scheduling.models import Consultation
from programs.models import LanguageField, Program

from .personal_data import REMOVED_NAME
from .references import ReferenceField
from .request_queries import ConsultationRequestQuerySet
from .request_triggers import REQUEST_TRIGGERS
from .search_tokens import SEARCHED_FIELDS, SearchTokensField
from .stages import ADMITTED_DISPOSITIONS, STAGE_TRANSITIONS, CloseReason, Disposition, Stage


class ConsultationRequest(models.Model):
    """One person's ask for help, for themselves or for someone they love."""

    Stage = Stage
    MAY_BECOME = STAGE_TRANSITIONS
    Disposition = Disposition
    CloseReason = CloseReason
    ADMITTED_DISPOSITIONS = ADMITTED_DISPOSITIONS

    class Source(models.TextChoices):
        BOOKING = "booking", _("Booked on the site")
        CALLBACK = "callback", _("Asked for a call on the site")
        STAFF = "staff", _("Entered by staff")

    class ForWhom(models.TextChoices):
        SELF = "self", _("Me")
        LOVED_ONE = "loved_one", _("Someone I care about")
        PROFESSIONAL = "professional", _("Someone I work with")

    class Voicemail(models.TextChoices):
        NO = "no", _("No voicemail, please")
        NUMBER_ONLY = "number_only", _("Yes, with a first name and number only")
        SAY_CENTER = "say_center", _("Yes, you may say where you call from")

    class GoodTime(models.TextChoices):
        ANY = "any", _("Any time from 8 am to 8 pm")
        MORNING = "morning", _("Mornings, 8 am to noon")
        AFTERNOON = "afternoon", _("Afternoons, noon to 5 pm")
        EVENING = "evening", _("Evenings, 5 pm to 8 pm")

    class Payment(models.TextChoices):
        UNSURE = "", _("Not sure, or rather not say")
        PRIVATE = "private", _("Private insurance")
        MEDI_CAL = "medi_cal", _("Medi-Cal")
        MEDICARE = "medicare", _("Medicare")
        SELF_PAY = "self_pay", _("Paying ourselves")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = ReferenceField(unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    source = models.CharField(max_length=20, choices=Source)

    stage = models.CharField(max_length=30, choices=Stage, default=Stage.NEW)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="requests"
    )
    claimed_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When staff must act next; empty once closed.")
    )
    promised_call_by = models.DateTimeField(
        null=True, blank=True, help_text=_("The time we told the person; cleared by a logged try.")
    )
    call_withdrawn_at = models.DateTimeField(
        null=True, blank=True, help_text=_("They took back the call they had asked for.")
    )
    email_failed_at = models.DateTimeField(
        null=True, blank=True, help_text=_("An email never arrived; cleared by a logged try.")
    )
    snoozed_until = models.DateTimeField(
        null=True, blank=True, help_text=_("Set aside; it counts while it is the due time too.")
    )
    concern_opened_at = models.DateTimeField(
        null=True, blank=True, help_text=_("A high concern waits for a clinician since then.")
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    reopened_at = models.DateTimeField(
        null=True, blank=True, help_text=_("Last taken up again; tries before it count no more.")
    )
    disposition = models.CharField(max_length=30, choices=Disposition, blank=True)
    close_reason = models.CharField(max_length=30, choices=CloseReason, blank=True)
    close_note = EncryptedTextField(max_length=500, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged"
    )

    is_in_danger = models.BooleanField(_("someone may be in danger"), default=False)
    safety_answered_at = models.DateTimeField(null=True, blank=True)
    for_whom = models.CharField(max_length=20, choices=ForWhom, default=ForWhom.SELF)
    is_adult = models.BooleanField(_("the person needing help is 18 or older"), default=True)
    preferred_name = EncryptedTextField(_("name used"), max_length=80)
    phone = EncryptedPhoneNumberField(blank=True)
    email = EncryptedTextField(max_length=254, blank=True)
    # One more each time the email is corrected: what went out under an older number went elsewhere.
    email_number = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    search_tokens = SearchTokensField()

    may_call = models.BooleanField(default=False)
    may_text = models.BooleanField(default=False)
    may_email = models.BooleanField(default=False)
    voicemail = models.CharField(max_length=20, choices=Voicemail, default=Voicemail.NO)
    is_discreet = models.BooleanField(default=True)
    good_time = models.CharField(max_length=20, choices=GoodTime, default=GoodTime.ANY)
    together_until = models.DateTimeField(
        null=True,
        blank=True,
        help_text=_("Until when the person is with the professional who asks for a call."),
    )
    language = LanguageField(default="en")
    time_zone = models.CharField(max_length=64, default=settings.TIME_ZONE)

    program_interest = models.ForeignKey(Program, models.PROTECT, null=True, blank=True)
    interpreter = EncryptedTextField(max_length=80, blank=True)
    access_need = EncryptedTextField(max_length=200, blank=True)
    payment = models.CharField(max_length=20, choices=Payment, blank=True, default=Payment.UNSURE)
    note = EncryptedTextField(max_length=500, blank=True)
    guide_answers = EncryptedTextField(
        _("what they told the guide"), blank=True, default="", db_default=""
    )

    # When personal data was removed; from then on nothing of the row changes.
    anonymized_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ConsultationRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request")
        permissions = [
            ("triage_consultationrequest", _("Can work on requests")),
            ("reassign_consultationrequest", _("Can hand over a colleague’s request")),
            ("view_reports", _("Can see reports")),
            ("export_reports", _("Can export reports")),
        ]
        indexes = [
            # All that the desk works from. No column of it changes from step to step, lest each
            # step be written into every index anew.
            models.Index("created_at", name="request_open", condition=~Q(stage="closed")),
            models.Index("created_at", name="request_by_age"),
            models.Index(
                F("closed_at").desc(),
                F("id").desc(),
                name="request_closed",
                condition=Q(stage="closed"),
            ),
            # What the nightly removal of personal data looks through.
            models.Index(
                "closed_at",
                name="request_of_someone",
                condition=Q(stage="closed", anonymized_at=None),
            ),
            models.Index(
                "disposition",
                "closed_at",
                name="request_of_someone_by_end",
                condition=Q(stage="closed", anonymized_at=None),
            ),
            # All that staff search by, and what a person's other requests are found by.
            GinIndex(fields=["search_tokens"], name="request_search"),
        ]
        constraints = [
            models.CheckConstraint(
                name="request_is_found_by_search",
                condition=~Q(search_tokens=[]) | Q(anonymized_at__isnull=False),
            ),
            models.CheckConstraint(
                name="request_can_be_answered",
                # Danger that was told on the phone rings, though nobody can be called back.
                condition=~Q(phone="")
                | ~Q(email="")
                | Q(source="staff", is_in_danger=True)
                | Q(anonymized_at__isnull=False),
            ),
            models.CheckConstraint(
                name="request_anonymized_once_closed",
                condition=Q(anonymized_at=None) | Q(stage="closed"),
            ),
            models.CheckConstraint(
                name="request_claimed_by_someone_at_a_time",
                condition=Q(owner=None, claimed_at=None)
                | Q(owner__isnull=False, claimed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="request_closed_with_a_disposition",
                condition=Q(stage="closed", closed_at__isnull=False, due_at=None)
                & ~Q(disposition="")
                | ~Q(stage="closed") & Q(closed_at=None, disposition="", due_at__isnull=False),
            ),
            models.CheckConstraint(
                name="request_promised_call_has_a_phone",
                condition=Q(promised_call_by=None) | ~Q(phone=""),
            ),
            models.CheckConstraint(
                name="request_set_aside_while_open",
                condition=Q(snoozed_until=None) | ~Q(stage="closed"),
            ),
            models.CheckConstraint(
                name="request_merged_ends_as_duplicate",
                condition=Q(merged_into=None)
                | Q(stage="closed", disposition="duplicate") & ~Q(merged_into=F("id")),
            ),
        ]
        triggers = REQUEST_TRIGGERS

    def __str__(self) -> str:
        return self.reference

    def save(self, *, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        """Store it, and its tokens with whatever they are made from."""
        if update_fields is None and (deferred := self.get_deferred_fields()):
            names = {each.name for each in self._meta.concrete_fields if not each.primary_key}
            update_fields = names - deferred
        if update_fields is not None and not SEARCHED_FIELDS.isdisjoint(update_fields):
            update_fields = {*update_fields, "search_tokens"}
        super().save(update_fields=update_fields, **options)

    @property
    def spoken_language(self) -> str | None:
        """The language that a counselor must speak; None where an interpreter of it is wanted."""
        name = get_language_info(self.language)["name"]
        return None if self.interpreter.startswith(name) else self.language

    def ask_for_interpreter(self) -> None:
        """Store that they have an interpreter of their language; what they wrote stays."""
        if self.spoken_language is not None:
            words = [get_language_info(self.language)["name"], self.interpreter]
            self.interpreter = ", ".join(filter(None, words))[:80]
            self.save(update_fields=["interpreter"])

    @property
    def open_due_at(self) -> datetime:
        """When staff act next; the database holds every open request to such a time."""
        if self.due_at is None:
            raise ValueError(f"Nothing is due of request {self.pk}.")
        return self.due_at

    @property
    def is_closed(self) -> bool:
        return self.stage == self.Stage.CLOSED

    @property
    def is_anonymized(self) -> bool:
        return self.anonymized_at is not None

    @property
    def name_used(self) -> str:
        """What staff read for a name: none is left once personal data was removed."""
        return str(REMOVED_NAME) if self.is_anonymized else self.preferred_name

    @property
    def needs_safety_answer(self) -> bool:
        return self.is_in_danger and self.safety_answered_at is None and not self.is_closed

    @property
    def is_snoozed(self) -> bool:
        """Whether staff put it off: whatever gives it another due time ends that."""
        return self.snoozed_until is not None and self.snoozed_until == self.due_at

    @property
    def is_for_someone_else(self) -> bool:
        return self.for_whom != self.ForWhom.SELF

    @property
    def is_for_loved_one(self) -> bool:
        return self.for_whom == self.ForWhom.LOVED_ONE

    @property
    def is_by_professional(self) -> bool:
        return self.for_whom == self.ForWhom.PROFESSIONAL

    @property
    def is_call_after_together(self) -> bool:
        """Whether the person may have left the professional by the time that we promise."""
        together, call_by = self.together_until, self.promised_call_by
        return together is not None and (call_by is None or call_by > together)

    def may_become(self, stage: str) -> bool:
        return stage in self.MAY_BECOME[self.Stage(self.stage)]

    def move_to(self, stage: str) -> None:
        """Change stage along MAY_BECOME, or refuse; the caller saves."""
        if not self.may_become(stage):
            raise MoveNotAllowed(
                _("%(old)s cannot become %(new)s.")
                % {"old": self.get_stage_display(), "new": self.Stage(stage).label}
            )
        self.stage = stage

    def standing_start(self) -> datetime | None:
        """When the one consultation starts that is scheduled or confirmed, or None."""
        return self.consultations.standing().values_list("starts_at", flat=True).first()

    def standing_consultation(self) -> "Consultation | None":
        """The one consultation that is scheduled or confirmed, or None."""
        return self.consultations.standing().select_related("counselor__user", "location").first()
