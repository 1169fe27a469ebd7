"""Who can hold consultations, and when."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext_lazy as _

from programs.models import Location


class Mode(models.TextChoices):
    PHONE = "phone", _("Phone")
    VIDEO = "video", _("Video")
    IN_PERSON = "in_person", _("In person")


class ModeRules(models.Model):
    """How consultations of one mode are offered; all durations in minutes."""

    FARTHEST_HORIZON = 90

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

    def __str__(self):
        return self.get_mode_display()

    @property
    def ahead(self):
        """How far ahead this mode is offered."""
        return timedelta(days=self.horizon)

    def offered(self, now):
        """The first and the last moment at which what is booked now may start."""
        notice, horizon = timedelta(minutes=self.minimum_notice), timedelta(days=self.horizon)
        return now + notice, now + horizon

    def held(self, start):
        """From the buffer before a consultation that starts then to the one after it."""
        before, after = self.buffer_before, self.length + self.buffer_after
        return start - timedelta(minutes=before), start + timedelta(minutes=after)

    def may_move(self, start, *, now):
        """Whether a requester may still move what starts then."""
        return now < start - timedelta(minutes=self.move_until)

    def may_cancel(self, start, *, now):
        """Whether a requester may still cancel what starts then."""
        return now < start - timedelta(minutes=self.cancel_until)


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

    def __str__(self):
        return self.public_name

    @property
    def zone(self):
        return ZoneInfo(self.location.time_zone)


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
    valid_from = models.DateField(null=True, blank=True, help_text=_("The first day they count."))
    valid_until = models.DateField(null=True, blank=True, help_text=_("The last day they count."))
    modes = ArrayField(
        models.CharField(max_length=20, choices=Mode),
        default=list,
        blank=True,
        help_text=_("None: every mode that the counselor takes."),
    )

    class Meta:
        verbose_name = verbose_name_plural = _("weekly hours")
        ordering = ["weekday", "opens"]
        constraints = [
            models.CheckConstraint(
                name="weekly_hours_end_after_they_begin",
                condition=Q(valid_until__gte=F("valid_from")),
                violation_error_message=_("The last day must not be before the first day."),
            ),
            models.CheckConstraint(
                name="weekly_hours_close_after_opening",
                condition=Q(closes__gt=F("opens")),
                violation_error_message=_("Closing time must be after opening time."),
            ),
        ]

    def __str__(self):
        return f"{self.get_weekday_display()} {self.opens:%H:%M} to {self.closes:%H:%M}"

    @property
    def day_name(self):
        return self.get_weekday_display()

    def count_on(self, day, mode):
        """Whether these hours count on this local date for this mode."""
        return (
            self.weekday == day.weekday()
            and (self.valid_from is None or self.valid_from <= day)
            and (self.valid_until is None or day <= self.valid_until)
            and (not self.modes or mode in self.modes)
        )

    def overlap(self, other):
        """Whether some mode has both hours at one moment of some day."""
        return (
            self.weekday == other.weekday
            and self.opens < other.closes
            and other.opens < self.closes
            and (self.valid_from or date.min) <= (other.valid_until or date.max)
            and (other.valid_from or date.min) <= (self.valid_until or date.max)
            and (not self.modes or not other.modes or bool({*self.modes} & {*other.modes}))
        )


class ExtraHours(models.Model):
    """Local hours on one date, beside the weekly ones, for every mode the counselor takes."""

    counselor = models.ForeignKey(Counselor, models.CASCADE, related_name="extra_hours")
    on = models.DateField(_("date"))
    opens = models.TimeField()
    closes = models.TimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("extra hours")
        ordering = ["on", "opens"]
        indexes = [models.Index("on", name="extra_hours_by_date")]
        constraints = [
            models.CheckConstraint(
                name="extra_hours_close_after_opening",
                condition=Q(closes__gt=F("opens")),
                violation_error_message=_("Closing time must be after opening time."),
            )
        ]

    def __str__(self):
        return f"{self.on:%Y-%m-%d} {self.opens:%H:%M} to {self.closes:%H:%M}"

    @property
    def day_name(self):
        return date_format(self.on, _("l, F j"))

    def clean(self):
        """Refuse times that the clock skips on this date."""
        if self.on and self.counselor.location_id:
            for local in filter(None, [self.opens, self.closes]):
                if is_skipped(self.on, local, self.counselor.zone):
                    raise ValidationError(
                        _("The clocks change on %(day)s: %(time)s does not exist then."),
                        params={"day": self.day_name, "time": time_format(local)},
                    )

    def count_on(self, day, mode):
        """Whether these hours count on this local date; they do for any mode."""
        return self.on == day

    def overlap(self, other):
        """Whether both are open at one moment."""
        return self.on == other.on and self.opens < other.closes and other.opens < self.closes


def is_skipped(day: date, local: time, zone: ZoneInfo) -> bool:
    """Whether clocks in this zone jump over this local time on this date."""
    there = datetime.combine(day, local, tzinfo=zone)
    return there.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != there.replace(tzinfo=None)


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
