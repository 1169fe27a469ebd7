"""Who answers the admissions line when no counselor has hours at the phones: the director says."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from programs.models import LanguageField


class AfterHoursQuerySet(models.QuerySet["AfterHours"]):
    def load(self) -> "AfterHours":
        """The one row, or what holds before there is one: nobody answers."""
        return self.first() or AfterHours()


class AfterHours(models.Model):
    """One row, which every page and letter reads. A new site claims nobody it does not know of."""

    class AnsweredBy(models.TextChoices):
        NOBODY = "nobody", _("Nobody")
        SERVICE = "service", _("An answering service")
        ON_CALL = "on_call", _("Someone on call")

    class Task(models.TextChoices):
        """What those who answer can do; each can do what stands before it, too."""

        MESSAGE = "message", _("Take a message, nothing else")
        PROMISE = "promise", _("Promise when we call back")
        BOOK = "book", _("Book a time")

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    answered_by = models.CharField(
        _("who answers"),
        max_length=10,
        choices=AnsweredBy,
        default=AnsweredBy.NOBODY,
        help_text=_(
            "While no counselor has phone hours. Pages and emails say it within seconds. With"
            " nobody, they say when we answer again, and name the crisis lines."
        ),
    )
    task = models.CharField(
        _("what they can do"), max_length=10, choices=Task, blank=True, default=""
    )
    languages = ArrayField(LanguageField(), verbose_name=_("languages"), default=list, blank=True)
    otherwise = models.CharField(
        _("and while nobody is on the on-call rota"),
        max_length=10,
        choices=[(AnsweredBy.NOBODY, _("Nobody")), (AnsweredBy.SERVICE, AnsweredBy.SERVICE.label)],
        default=AnsweredBy.NOBODY,
        db_default="nobody",
        help_text=_(
            "Only with someone on call: pages say so while the rota names someone, and this"
            " while it does not."
        ),
    )

    objects = AfterHoursQuerySet.as_manager()

    class Meta:
        verbose_name = _("after hours")
        verbose_name_plural = _("after hours")
        default_permissions = ("view", "change")
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="after_hours_only_one"),
            models.CheckConstraint(
                condition=Q(answered_by="nobody", task="", languages__len=0)
                | (~Q(answered_by="nobody") & ~Q(task="") & Q(languages__len__gt=0)),
                name="after_hours_whoever_answers_can_do_something",
            ),
            models.CheckConstraint(
                condition=Q(otherwise="nobody") | Q(answered_by="on_call", otherwise="service"),
                name="after_hours_otherwise_only_with_a_rota",
            ),
        ]

    def __str__(self) -> str:
        return "after hours"

    @property
    def is_answered(self) -> bool:
        return self.answered_by != self.AnsweredBy.NOBODY

    @property
    def follows_rota(self) -> bool:
        """Whether it depends on the on-call rota who answers at a moment."""
        return self.answered_by == self.AnsweredBy.ON_CALL

    def clean(self) -> None:
        """Whoever answers speaks a language and can do something; nobody can do nothing."""
        if not self.follows_rota:
            self.otherwise = self.AnsweredBy.NOBODY
        if not self.is_answered:
            self.task, self.languages = "", []
            return
        missing: dict[str, Any] = {}
        if not self.task:
            missing["task"] = _("Say what they can do for a caller.")
        if not self.languages:
            missing["languages"] = _("Say which languages they speak.")
        if missing:
            raise ValidationError(missing)
