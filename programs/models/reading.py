"""What people read: questions, articles, and the pages that the law asks for."""

from datetime import date

import pgtrigger
from django.db import models, transaction
from django.db.models import Max, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .wording import TextQuerySet, language_field


class PublishedTextQuerySet(TextQuerySet):
    def published(self):
        return self.filter(is_published=True)


class Question(models.Model):
    """A question that people ask, and its answer, in one language."""

    TEXT_KEY = "slug"

    slug = models.SlugField(_("short name"), help_text=_("The same in every language."))
    language = language_field()
    question = models.CharField(_("question"), max_length=160)
    answer = models.TextField(_("answer"), help_text=_("Markdown. Reading level: grade 6 to 8."))
    sort_order = models.PositiveSmallIntegerField(_("order"), default=0)
    is_on_home = models.BooleanField(_("on the home page"), default=False)
    is_published = models.BooleanField(_("published"), default=False)

    objects = PublishedTextQuerySet.as_manager()

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["sort_order", "slug"]
        constraints = [
            models.UniqueConstraint(fields=["slug", "language"], name="question_once_per_language")
        ]

    def __str__(self):
        return self.question


class Article(models.Model):
    """Something to learn from, in one language."""

    TEXT_KEY = "slug"

    slug = models.SlugField(_("address"), help_text=_("/learn/<address>/, in every language."))
    language = language_field()
    title = models.CharField(_("title"), max_length=120)
    summary = models.CharField(
        _("summary"), max_length=300, help_text=_("In the list, and for search engines.")
    )
    body = models.TextField(_("text"), help_text=_("Markdown. Reading level: grade 6 to 8."))
    reviewed_by = models.CharField(
        _("reviewed by"), max_length=120, blank=True, help_text=_("Name and credential.")
    )
    reviewed_on = models.DateField(_("reviewed on"), null=True, blank=True)
    changed_at = models.DateTimeField(_("changed"), auto_now=True)
    sort_order = models.PositiveSmallIntegerField(_("order"), default=0)
    is_published = models.BooleanField(_("published"), default=False)

    objects = PublishedTextQuerySet.as_manager()

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        ordering = ["sort_order", "slug"]
        constraints = [
            models.UniqueConstraint(fields=["slug", "language"], name="article_once_per_language"),
            models.CheckConstraint(
                condition=Q(reviewed_by="", reviewed_on=None)
                | (~Q(reviewed_by="") & Q(reviewed_on__isnull=False)),
                name="article_review_has_who_and_when",
                violation_error_message=_("Give both who reviewed the article and when."),
            ),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("programs:article", args=[self.slug])


class PageQuerySet(TextQuerySet):
    def in_force(self, on: date):
        """The newest published version of each page and language, in effect on a day."""
        return (
            self.filter(is_published=True, effective_on__lte=on)
            .order_by("slug", "language", "-version")
            .distinct("slug", "language")
        )


class Page(models.Model):
    """One version of a legal page in one language; once published it never changes."""

    TEXT_KEY = "slug"

    slug = models.SlugField(_("address"), help_text=_("/about/<address>/, in every language."))
    language = language_field()
    version = models.PositiveSmallIntegerField(_("version"), default=1, editable=False)
    title = models.CharField(_("title"), max_length=120)
    summary = models.CharField(_("summary"), max_length=300)
    body = models.TextField(
        _("text"),
        help_text=_("Markdown. Saving a published page makes a new version; the old one stays."),
    )
    effective_on = models.DateField(_("in effect from"))
    sort_order = models.PositiveSmallIntegerField(_("order in the foot"), default=0)
    is_published = models.BooleanField(_("published"), default=False)

    objects = PageQuerySet.as_manager()

    class Meta:
        verbose_name = _("page")
        verbose_name_plural = _("pages")
        ordering = ["sort_order", "slug", "language", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["slug", "language", "version"], name="page_version_once"
            )
        ]
        triggers = [
            pgtrigger.Protect(
                name="page_published_never_changes",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__is_published=True),
            )
        ]

    def __str__(self):
        return f"{self.title}, version {self.version}"

    @transaction.atomic
    def save(self, *args, **kwargs):
        """Save a draft in place; turn a change of a published version into the next one."""
        stored = Page.objects.select_for_update().filter(pk=self.pk).first()
        if stored is None or not stored.is_published:
            return super().save(*args, **kwargs)

        newest = Page.objects.filter(slug=stored.slug, language=stored.language)
        self.slug, self.language = stored.slug, stored.language
        self.version = newest.aggregate(Max("version"))["version__max"] + 1
        self.pk, self._state.adding = None, True
        return super().save(force_insert=True)

    def get_absolute_url(self):
        return reverse("programs:page", args=[self.slug])
