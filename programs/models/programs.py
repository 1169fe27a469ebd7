"""The care itself: levels, programs, and how they compare."""

from typing import Self

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class LevelOfCare(models.Model):
    """A level of care as a scheme names it: the ASAM Criteria, 4th edition, or DHCS."""

    class Scheme(models.TextChoices):
        ASAM4 = "ASAM4", _("ASAM Criteria, 4th edition")
        DHCS = "DHCS", _("DHCS designation")

    scheme = models.CharField(_("scheme"), max_length=10, choices=Scheme)
    code = models.CharField(_("code"), max_length=10)
    name = models.CharField(_("name"), max_length=100)
    usual_intensity = models.CharField(_("usual intensity"), max_length=100, blank=True)
    is_offered_here = models.BooleanField(_("offered here"), default=False)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("level of care")
        verbose_name_plural = _("levels of care")
        ordering = ["scheme", "code"]
        constraints = [
            models.UniqueConstraint(fields=["scheme", "code"], name="level_of_care_code_once")
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class ProgramQuerySet(models.QuerySet):
    def published(self) -> Self:
        return self.filter(is_published=True)


class Program(models.Model):
    """What the center offers: a program, or a path that joins two."""

    slug = models.SlugField(_("address"), unique=True, help_text=_("/programs/<address>/"))
    name = models.CharField(_("name"), max_length=80)
    level_of_care = models.ForeignKey(
        LevelOfCare,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="programs",
        verbose_name=_("level of care"),
    )
    is_path = models.BooleanField(
        _("path"), default=False, help_text=_("Joins programs, as IOP after residential does.")
    )
    tag = models.CharField(_("tag"), max_length=40, help_text=_("“Live at home”"))
    summary = models.CharField(
        _("summary"), max_length=300, help_text=_("On the cards, and for search engines.")
    )
    lede = models.CharField(
        _("opening"), max_length=400, help_text=_("Under the title of the program's page.")
    )
    link_text = models.CharField(_("link text"), max_length=60, help_text=_("“How IOP works”"))
    schedule_caption = models.CharField(
        _("timetable caption"), max_length=160, blank=True, help_text=_("“An example week”")
    )
    sort_order = models.PositiveSmallIntegerField(_("order"), default=0)
    is_published = models.BooleanField(_("published"), default=False)

    objects = ProgramQuerySet.as_manager()

    class Meta:
        verbose_name = _("program")
        verbose_name_plural = _("programs")
        ordering = ["sort_order", "name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("programs:program", args=[self.slug])


class ScheduleRow(models.Model):
    """One line of a program's example week or day."""

    program = models.ForeignKey(
        Program, models.CASCADE, related_name="schedule", verbose_name=_("program")
    )
    sort_order = models.PositiveSmallIntegerField(_("order"))
    label = models.CharField(_("day or hour"), max_length=40)
    times = models.CharField(
        _("times"), max_length=80, blank=True, help_text=_("Only for a week: 9 am to 12 pm.")
    )
    activity = models.CharField(_("what happens"), max_length=200)

    class Meta:
        verbose_name = _("timetable row")
        verbose_name_plural = _("timetable rows")
        ordering = ["sort_order"]
        constraints = [
            models.UniqueConstraint(
                fields=["program", "sort_order"], name="schedule_row_order_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.label}: {self.activity}"


class ComparisonRow(models.Model):
    """One question by which the programs are compared."""

    slug = models.SlugField(_("short name"), unique=True)
    label = models.CharField(_("label"), max_length=80)
    sort_order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("comparison row")
        verbose_name_plural = _("comparison rows")
        ordering = ["sort_order", "slug"]

    def __str__(self) -> str:
        return self.label

    def answers(self, programs: list[Program]) -> list[tuple[Program, str]]:
        """Each program with its cell's text, empty where an editor has left it out."""
        texts = {cell.program_id: cell.text for cell in self.cells.all()}
        return [(program, texts.get(program.pk, "")) for program in programs]


class ComparisonCell(models.Model):
    """What one program answers to one comparison row."""

    row = models.ForeignKey(
        ComparisonRow, models.CASCADE, related_name="cells", verbose_name=_("row")
    )
    program = models.ForeignKey(
        Program, models.CASCADE, related_name="comparison_cells", verbose_name=_("program")
    )
    text = models.CharField(_("text"), max_length=300)

    class Meta:
        verbose_name = _("comparison cell")
        verbose_name_plural = _("comparison cells")
        ordering = ["program__sort_order"]
        constraints = [
            models.UniqueConstraint(fields=["row", "program"], name="comparison_cell_once")
        ]

    def __str__(self) -> str:
        return self.text
