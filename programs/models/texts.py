"""What people read: questions, articles, programs, and the pages that the law asks for."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from .programs import Program
from .versions import (
    ReviewedText,
    VersionedText,
    VersionQuerySet,
    immutability_triggers,
    review_constraint,
    version_constraints,
)

READING_LEVEL_HELP = _("Markdown. Reading level: grade 6 to 8.")


class Question(VersionedText):
    """A question that people ask, and its answer, in one language."""

    TEXT_KEY = "slug"
    TEXT_FIELDS = ("question", "answer")

    slug = models.SlugField(_("short name"), help_text=_("The same in every language."))
    question = models.CharField(_("question"), max_length=160)
    answer = models.TextField(_("answer"), help_text=READING_LEVEL_HELP)
    sort_order = models.PositiveSmallIntegerField(_("order"), default=0)
    is_on_home = models.BooleanField(_("on the home page"), default=False)
    is_open = False  # unfolded, as a preview shows it

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["sort_order", "slug", "language", "-version"]
        constraints = version_constraints("question")
        triggers = immutability_triggers("question")

    def __str__(self) -> str:
        return self.question

    def get_absolute_url(self) -> str:
        return f"{reverse('programs:learn')}#{self.slug}"


class Article(ReviewedText):
    """Something to learn from, in one language."""

    TEXT_KEY = "slug"
    TEXT_FIELDS = ("title", "summary", "body")

    slug = models.SlugField(_("address"), help_text=_("/learn/<address>/, in every language."))
    title = models.CharField(_("title"), max_length=120)
    summary = models.CharField(
        _("summary"), max_length=300, help_text=_("In the list, and for search engines.")
    )
    body = models.TextField(_("text"), help_text=READING_LEVEL_HELP)
    sort_order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        ordering = ["sort_order", "slug", "language", "-version"]
        constraints = [*version_constraints("article"), review_constraint("article")]
        triggers = immutability_triggers("article")

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("programs:article", args=[self.slug])


class Section(NamedTuple):
    """One headed part of a program's page."""

    heading: str
    body: str

    @property
    def anchor(self) -> str:
        return slugify(self.heading)


def split_sections(body: str) -> list[Section]:
    """Markdown as its parts, each of which a `##` heading begins."""
    parts = ("\n" + body.replace("\r\n", "\n")).split("\n## ")[1:]
    split = [part.partition("\n") for part in parts]
    return [Section(heading.strip(), text.strip()) for heading, _line, text in split]


def validate_sections(body: str) -> None:
    """Refuse what would be lost before the first heading, and a heading that stands twice."""
    headings = [section.anchor for section in split_sections(body)]
    if not body.lstrip().startswith("## "):
        raise ValidationError(_("Begin with a heading: “## What a week looks like”."))
    if len(set(headings)) < len(headings):
        raise ValidationError(_("Two parts have the same heading. Give each its own."))


class HeadedTextField(models.TextField):
    """A text of headed parts; a plain TextField to migrations, which import no code of ours."""

    default_validators = [validate_sections]

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, _path, args, options = super().deconstruct()
        return name, "django.db.models.TextField", args, options


class ProgramText(ReviewedText):
    """What a program's page says, in one language: parts, each under its heading."""

    TEXT_IDENTITY = ("program_id", "language")
    TEXT_KEY = "program_id"
    TEXT_FIELDS = ("body",)

    program = models.ForeignKey(
        Program, models.PROTECT, related_name="texts", verbose_name=_("program")
    )
    body = HeadedTextField(
        _("text"),
        help_text=_("Markdown. Each ## heading begins a part. Reading level: grade 6 to 8."),
    )

    class Meta:
        verbose_name = _("program's text")
        verbose_name_plural = _("programs' texts")
        ordering = ["program__sort_order", "program", "language", "-version"]
        constraints = [
            *version_constraints("program_text", ("program", "language")),
            review_constraint("program_text"),
        ]
        triggers = immutability_triggers("program_text")

    def __str__(self) -> str:
        return self.program.name

    @property
    def sections(self) -> list[Section]:
        return split_sections(self.body)

    def get_absolute_url(self) -> str:
        return self.program.get_absolute_url()


class PageQuerySet(VersionQuerySet):
    def published(self) -> Self:
        return self.in_force(on=timezone.localdate())

    def in_force(self, on: date) -> Self:
        """The newest published version of each page and language, in effect on a day."""
        begun = Q(is_published=True, effective_on__lte=on)
        return self.newest_of(begun).filter(is_withdrawn=False)


class Page(ReviewedText):
    """One version of a legal page in one language."""

    TEXT_KEY = "slug"
    TEXT_FIELDS = ("title", "summary", "body")

    slug = models.SlugField(_("address"), help_text=_("/about/<address>/, in every language."))
    title = models.CharField(_("title"), max_length=120)
    summary = models.CharField(_("summary"), max_length=300)
    body = models.TextField(_("text"), help_text=_("Markdown."))
    effective_on = models.DateField(_("in effect from"))
    sort_order = models.PositiveSmallIntegerField(_("order in the foot"), default=0)

    # Django lets a model replace the manager that it inherits.
    objects = PageQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("page")
        verbose_name_plural = _("pages")
        ordering = ["sort_order", "slug", "language", "-version"]
        constraints = [*version_constraints("page"), review_constraint("page")]
        triggers = immutability_triggers("page")

    def __str__(self) -> str:
        return f"{self.title}, version {self.version}"

    def get_absolute_url(self) -> str:
        return reverse("programs:page", args=[self.slug])
