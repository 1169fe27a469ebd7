"""The consultations themselves, and the time that they hold."""

import uuid
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import connection, models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from admissions.encryption import EncryptedTextField
from admissions.exceptions import MoveNotAllowed
from admissions.state_moves import MovesOrUndo
from programs.models import Location

from .counselors import Counselor, Mode
from .working_hours import Closure


class Status(models.TextChoices):
    SCHEDULED = "scheduled", _("Scheduled")
    CONFIRMED = "confirmed", _("Confirmed")
    COMPLETED = "completed", _("Completed")
    NO_SHOW = "no_show", _("No-show")
    CANCELED_BY_PERSON = "canceled_by_person", _("Canceled by the person")
    CANCELED_BY_CENTER = "canceled_by_center", _("Canceled by the center")
    RESCHEDULED = "rescheduled", _("Moved to another time")


class CancelReason(models.TextChoices):
    """Why staff canceled it."""

    THEY_ASKED = "they_asked", _("They asked us to")
    COUNSELOR_AWAY = "counselor_away", _("The counselor is away")
    CENTER_CLOSED = "center_closed", _("The center is closed then")
    BOOKED_TWICE = "booked_twice", _("It was booked twice")
    OTHER = "other", _("Another reason")


STANDING = [Status.SCHEDULED, Status.CONFIRMED]
# What a counselor's load is made of; a no-show took their time too.
COUNTED = [*STANDING, Status.COMPLETED, Status.NO_SHOW]
ENDINGS = {
    Status.COMPLETED,
    Status.NO_SHOW,
    Status.CANCELED_BY_PERSON,
    Status.CANCELED_BY_CENTER,
    Status.RESCHEDULED,
}


STATUS_MOVES = {
    Status.SCHEDULED: {Status.CONFIRMED, *ENDINGS},
    Status.CONFIRMED: ENDINGS,
    # Someone marked as a no-show may still call ten minutes later.
    Status.NO_SHOW: {Status.COMPLETED},
}


class ConsultationQuerySet(models.QuerySet["Consultation"]):
    def standing(self) -> Self:
        return self.filter(status__in=Consultation.STANDING)

    def upcoming(self, *, now: datetime) -> Self:
        return self.standing().filter(starts_at__gte=now)

    def not_over(self, *, now: datetime) -> Self:
        """Those that run now or come later."""
        # None is longer than a day; so an index leads to those that began lately.
        return self.standing().filter(starts_at__gt=now - timedelta(days=1), ends_at__gt=now)

    def during(self, closure: Closure) -> Self:
        """Those whose time a closure touches: of its counselor, or of anyone."""
        touched = self.filter(starts_at__lt=closure.ends_at, ends_at__gt=closure.starts_at)
        return touched.filter(counselor=closure.counselor) if closure.counselor else touched

    def try_hold(self, consultation: "Consultation") -> bool:
        """Insert unless the counselor's time is held: True when the time is ours.

        A bare insert against the exclusion constraint can deadlock with its
        rivals; ON CONFLICT DO NOTHING waits for them and gives way.
        """
        fields = [f for f in Consultation._meta.concrete_fields if not f.primary_key]
        columns = ", ".join(connection.ops.quote_name(str(f.column)) for f in fields)
        places = ", ".join(["%s"] * len(fields))
        values = [
            f.get_db_prep_save(f.pre_save(consultation, add=True), connection) for f in fields
        ]
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {Consultation._meta.db_table} ({columns}) VALUES ({places})"  # noqa: S608
                " ON CONFLICT ON CONSTRAINT consultation_no_double_booking DO NOTHING"
                " RETURNING id",
                values,
            )
            row = cursor.fetchone()
        if row is None:
            return False
        consultation.pk, consultation._state.adding = row[0], False
        return True


