"""Who is on the phones, day and night: the rota, apart from the hours that can be booked."""

from datetime import datetime, timedelta

import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from admissions.encryption import EncryptedTextField
from users.models import User

from .counselors import Counselor
from .working_hours import Closure

LONGEST_SHIFT = timedelta(days=31)


class OnCallShiftQuerySet(models.QuerySet["OnCallShift"]):
    def between(self, first: datetime, last: datetime) -> "OnCallShiftQuerySet":
        """Those that touch this stretch, the first one first."""
        return self.filter(starts_at__lt=last, ends_at__gt=first).order_by("starts_at")

    def with_people(self, *, at: datetime | None = None) -> "OnCallShiftQuerySet":
        """With both people, what the first and the back-up speak, and whether they are away.

        Away `at` a moment, or else in any part of the shift.
        """
        begins, ends = (at, at) if at else (OuterRef("starts_at"), OuterRef("ends_at"))
        closed = Closure.objects.filter(ends_at__gt=begins).filter(
            **{"starts_at__lte" if at else "starts_at__lt": ends}
        )
        speakers = Counselor.objects.order_by("pk").values("languages")
        return self.select_related("person", "back_up").annotate(
            person_is_away=Exists(closed.filter(counselor__user=OuterRef("person"))),
            back_up_is_away=Exists(closed.filter(counselor__user=OuterRef("back_up"))),
            person_languages=Subquery(speakers.filter(user=OuterRef("person"))[:1]),
            back_up_languages=Subquery(speakers.filter(user=OuterRef("back_up"))[:1]),
        )


class OnCallShift(models.Model):
    """One stretch of time with whoever answers first, and who does where they do not.

    Postgres refuses two first persons at one time, and anyone who is no longer active.
    """

    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="on_call_shifts"
    )
    back_up = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    note = EncryptedTextField(_("hand-over note"), max_length=300, blank=True)

    # By with_people().
    person_is_away: bool
    back_up_is_away: bool
    person_languages: list[str] | None
    back_up_languages: list[str] | None

    objects = OnCallShiftQuerySet.as_manager()

    class Meta:
        verbose_name = _("shift on call")
        verbose_name_plural = _("on-call rota")
        default_permissions = ("view", "change")
        constraints = [
            models.CheckConstraint(
                name="on_call_shift_ends_after_it_starts", condition=Q(ends_at__gt=F("starts_at"))
            ),
            models.CheckConstraint(
                name="on_call_shift_is_a_month_at_most",
                condition=Q(ends_at__lte=F("starts_at") + LONGEST_SHIFT),
            ),
            models.CheckConstraint(
                name="on_call_shift_back_up_is_another",
                condition=Q(back_up=None) | ~Q(back_up=F("person")),
            ),
            ExclusionConstraint(
                name="on_call_shift_one_first_person",
                expressions=[
                    (
                        Func(
                            "starts_at",
                            "ends_at",
                            function="TSTZRANGE",
                            output_field=DateTimeRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    )
                ],
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="on_call_shift_people_are_active",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("person_id", "back_up_id"),
                func="""
                    IF EXISTS (
                        SELECT 1 FROM users_user
                        WHERE id IN (NEW.person_id, NEW.back_up_id) AND NOT is_active
                    ) THEN
                        RAISE EXCEPTION 'on_call_shift_people_are_active'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return f"shift on call {self.pk}"

    # Of a shift that came with_people().

    @property
    def has_first_person(self) -> bool:
        return self.person.is_active and not self.person_is_away

    @property
    def has_back_up(self) -> bool:
        return self.back_up is not None and self.back_up.is_active and not self.back_up_is_away

    @property
    def people(self) -> list[User]:
        """Who can be reached, the first one first; nobody who left or is away."""
        first = [self.person] if self.has_first_person else []
        return first + ([self.back_up] if self.back_up is not None and self.has_back_up else [])

    @property
    def languages(self) -> list[str] | None:
        """What whoever answers first speaks; None where no counselor's profile says it."""
        return self.person_languages if self.has_first_person else self.back_up_languages
