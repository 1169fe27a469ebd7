"""What a director may change about emails: when they go, and what they say."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from admissions.append_only import forbid_truncate
from programs.models import LanguageField

from .messages import KindField


class MessageTemplateQuerySet(models.QuerySet["MessageTemplate"]):
    def newest(self, *, kind: str, language: str) -> "MessageTemplate | None":
        """The words in use for this kind in this language, or None where ours are."""
        newest = self.filter(kind=kind, language=language).order_by("-version").first()
        return None if newest is None or newest.is_built_in else newest

    def last_of_each(self) -> "MessageTemplateQuerySet":
        """The newest row of every kind and language, whoever's words it holds."""
        in_order = self.order_by("kind", "language", "-version").select_related("made_by")
        return in_order.distinct("kind", "language")


class MessageTemplate(models.Model):
    """One version of what one kind of email says in one language; a change is a new row."""

    kind = KindField()
    language = LanguageField()
    version = models.PositiveIntegerField()
    is_built_in = models.BooleanField(
        default=False, help_text=_("From here on, the words that came with the site again.")
    )
    subject = models.CharField(_("subject"), max_length=120, blank=True)
    heading = models.CharField(_("heading"), max_length=120, blank=True)
    text = models.TextField(_("text"), max_length=2000, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)

    objects = MessageTemplateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "kind", "language", "version", name="message_template_version_once"
            ),
            models.CheckConstraint(
                name="message_template_says_something_unless_built_in",
                condition=Q(is_built_in=True, subject="", heading="", text="")
                | Q(is_built_in=False) & ~Q(subject="") & ~Q(heading="") & ~Q(text=""),
            ),
            models.CheckConstraint(
                name="message_template_counts_from_one", condition=Q(version__gte=1)
            ),
            models.CheckConstraint(
                name="message_template_is_for_requesters", condition=~Q(kind__startswith="staff_")
            ),
            models.CheckConstraint(
                name="message_template_subject_and_heading_are_one_line",
                condition=~Q(subject__regex=r"[\n\r]") & ~Q(heading__regex=r"[\n\r]"),
            ),
            models.CheckConstraint(
                name="message_template_holds_no_markup",
                condition=~(
                    Q(subject__contains="<") | Q(heading__contains="<") | Q(text__contains="<")
                ),
            ),
            models.CheckConstraint(
                name="message_template_text_has_an_end",
                condition=LessThanOrEqual(Length("text"), 2000),
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="message_template_is_permanent", operation=pgtrigger.Update | pgtrigger.Delete
            ),
            forbid_truncate("message_template_is_never_emptied"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.language}, {self.version})"
