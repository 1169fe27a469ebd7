"""Who would rather talk sooner, and which earlier times they were offered."""

from datetime import datetime
from typing import Self

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from admissions.exceptions import MoveNotAllowed

from .consultations import Consultation
from .counselors import Counselor, Mode


class WaitlistEntryQuerySet(models.QuerySet["WaitlistEntry"]):
    def open(self) -> Self:
        return self.filter(left_at=None)

    def in_order(self) -> Self:
        """Whoever joined first is first."""
        return self.order_by("joined_at", "pk")


class WaitlistEntry(models.Model):
    """One person's wish for something sooner than the consultation that stands."""

    class LeaveReason(models.TextChoices):
        FOUND = "found", _("Took an earlier time")
        ASKED = "asked", _("Asked us to stop looking")
        BY_STAFF = "by_staff", _("Taken off by staff")
        MOVED = "moved", _("Moved the consultation themselves")
        ENDED = "ended", _("The consultation no longer stands")
        NO_EMAIL = "no_email", _("We may not or cannot write to them")
        TOO_LATE = "too_late", _("Nothing sooner can open any more")

    request = models.ForeignKey(
        "admissions.ConsultationRequest", models.PROTECT, related_name="waitlist_entries"
    )
    joined_at = models.DateTimeField(default=timezone.now)
    left_at = models.DateTimeField(null=True)
    left_because = models.CharField(_("why"), max_length=20, choices=LeaveReason, blank=True)
    passed_over = ArrayField(
        models.DateTimeField(),
        default=list,
        help_text=_("Starts that were open to them before, and that they did not take."),
    )

    objects = WaitlistEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("person waiting")
        verbose_name_plural = _("people waiting")
        indexes = [
            models.Index("joined_at", name="waiting_in_order", condition=Q(left_at=None)),
        ]
        constraints = [
            models.UniqueConstraint(
                "request", name="waitlist_entry_once_per_request", condition=Q(left_at=None)
            ),
            models.CheckConstraint(
                name="waitlist_entry_left_for_a_reason",
                condition=Q(left_at=None, left_because="")
                | Q(left_at__isnull=False) & ~Q(left_because=""),
            ),
        ]

    def __str__(self) -> str:
        return f"wait {self.pk}"


class OfferState(models.TextChoices):
    OPEN = "open", _("Open")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    EXPIRED = "expired", _("No answer in time")
    GONE = "gone", _("Taken by someone else")
    WITHDRAWN = "withdrawn", _("No longer meant for them")


OFFER_MOVES = {
    OfferState.OPEN: {
        OfferState.ACCEPTED,
        OfferState.DECLINED,
        OfferState.EXPIRED,
        OfferState.GONE,
        OfferState.WITHDRAWN,
    },
}


class EarlierOfferQuerySet(models.QuerySet["EarlierOffer"]):
    def open(self) -> Self:
        return self.filter(state=OfferState.OPEN)

    def answerable(self, *, now: datetime) -> Self:
        return self.open().filter(expires_at__gt=now)


class EarlierOffer(models.Model):
    """One open time offered to one person, until they answer or it expires; it holds no time."""

    State = OfferState
    MAY_BECOME = OFFER_MOVES

    waitlist_entry = models.ForeignKey(WaitlistEntry, models.PROTECT, related_name="offers")
    request = models.ForeignKey(
        "admissions.ConsultationRequest", models.PROTECT, related_name="earlier_offers"
    )
    consultation = models.ForeignKey(
        Consultation, models.PROTECT, help_text=_("The one that would move.")
    )
    counselor = models.ForeignKey(Counselor, models.PROTECT, help_text=_("Whose time is open."))
    number = models.PositiveSmallIntegerField(help_text=_("Counts the offers of one request."))
    mode = models.CharField(max_length=20, choices=Mode)
    starts_at = models.DateTimeField()
    held = DateTimeRangeField(help_text=_("What a consultation then would hold."))
    offered_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    state = models.CharField(max_length=20, choices=OfferState, default=OfferState.OPEN)
    ended_at = models.DateTimeField(null=True)

    objects = EarlierOfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("offer of an earlier time")
        verbose_name_plural = _("offers of earlier times")
        indexes = [
            models.Index("expires_at", name="earlier_offer_open", condition=Q(state="open")),
        ]
        constraints = [
            models.UniqueConstraint(
                "request", name="earlier_offer_one_per_request", condition=Q(state="open")
            ),
            ExclusionConstraint(
                name="earlier_offer_to_one_person_at_a_time",
                expressions=[
                    ("counselor", RangeOperators.EQUAL),
                    ("held", RangeOperators.OVERLAPS),
                ],
                condition=Q(state="open"),
            ),
            models.UniqueConstraint("request", "number", name="earlier_offer_number_once"),
            models.CheckConstraint(
                name="earlier_offer_expires_before_it_starts",
                condition=Q(expires_at__gt=F("offered_at"), expires_at__lte=F("starts_at")),
            ),
            models.CheckConstraint(
                name="earlier_offer_ended_when_not_open",
                condition=Q(state="open", ended_at=None)
                | ~Q(state="open") & Q(ended_at__isnull=False),
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="earlier_offer_moves",
                field="state",
                transitions=[
                    (old.value, new.value)
                    for old, permitted in OFFER_MOVES.items()
                    for new in sorted(permitted)
                ],
            )
        ]

    def __str__(self) -> str:
        return f"earlier offer {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    def is_open_at(self, now: datetime) -> bool:
        """Whether it can still be answered."""
        return self.is_open and self.expires_at > now

    def end_as(self, state: str) -> None:
        """Answer or end the offer along MAY_BECOME, or refuse; saves."""
        if state not in self.MAY_BECOME.get(self.State(self.state), set()):
            raise MoveNotAllowed(
                _("%(old)s cannot become %(new)s.")
                % {"old": self.get_state_display(), "new": self.State(state).label}
            )
        self.state, self.ended_at = state, timezone.now()
        self.save(update_fields=["state", "ended_at"])
