"""When counselors can talk: weekly hours, extra hours, and closures."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, IntegerField, Q, Value
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext_lazy as _

from programs.models import Location

from .counselors import Counselor, Mode

# Days.
MAX_EXTRA_DAYS = 366
MIDNIGHT, DAY = time(0), timedelta(days=1)
CLOSES_AFTER_OPENING = Q(closes__gt=F("opens")) | Q(closes=MIDNIGHT)


class LocalHours:
    """Hours by the clock of a place. Midnight as their end is the one that ends their day."""

    # Times of day, in columns of each model.
    opens: Any
    closes: Any

    def closing_day(self, day: date) -> date:
        """The date on which hours of this day close: the next one for midnight."""
        return day + DAY if self.closes == MIDNIGHT else day

    def covers(self, local: time) -> bool:
        """Whether they are open at this time of their day."""
        return self.opens <= local and not self.closes_by(local)

    def closes_by(self, local: time) -> bool:
        """Whether they are over at this time of their day."""
        return self.closes != MIDNIGHT and self.closes <= local

    def meets_on_clock(self, other: Self) -> bool:
        """Whether both are open at one time of a day."""
        return not (other.closes_by(self.opens) or self.closes_by(other.opens))


class WeeklyHours(LocalHours, models.Model):
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
    location = models.ForeignKey(
        Location,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="weekly_hours",
        help_text=_("Where they see people then. Empty: their own location."),
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
                condition=CLOSES_AFTER_OPENING,
                violation_error_message=_("Closing time must be after opening time."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M} to {self.closes:%H:%M}"

    @property
    def day_name(self) -> str:
        return self.get_weekday_display()

    def applies_on(self, day: date, mode: str) -> bool:
        """Whether these hours count on this local date for this mode."""
        return (
            self.weekday == day.weekday()
            and (self.valid_from is None or self.valid_from <= day)
            and (self.valid_until is None or day <= self.valid_until)
            and (not self.modes or mode in self.modes)
        )

    def overlaps(self, other: Self) -> bool:
        """Whether some mode has both hours at one moment of some day."""
        return (
            self.weekday == other.weekday
            and self.meets_on_clock(other)
            and (self.valid_from or date.min) <= (other.valid_until or date.max)
            and (other.valid_from or date.min) <= (self.valid_until or date.max)
            and (not self.modes or not other.modes or bool({*self.modes} & {*other.modes}))
        )


class ExtraHoursQuerySet(models.QuerySet["ExtraHours"]):
    def between(self, first: date, last: date) -> Self:
        """Those that count on some date from first to last."""
        return self.filter(Q(until__gte=first) | Q(until=None, on__gte=first), on__lte=last)


class ExtraHours(LocalHours, models.Model):
    """Local hours on one date or several, beside the weekly ones, for every mode they take."""

    counselor = models.ForeignKey(Counselor, models.CASCADE, related_name="extra_hours")
    on = models.DateField(_("date"))
    until = models.DateField(
        _("last date"), null=True, blank=True, help_text=_("Empty: on the one date only.")
    )
    opens = models.TimeField()
    closes = models.TimeField()

    objects = ExtraHoursQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("extra hours")
        ordering = ["on", "opens"]
        indexes = [models.Index("on", name="extra_hours_by_date")]
        constraints = [
            models.CheckConstraint(
                name="extra_hours_close_after_opening",
                condition=CLOSES_AFTER_OPENING,
                violation_error_message=_("Closing time must be after opening time."),
            ),
            models.CheckConstraint(
                name="extra_hours_end_within_a_year",
                condition=Q(
                    until__gte=F("on"), until__lte=F("on") + Value(MAX_EXTRA_DAYS, IntegerField())
                ),
                violation_error_message=_(
                    "The last date must not be before the first, nor over a year after it."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.on:%Y-%m-%d} {self.opens:%H:%M} to {self.closes:%H:%M}"

    @property
    def day_name(self) -> str:
        return date_format(self.on, str(_("l, F j")))

    def clean(self) -> None:
        """Refuse times that the clock skips on one of these dates."""
        if not self.on or not self.counselor.location_id:
            return
        for day in self.dates:
            for on, local in [(day, self.opens), (self.closing_day(day), self.closes)]:
                if local and is_skipped_by_clock_change(on, local, self.counselor.zone):
                    raise ValidationError(
                        _("The clocks change on %(day)s: %(time)s does not exist then."),
                        params={
                            "day": date_format(on, str(_("l, F j"))),
                            "time": time_format(local),
                        },
                    )

    @property
    def last_date(self) -> date:
        """The last date on which they count."""
        return self.until or self.on

    @property
    def dates(self) -> list[date]:
        """The dates on which they count; at most a year, whatever was typed."""
        count = min((self.last_date - self.on).days, MAX_EXTRA_DAYS) + 1
        return [self.on + timedelta(days=n) for n in range(count)]

    def applies_on(self, day: date, mode: str) -> bool:
        """Whether these hours count on this local date; they do for any mode."""
        return self.on <= day <= self.last_date

    def overlaps(self, other: Self) -> bool:
        """Whether both are open at one moment of some date."""
        return (
            self.on <= other.last_date and other.on <= self.last_date and self.meets_on_clock(other)
        )


def is_skipped_by_clock_change(day: date, local: time, zone: ZoneInfo) -> bool:
    """Whether clocks in this zone jump over this local time on this date."""
    there = datetime.combine(day, local, tzinfo=zone)
    return there.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != there.replace(tzinfo=None)


class Closure(models.Model):
    """Time in which one counselor, or the whole center, holds no consultations."""

    counselor = models.ForeignKey(
        Counselor,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="closures",
        help_text=_("Empty closes the whole center."),
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

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} to {self.ends_at:%Y-%m-%d %H:%M}"
