"""How often the public pages were viewed: numbers of a day, and nobody in them."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class PageViewCount(models.Model):
    """Pages of one kind in one language, on one day of the center; not who views them."""

    class Page(models.TextChoices):
        HOME = "home", _("Home")
        PROGRAMS = "programs", _("Programs")
        LEARN = "learn", _("Articles and questions")
        GUIDE = "guide", _("Which program?")
        HELP = "help", _("Get help")
        ABOUT = "about", _("Other pages")
        TIMES = "times", _("Times to talk")
        FORM = "form", _("A form to book or be called")

    day = models.DateField()
    page = models.CharField(max_length=8, choices=Page.choices)
    language = models.CharField(max_length=8)
    views = models.PositiveIntegerField()
    # Of these, views from elsewhere: so a visit to the site begins.
    entrances = models.PositiveIntegerField()

    class Meta:
        ordering = ["day", "page", "language"]
        constraints = [
            models.UniqueConstraint("day", "page", "language", name="page_view_count_once"),
            models.CheckConstraint(
                condition=Q(entrances__lte=F("views")),
                name="page_view_count_entrances_are_views",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.page} {self.language}"
