"""How often the public pages were opened: numbers of a day, and nobody in them."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class VisitCount(models.Model):
    """Pages of one kind in one language, on one day of the centre; not who opened them."""

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
    opened = models.PositiveIntegerField()
    # Of these, opened from elsewhere: so a visit to the site begins.
    arrived = models.PositiveIntegerField()

    class Meta:
        ordering = ["day", "page", "language"]
        constraints = [
            models.UniqueConstraint("day", "page", "language", name="visit_count_once"),
            models.CheckConstraint(
                condition=Q(arrived__lte=F("opened")), name="visit_count_arrived_of_opened"
            ),
        ]

    def __str__(self):
        return f"{self.day} {self.page} {self.language}"
