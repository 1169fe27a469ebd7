"""The lists that staff come back to: a name for a queue and what narrows it."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from users.models import User


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def visible_to(self, user: User) -> Self:
        """Their own, and what a director shares with everyone."""
        return self.filter(Q(user=user) | Q(is_shared=True))


class SavedView(models.Model):
    """One list by its codes, never by what is known of a person."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=200, help_text=_("Codes as they stand in the address."))
    is_shared = models.BooleanField(default=False)
    saved_at = models.DateTimeField(default=timezone.now)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["-is_shared", "name", "pk"]
        permissions = [("share_savedview", _("Can share a saved list with everyone"))]
        constraints = [
            models.UniqueConstraint(fields=["user", "name"], name="saved_view_named_once")
        ]

    def __str__(self) -> str:
        return f"saved view {self.pk}"
