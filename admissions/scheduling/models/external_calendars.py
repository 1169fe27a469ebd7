"""When counselors are busy elsewhere, by calendars of their own; never with what or whom."""

from datetime import date, datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from admissions.encryption import EncryptedTextField

from .counselors import Counselor


class CalendarRefused(Exception):
    """A calendar could not be taken over; `reason` says why, in our own words only.

    `line` is the number of the line that could not be read, `event_on` the date of its event.
    """

    def __init__(
        self, reason: "RefusalReason", *, line: int | None = None, event_on: date | None = None
    ) -> None:
        super().__init__(reason)
        self.reason, self.line, self.event_on = reason, line, event_on


class RefusalReason(models.TextChoices):
    BAD_ADDRESS = "bad_address", _("This is no plain https address.")
    OURS = "ours", _("This address is our own, so it would only repeat our appointments.")
    NOT_PUBLIC = "not_public", _("The address leads to no public place on the internet.")
    UNREACHABLE = "unreachable", _("The other side did not answer.")
    CERTIFICATE = "certificate", _("The other side could not prove who it is.")
    ERROR = "error", _("The other side answered, but gave no calendar.")
    REDIRECTS = "redirects", _("The address leads on to too many others.")
    SLOW = "slow", _("The answer took too long.")
    LARGE = "large", _("The calendar is too large.")
    COMPRESSED = "compressed", _("The answer came compressed, and we do not unpack.")
    NO_CALENDAR = "no_calendar", _("What came is no whole calendar file.")
    BROKEN = "broken", _("An event in it could not be read.")
    ZONE = (
        "zone",
        _("An event in it names a time zone that we do not know."),
    )
    TOO_MUCH = "too_much", _("The calendar holds too many events to come.")


class ExternalCalendarQuerySet(models.QuerySet["ExternalCalendar"]):
    def due(self, *, now: datetime) -> Self:
        """What waits to be read, in nobody's hands, of counselors who still work here."""
        return self.filter(
            Q(lease_until=None) | Q(lease_until__lt=now),
            next_refresh_at__lte=now,
            counselor__user__is_active=True,
            counselor__user__is_staff=True,
        )


class ExternalCalendar(models.Model):
    """One calendar of a counselor's own: read from a file once, or from an address again and again.

    The address is a secret, as whoever knows it reads the calendar: it is encrypted, and no page,
    log line, task or audit event says more of it than its host. A file waits here, encrypted as
    well, until a worker has read it: what takes long to understand holds up no page.
    """

    Reason = RefusalReason

    class Kind(models.TextChoices):
        UPLOAD = "upload", _("File")
        ADDRESS = "address", _("Address")

    counselor = models.ForeignKey(Counselor, models.CASCADE, related_name="external_calendars")
    kind = models.CharField(max_length=10, choices=Kind)
    label = models.CharField(max_length=40)
    address = EncryptedTextField(blank=True)
    address_sha256 = models.CharField(max_length=64, blank=True)
    unread_file = EncryptedTextField(
        blank=True, help_text=_("Compressed, in base64, until it is read.")
    )
    added_at = models.DateTimeField(default=timezone.now)
    next_refresh_at = models.DateTimeField(null=True)
    lease = models.UUIDField(null=True, help_text=_("Which worker's turn has it in hand."))
    lease_until = models.DateTimeField(null=True)
    last_read_at = models.DateTimeField(null=True)
    last_reason = models.CharField(max_length=20, choices=Reason, blank=True)
    refused_line = models.PositiveIntegerField(
        null=True, help_text=_("Which line of the file could not be read, if it is known.")
    )
    refused_event_on = models.DateField(null=True, help_text=_("When the event of this line is."))
    failures = models.PositiveSmallIntegerField(default=0, help_text=_("In a row."))
    failing_since = models.DateTimeField(null=True)

    objects = ExternalCalendarQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        indexes = [models.Index("next_refresh_at", name="external_calendar_due")]
        constraints = [
            models.UniqueConstraint(
                "counselor",
                "address_sha256",
                name="external_calendar_address_once",
                condition=~Q(address_sha256=""),
            ),
            models.CheckConstraint(
                name="external_calendar_falls_due_by_its_address",
                condition=Q(kind="upload", address_sha256="")
                | Q(kind="address", next_refresh_at__isnull=False) & ~Q(address_sha256=""),
            ),
            models.CheckConstraint(
                name="external_calendar_in_hand_has_a_lease",
                condition=Q(lease=None, lease_until=None)
                | Q(lease__isnull=False, lease_until__isnull=False),
            ),
            models.CheckConstraint(
                name="external_calendar_failing_says_why",
                condition=Q(
                    failures=0,
                    last_reason="",
                    failing_since=None,
                    refused_line=None,
                    refused_event_on=None,
                )
                | Q(failures__gt=0, failing_since__isnull=False) & ~Q(last_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"outside calendar {self.pk}"

    @property
    def is_unread(self) -> bool:
        """Whether a worker has yet to read the file, or the address for the first time."""
        return self.last_read_at is None and not self.failures

    @property
    def is_by_address(self) -> bool:
        return self.kind == self.Kind.ADDRESS


class BusyTime(models.Model):
    """Time in which a counselor is busy elsewhere: a start and an end, and nothing else."""

    external_calendar = models.ForeignKey(
        ExternalCalendar, models.CASCADE, related_name="busy_times"
    )
    counselor = models.ForeignKey(Counselor, models.CASCADE, related_name="busy_times")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        indexes = [models.Index("counselor", "starts_at", name="busy_time_by_counselor")]
        constraints = [
            models.CheckConstraint(
                name="busy_time_ends_after_start", condition=Q(ends_at__gt=F("starts_at"))
            )
        ]

    def __str__(self) -> str:
        return f"busy time {self.pk}"
