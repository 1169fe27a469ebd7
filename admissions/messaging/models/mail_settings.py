"""Where notices to staff go, and under which name discreet emails come: the director's to keep."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from admissions.messaging import disclosure
from programs.models import Facility


class MailSettingsQuerySet(models.QuerySet["MailSettings"]):
    def load(self) -> "MailSettings":
        """The one row, or what holds before there is one."""
        return self.first() or MailSettings()


class MailSettings(models.Model):
    """One row. Whoever writes it can silence an alarm or tell a bystander what we are."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    staff_email = models.EmailField(
        _("admissions email"),
        blank=True,
        help_text=_(
            "Where notices for staff go. Empty: to coordinators and directors. Never shown."
        ),
    )
    on_call_email = models.EmailField(
        _("on-call lead's email"),
        blank=True,
        help_text=_("Told when a promised call stays unanswered. Empty: the directors are."),
    )
    discreet_sender_name = models.CharField(
        _("discreet sender name"),
        max_length=60,
        blank=True,
        help_text=_(
            "The sender that a requester sees in an inbox others may read."
            " Empty: “Appointments”, in the language of the email."
        ),
    )

    objects = MailSettingsQuerySet.as_manager()

    class Meta:
        verbose_name = _("senders and alarms")
        verbose_name_plural = _("senders and alarms")
        default_permissions = ("view", "change")
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="mail_settings_only_one")
        ]

    def __str__(self) -> str:
        return "senders and alarms"

    def clean(self) -> None:
        """Refuse a sender that gives someone away, or that may be read as an address."""
        name = self.discreet_sender_name
        if telling := disclosure.find_revealing_words(name, Facility.objects.get().name):
            words = {"words": ", ".join(f"“{word}”" for word in telling)}
            message = _("Others may see this name. Leave out %(words)s.")
            raise ValidationError({"discreet_sender_name": message % words})
        if any(not each.isprintable() or each in '<>@"' for each in name):
            message = _('Leave out the signs < > @ " and what cannot be seen.')
            raise ValidationError({"discreet_sender_name": message})