class Consultation(models.Model):
    """One admissions consultation at one time; a move makes a new row and keeps the old."""

    Status = Status
    STANDING, COUNTED = STANDING, COUNTED
    MAY_BECOME = STATUS_MOVES

    request = models.ForeignKey(
        "admissions.ConsultationRequest", models.PROTECT, related_name="consultations"
    )
    counselor = models.ForeignKey(Counselor, models.PROTECT, related_name="consultations")
    location = models.ForeignKey(Location, models.PROTECT)
    mode = models.CharField(max_length=20, choices=Mode)
    status = models.CharField(max_length=30, choices=Status, default=Status.SCHEDULED)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    held = DateTimeRangeField(help_text=_("The consultation with its buffers."))
    booked_at = models.DateTimeField(default=timezone.now)
    booked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, help_text=_("Empty: the requester.")
    )
    assigned_because = models.CharField(max_length=200)
    uid = models.UUIDField(default=uuid.uuid4, help_text=_("The same for life in calendars."))
    sequence = models.PositiveSmallIntegerField(default=0)
    moved_from = models.OneToOneField("self", models.PROTECT, null=True, related_name="moved_to")
    kept_at = models.DateTimeField(
        null=True, help_text=_("When staff said that it stands although its counselor is away.")
    )
    ended_at = models.DateTimeField(null=True)
    cancel_reason = EncryptedTextField(max_length=200, blank=True)
    canceled_because = models.CharField(
        max_length=20,
        choices=CancelReason,
        blank=True,
        default="",
        db_default="",
        help_text=_("Why staff canceled it; empty where its requester did."),
    )

    objects = ConsultationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index("counselor", "starts_at", name="consultation_by_counselor"),
            # The calendar's list, from today on and back.
            models.Index("starts_at", "id", name="consultation_by_start"),
            # All that availability reads: its cost follows what stands, not the history.
            models.Index(
                fields=["starts_at", "held"],
                include=["counselor"],
                name="consultation_standing",
                condition=Q(status__in=["scheduled", "confirmed"]),
            ),
            # Whose turn it is, is read from this alone, without the rows.
            models.Index(
                "counselor",
                "starts_at",
                name="consultation_counted",
                include=["booked_at"],
                condition=Q(status__in=["scheduled", "confirmed", "completed", "no_show"]),
            ),
        ]
        constraints = [
            ExclusionConstraint(
                name="consultation_no_double_booking",
                expressions=[
                    ("counselor", RangeOperators.EQUAL),
                    ("held", RangeOperators.OVERLAPS),
                ],
                condition=Q(status__in=["scheduled", "confirmed"]),
            ),
            models.UniqueConstraint(
                "request",
                name="consultation_one_standing_per_request",
                condition=Q(status__in=["scheduled", "confirmed"]),
            ),
            models.UniqueConstraint("uid", "sequence", name="consultation_sequence_rises"),
            models.CheckConstraint(
                name="consultation_ends_after_start", condition=Q(ends_at__gt=F("starts_at"))
            ),
            models.CheckConstraint(
                name="consultation_holds_its_own_time",
                condition=Q(held__startswith__lte=F("starts_at"), held__endswith__gte=F("ends_at")),
            ),
            models.CheckConstraint(
                name="consultation_holds_time_near_its_start",
                condition=Q(
                    held__startswith__gte=F("starts_at") - timedelta(days=1),
                    held__endswith__lte=F("starts_at") + timedelta(days=1),
                ),
            ),
        ]
        triggers = [
            MovesOrUndo(
                name="consultation_status_moves",
                field="status",
                undone="""act.request_id = NEW.request_id
                    AND act.before #>> ARRAY['consultations', NEW.id::text, 'status'] = NEW.status
                    AND act.after #>> ARRAY['consultations', NEW.id::text, 'status']
                        = OLD.status""",
                transitions=[
                    (old.value, new.value)
                    for old, permitted in STATUS_MOVES.items()
                    for new in sorted(permitted)
                ],
            )
        ]

    def __str__(self) -> str:
        return f"consultation {self.pk}"

    def move_to(self, status: str) -> None:
        """Change status along MAY_BECOME, or refuse; the caller saves."""
        if status not in self.MAY_BECOME.get(self.Status(self.status), set()):
            raise MoveNotAllowed(
                _("%(old)s cannot become %(new)s.")
                % {"old": self.get_status_display(), "new": self.Status(status).label}
            )
        self.status = status

    @property
    def is_standing(self) -> bool:
        return self.status in self.STANDING

    @property
    def is_confirmed(self) -> bool:
        """Whether its requester has said that they will keep it."""
        return self.status == self.Status.CONFIRMED

    @property
    def is_by_phone(self) -> bool:
        return self.mode == Mode.PHONE

    @property
    def is_by_video(self) -> bool:
        return self.mode == Mode.VIDEO

    @property
    def is_in_person(self) -> bool:
        return self.mode == Mode.IN_PERSON

    @property
    def visit_location_id(self) -> int | None:
        """The location that its requester comes to; None when it does not matter."""
        return self.location_id if self.is_in_person else None

    @property
    def way_to_talk(self) -> tuple[str, int | None]:
        """The mode, and the location of a visit."""
        return self.mode, self.visit_location_id

    @property
    def is_canceled_by_center(self) -> bool:
        return self.status == self.Status.CANCELED_BY_CENTER

    @property
    def ended_heading(self) -> Promise:
        """What a requester is told about a consultation that no longer stands."""
        if self.is_canceled_by_center:
            return _("We had to cancel your appointment")
        if self.status == self.Status.CANCELED_BY_PERSON:
            return _("Your appointment is canceled")
        if self.status == self.Status.NO_SHOW:
            return _("We are sorry that we missed each other")
        return _("This appointment has taken place")

    @property
    def ended_advice(self) -> Promise:
        """What a requester may do next, said kindly after ended_heading."""
        if self.is_canceled_by_center:
            return _(
                "We are sorry. You did nothing wrong. Please choose another time, or call us: we"
                " would still like to talk with you."
            )
        if self.status == self.Status.CANCELED_BY_PERSON:
            return _("Thank you for letting us know. You can come back at any time.")
        if self.status == self.Status.NO_SHOW:
            return _("It happens. Choose another time, or call us.")
        return _("Thank you for talking with us. If a question comes up, call us.")

    @property
    def minutes(self) -> int:
        return (self.ends_at - self.starts_at) // timedelta(minutes=1)
