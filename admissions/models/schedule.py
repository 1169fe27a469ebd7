"""Who can hold consultations, and when."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from programs.models import Location


class Mode(models.TextChoices):
    PHONE = "phone", _("Phone")
    VIDEO = "video", _("Video")
    IN_PERSON = "in_person", _("In person")


class ModeRules(models.Model):
    """How consultations of one mode are offered; all durations in minutes."""

    mode = models.CharField(max_length=20, choices=Mode, primary_key=True)
    length = models.PositiveSmallIntegerField(default=45, help_text=_("Minutes of conversation."))
    buffer_after = models.PositiveSmallIntegerField(
        default=15, help_text=_("Minutes kept free after it.")
    )
    minimum_notice = models.PositiveSmallIntegerField(
        help_text=_("Minutes between booking and the earliest start.")
    )
    start_grid = models.PositiveSmallIntegerField(
        default=30, help_text=_("A consultation may start every so many minutes.")
    )
    horizon = models.PositiveSmallIntegerField(
        default=14, help_text=_("Days ahead that are offered.")
    )

    class Meta:
        verbose_name = verbose_name_plural = _("rules per mode")
        constraints = [
            models.CheckConstraint(
                name="mode_rules_have_length_and_grid",
                condition=Q(length__gt=0, start_grid__gte=5, horizon__lte=90),
            )
        ]

    def __str__(self):
        return self.get_mode_display()


class Counselor(models.Model):
    """A staff user who holds admissions consultations."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="counselor")
    public_name = models.CharField(
        max_length=40, help_text=_("The first name that requesters are told.")
    )
    languages = ArrayField(models.CharField(max_length=8, choices=settings.LANGUAGES), default=list)
    modes = ArrayField(models.CharField(max_length=20, choices=Mode), default=list)
    meeting_link = models.URLField(blank=True, help_text=_("Their own video room, sent by email."))
    location = models.ForeignKey(Location, models.PROTECT, related_name="counselors")
    is_taking_consultations = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="counselor_with_video_has_a_link",
                condition=~Q(modes__contains=["video"]) | ~Q(meeting_link=""),
                violation_error_message=_("Video needs a meeting link."),
            )
        ]

    def __str__(self):
        return self.public_name


class WeeklyHours(models.Model):
    """Local hours on one weekday, in the time zone of the counselor's location."""

    class Weekday(models.IntegerChoices):
        MONDAY = 0, _("Monday")
        TUESDAY = 1, _("Tuesday")
        WEDNESDAY = 2, _("Wednesday")
        THURSDAY = 3, _("Thursday")
        FRIDAY = 4, _("Friday")
        SATURDAY = 5, _("Saturday")
        SUNDAY = 6, _("Sunday")

    counselor = models.ForeignKey(Counselor, models.CASCADE, related_name="weekly_hours")
    weekday = models.PositiveSmallIntegerField(choices=Weekday)
    opens = models.TimeField()
    closes = models.TimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("weekly hours")
        ordering = ["weekday", "opens"]
        constraints = [
            models.CheckConstraint(
                name="weekly_hours_close_after_opening",
                condition=Q(closes__gt=F("opens")),
                violation_error_message=_("Closing time must be after opening time."),
            )
        ]

    def __str__(self):
        return f"{self.get_weekday_display()} {self.opens:%H:%M} to {self.closes:%H:%M}"


class Closure(models.Model):
    """Time in which one counselor, or the whole centre, holds no consultations."""

    counselor = models.ForeignKey(
        Counselor,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="closures",
        help_text=_("Empty closes the whole centre."),
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=80, blank=True, help_text=_("Only staff see this."))

    class Meta:
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(
                name="closure_ends_after_start",
                condition=Q(ends_at__gt=F("starts_at")),
                violation_error_message=_("The end must be after the start."),
            )
        ]

    def __str__(self):
        return f"{self.starts_at:%Y-%m-%d %H:%M} to {self.ends_at:%Y-%m-%d %H:%M}"
