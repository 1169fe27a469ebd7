"""How a long text changes: in versions, of which the newest published one is read."""

from typing import Self, cast

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from .languages import LocalizedTextQuerySet, language_field


class VersionQuerySet(LocalizedTextQuerySet):
    def published(self) -> Self:
        """What stands on the site: the newest published version of each text."""
        return self.newest_of(Q(is_published=True)).filter(is_withdrawn=False)

    def newest(self) -> Self:
        """The newest version of each text, draft or not."""
        return self.newest_of(Q())

    def newest_of(self, condition: Q) -> Self:
        """Of each text, the newest version that meets a condition; more filters may follow."""
        model = cast("type[VersionedText]", self.model)
        same = {field: OuterRef(field) for field in model.TEXT_IDENTITY}
        newer = model._default_manager.filter(condition, version__gt=OuterRef("version"), **same)
        return self.filter(condition, ~Exists(newer))


class VersionedText(models.Model):
    """One version of a text in one language. Once published it never changes; a change is
    a draft with the next number, of which there is one at most."""

    # What the versions of one text share, and what an editor writes: both are named by the model.
    TEXT_IDENTITY: tuple[str, ...] = ("slug", "language")
    TEXT_FIELDS: tuple[str, ...] = ()

    language = language_field()
    version = models.PositiveSmallIntegerField(_("version"), default=1, editable=False)
    is_published = models.BooleanField(_("published"), default=False, editable=False)
    is_withdrawn = models.BooleanField(
        _("taken off the site"),
        default=False,
        editable=False,
        help_text=_("From this version on the text is not shown."),
    )
    changed_at = models.DateTimeField(_("changed"), auto_now=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("changed by"),
    )
    published_at = models.DateTimeField(_("published at"), null=True, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("published by"),
    )

    objects = VersionQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def key(self) -> dict:
        """What every version of this text has in common."""
        return {field: getattr(self, field) for field in self.TEXT_IDENTITY}

    @property
    def versions(self) -> VersionQuerySet:
        """All versions of this text, the newest first."""
        return type(self).objects.filter(**self.key).order_by("-version")


def version_constraints(model: str, key: tuple[str, ...] = VersionedText.TEXT_IDENTITY) -> list:
    """What Postgres holds every versioned table to; the model's name is in lower case."""
    return [
        models.UniqueConstraint(fields=[*key, "version"], name=f"{model}_version_once"),
        models.UniqueConstraint(
            fields=key, condition=Q(is_published=False), name=f"{model}_one_draft"
        ),
        models.CheckConstraint(
            condition=Q(is_published=True)
            | Q(published_at=None, published_by=None, is_withdrawn=False),
            name=f"{model}_draft_is_not_published_by_anyone",
        ),
    ]


def review_constraint(model: str) -> models.CheckConstraint:
    """Who reviewed a text and when belong together."""
    return models.CheckConstraint(
        condition=Q(reviewed_by="", reviewed_on=None)
        | (~Q(reviewed_by="") & Q(reviewed_on__isnull=False)),
        name=f"{model}_review_has_who_and_when",
        violation_error_message=_("Give both who reviewed this text and when."),
    )


def immutability_triggers(model: str) -> list:
    """Refuses to change or delete a version that was published."""
    return [
        pgtrigger.Protect(
            name=f"{model}_published_never_changes",
            operation=pgtrigger.Update | pgtrigger.Delete,
            condition=pgtrigger.Q(old__is_published=True),
        )
    ]


class ReviewedText(VersionedText):
    """A text that someone with a credential has read and found right."""

    reviewed_by = models.CharField(
        _("reviewed by"), max_length=120, blank=True, help_text=_("Name and credential.")
    )
    reviewed_on = models.DateField(_("reviewed on"), null=True, blank=True)

    class Meta:
        abstract = True
