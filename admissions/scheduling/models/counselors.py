"""How consultations are offered, and who can hold them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from programs.models import LanguageField, Location


class Mode(models.TextChoices):
    PHONE = "phone", _("Phone")
    VIDEO = "video", _("Video")
    IN_PERSON = "in_person", _("In person")


class ModeRules(models.Model):
    """How consultations of one mode are offered; all durations in minutes."""

    MAX_HORIZON_DAYS = 90

    mode = models.CharField(max_length=20, choices=Mode, primary_key=True)
    length = models.PositiveSmallIntegerField(default=45, help_text=_("Minutes of conversation."))
    buffer_before = models.PositiveSmallIntegerField(
        default=0, help_text=_("Minutes kept free before it.")
    )
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
    move_until = models.PositiveSmallIntegerField(
        default=0, help_text=_("Minutes before the start until which the requester may move it.")
    )
    cancel_until = models.PositiveSmallIntegerField(
        default=0, help_text=_("Minutes before the start until which the requester may cancel it.")
    )

    class Meta:
        verbose_name = verbose_name_plural = _("rules per mode")
        constraints = [
            models.CheckConstraint(
                name="mode_rules_have_length_and_grid",
                condition=Q(length__gt=0, start_grid__gte=5, horizon__lte=90),
            ),
            models.CheckConstraint(
                name="mode_rules_hold_hours_not_days",
                condition=Q(length__lte=480, buffer_before__lte=480, buffer_after__lte=480),
                violation_error_message=_("Length and buffers are at most 480 minutes each."),
            ),
        ]

    def __str__(self) -> str:
        return self.get_mode_display()

    @property
    def horizon_duration(self) -> timedelta:
        """How far ahead this mode is offered."""
        return timedelta(days=self.horizon)

    def start_bounds(self, now: datetime) -> tuple[datetime, datetime]:
        """The first and the last moment at which what is booked now may start."""
        return now + timedelta(minutes=self.minimum_notice), now + self.horizon_duration

    def held_bounds(self, start: datetime) -> tuple[datetime, datetime]:
        """From the buffer before a consultation that starts then to the one after it."""
        before, after = self.buffer_before, self.length + self.buffer_after
        return start - timedelta(minutes=before), start + timedelta(minutes=after)

    def may_move(self, start: datetime, *, now: datetime) -> bool:
        """Whether a requester may still move what starts then."""
        return now < start - timedelta(minutes=self.move_until)

    def may_cancel(self, start: datetime, *, now: datetime) -> bool:
        """Whether a requester may still cancel what starts then."""
        return now < start - timedelta(minutes=self.cancel_until)


class Counselor(models.Model):
    """A staff user who holds admissions consultations."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="counselor")
    public_name = models.CharField(
        max_length=40, help_text=_("The first name that requesters are told.")
    )
    languages = ArrayField(LanguageField(), default=list)
    modes = ArrayField(models.CharField(max_length=20, choices=Mode), default=list)
    meeting_link = models.URLField(blank=True, help_text=_("Their own video room, sent by email."))
    location = models.ForeignKey(Location, models.PROTECT, related_name="counselors")
    is_taking_consultations = models.BooleanField(default=True)
    daily_cap = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text=_("The most consultations that stand on one day. Empty: no limit."),
    )
    share = models.PositiveSmallIntegerField(
        default=100, help_text=_("Percent of a full load, 10 to 200: 50 gets half as many.")
    )

    class Meta:
        permissions = [("hand_over", _("Can hand over the consultations of any counselor"))]
        constraints = [
            models.CheckConstraint(
                name="counselor_share_is_between_10_and_200",
                condition=Q(share__gte=10, share__lte=200),
                violation_error_message=_("The share must be from 10 to 200 percent."),
            ),
            models.CheckConstraint(
                name="counselor_daily_cap_is_at_least_one",
                condition=Q(daily_cap__gte=1),
                violation_error_message=_("The daily cap must be at least 1, or empty."),
            ),
            models.CheckConstraint(
                name="counselor_with_video_has_a_link",
                condition=~Q(modes__contains=["video"]) | ~Q(meeting_link=""),
                violation_error_message=_("Video needs a meeting link."),
            ),
        ]

    def __str__(self) -> str:
        return self.public_name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.location.time_zone)

    def location_id_at(self, at: datetime, mode: str) -> int:
        """The id of the location where they are then: that of their hours, or their own."""
        if mode != Mode.IN_PERSON:
            return self.location_id
        local = at.astimezone(self.zone)
        hours = [each for each in self.weekly_hours.all() if each.applies_on(local.date(), mode)]
        here = [each for each in hours if each.covers(local.time())]
        return next((each.location_id for each in here if each.location_id), self.location_id)
