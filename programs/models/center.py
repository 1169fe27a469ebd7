"""Who the center is: its address and its papers."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField


def validate_time_zone(name: str) -> None:
    """Refuse a zone that the IANA database does not name."""
    if name not in available_timezones():
        raise ValidationError(_("%(name)s is not a time zone."), params={"name": name})


class TimeZoneField(models.CharField):
    """The name of a time zone; a plain CharField to migrations, which import no code of ours."""

    default_validators = [validate_time_zone]

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, _path, args, options = super().deconstruct()
        return name, "django.db.models.CharField", args, options


class Facility(models.Model):
    """The center itself: one row, whose facts every page shows."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    name = models.CharField(_("name"), max_length=100)
    promise = models.CharField(
        _("promise"), max_length=200, help_text=_("The first line of the home page.")
    )
    summary = models.CharField(
        _("summary"), max_length=300, help_text=_("One sentence, in the foot of every page.")
    )
    admissions_line = PhoneNumberField(
        _("admissions line"),
        help_text=_("Every page shows it. Who answers at night stands under After hours."),
    )
    office_phone = PhoneNumberField(
        _("office phone"),
        blank=True,
        help_text=_("For jobs, vendors and press, in the foot: it keeps the admissions line free."),
    )
    office_email = models.EmailField(
        _("office email"), blank=True, help_text=_("For jobs, vendors and press, in the foot.")
    )
    status_check_url = models.URLField(
        _("status check address"),
        help_text=_("The state's list of actions against programs (H&S 11831.5), in the foot."),
    )
    video_note = models.CharField(
        _("video: what it takes"),
        max_length=300,
        blank=True,
        default="",
        db_default="",
        help_text=_("Which app, or none, and how captions are turned on. Told for a video talk."),
    )
    copyright_from = models.PositiveSmallIntegerField(_("copyright from year"), default=2022)

    class Meta:
        verbose_name = _("facility")
        verbose_name_plural = _("facility")
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="facility_only_one")]

    def __str__(self) -> str:
        return self.name

    @property
    def has_office_line(self) -> bool:
        """Whether those who seek no care have a way of their own to reach the center."""
        return bool(self.office_phone or self.office_email)


class SocialLink(models.Model):
    """A page of the center elsewhere, linked in the foot."""

    name = models.CharField(_("name"), max_length=40, unique=True)
    url = models.URLField(_("address"), blank=True)
    sort_order = models.PositiveSmallIntegerField(_("order"), default=0)
    is_shown = models.BooleanField(_("shown"), default=False)

    class Meta:
        verbose_name = _("social link")
        verbose_name_plural = _("social links")
        ordering = ["sort_order", "name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(is_shown=False) | ~models.Q(url=""),
                name="social_link_shown_has_address",
                violation_error_message=_("Give the address before you show the link."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class LocationQuerySet(models.QuerySet):
    def open(self) -> Self:
        return self.filter(is_open=True)


class Location(models.Model):
    """A place where the center sees people, and the clock on its wall."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    street_address = models.CharField(_("street address"), max_length=120)
    city = models.CharField(_("city"), max_length=60)
    state = models.CharField(_("state"), max_length=2, default="CA")
    postal_code = models.CharField(_("ZIP code"), max_length=10)
    time_zone = TimeZoneField(
        _("time zone"),
        max_length=50,
        default="America/Los_Angeles",
        help_text=_("IANA name, as in America/Los_Angeles. Consultations are held by it."),
    )
    arrival_note = models.CharField(
        _("arrival"),
        max_length=300,
        blank=True,
        help_text=_("Told to people who come in person."),
    )
    entrance_note = models.CharField(
        _("door"),
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text=_("Which door, which floor, where to ring. Told to people who come in person."),
    )
    access_note = models.CharField(
        _("stairs and step-free access"),
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text=_("Only what is so: a ramp, an elevator, how many steps."),
    )
    parking_note = models.CharField(
        _("parking and transit"), max_length=200, blank=True, default="", db_default=""
    )
    sort_order = models.PositiveSmallIntegerField(_("order"), default=0)
    is_open = models.BooleanField(_("open"), default=True)

    objects = LocationQuerySet.as_manager()

    class Meta:
        verbose_name = _("location")
        verbose_name_plural = _("locations")
        ordering = ["sort_order", "name"]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def address(self) -> str:
        """The address on one line."""
        return f"{self.street_address}, {self.city}, {self.state} {self.postal_code}"


class CredentialQuerySet(models.QuerySet):
    def shown(self) -> Self:
        return self.filter(is_shown=True)

    def expiring(self, on: date) -> Self:
        """Shown credentials that staff must be warned of on a day, the most urgent first."""
        return (
            self.shown()
            .filter(expires_on__lte=on + timedelta(days=Credential.WARNING_DAYS[0]))
            .order_by("expires_on")
        )


class Credential(models.Model):
    """A state license or certification, shown in the foot as H&S 11831.12 asks."""

    class Kind(models.TextChoices):
        LICENSED = "licensed", _("Licensed")
        CERTIFIED = "certified", _("Certified")

    # The law gives the words; they are not to be reworded.
    PHRASES = {
        Kind.LICENSED: "Licensed by the State Department of Health Care Services.",
        Kind.CERTIFIED: "Certified by the State Department of Health Care Services.",
    }
    WARNING_DAYS = (90, 30, 0)

    kind = models.CharField(
        _("kind"),
        max_length=10,
        choices=Kind,
        help_text=_("A residential facility is licensed; an outpatient program is certified."),
    )
    number = models.CharField(_("number"), max_length=30)
    location = models.ForeignKey(
        Location, models.PROTECT, related_name="credentials", verbose_name=_("location")
    )
    expires_on = models.DateField(_("expires on"))
    verify_url = models.URLField(
        _("verify address"), help_text=_("The state's page that lists this number and its expiry.")
    )
    is_shown = models.BooleanField(_("shown"), default=True)

    objects = CredentialQuerySet.as_manager()

    class Meta:
        verbose_name = _("credential")
        verbose_name_plural = _("credentials")
        ordering = ["kind", "number"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "number"], name="credential_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"

    @property
    def phrase(self) -> str:
        return self.PHRASES[self.Kind(self.kind)]

    @property
    def is_past(self) -> bool:
        """Whether the expiry day is over, by the clock of the location."""
        return self.days_left(timezone.localdate(timezone=self.location.zone)) < 0

    def days_left(self, on: date) -> int:
        """Days from a day to the expiry; negative once it is over."""
        return (self.expires_on - on).days

    def warning(self, on: date) -> int | None:
        """The narrowest warning reached on a day: 90, 30 or 0 days left, or none yet."""
        reached = [days for days in self.WARNING_DAYS if self.days_left(on) <= days]
        return min(reached, default=None)


class MembershipQuerySet(models.QuerySet):
    def current(self, on: date) -> Self:
        """Memberships that may be shown on a day: none is claimed past its expiry."""
        return self.filter(is_shown=True, expires_on__gte=on)


class Membership(models.Model):
    """A body that the center belongs to, shown only while the membership is current."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    url = models.URLField(_("address"), blank=True)
    expires_on = models.DateField(
        _("expires on"), help_text=_("The day after, the site stops showing it.")
    )
    sort_order = models.PositiveSmallIntegerField(_("order"), default=0)
    is_shown = models.BooleanField(_("shown"), default=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["sort_order", "name"]

    def __str__(self) -> str:
        return self.name
