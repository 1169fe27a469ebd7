"""Which requests a list of the desk holds, and in which order."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.core.exceptions import FieldError
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Prefetch, Q, Value, When
from django.utils.translation import gettext as _

from admissions.exceptions import ActionNotAllowed
from admissions.scheduling.models import Consultation
from users.models import User

from .search_tokens import SEARCHED_FIELDS, filter_by_email, normalize_email
from .stages import Stage

if TYPE_CHECKING:
    from .requests import ConsultationRequest

# What makes a request one of a list, asked of open ones alone.
NEEDS_SAFETY_ANSWER = Q(is_in_danger=True, safety_answered_at=None)
WAITS_FOR_CLINICIAN = Q(concern_opened_at__isnull=False)
HAS_PROMISED_CALL = Q(promised_call_by__isnull=False)


def overdue_condition(now: datetime) -> Q:
    return Q(due_at__lt=now)


def snoozed_condition(now: datetime) -> Q:
    return Q(snoozed_until=F("due_at"), due_at__gt=now)


def needs_someone_condition(now: datetime) -> Q:
    """A safety answer, a clinician, a promised call, an email that failed, or what is late."""
    return (
        NEEDS_SAFETY_ANSWER
        | WAITS_FOR_CLINICIAN
        | HAS_PROMISED_CALL
        | Q(email_failed_at__isnull=False)
        | overdue_condition(now)
    )


class ConsultationRequestQuerySet(models.QuerySet["ConsultationRequest"]):
    def update(self, **columns: Any) -> int:
        """Refused for what searches go by: the tokens of the rows would stay as they were."""
        stale = sorted(SEARCHED_FIELDS & columns.keys())
        if stale and "search_tokens" not in columns:
            raise FieldError(f"Save each request to change {', '.join(stale)}.")
        return super().update(**columns)

    update.alters_data = True  # type: ignore[attr-defined]

    def with_email(self, email: str) -> list[UUID]:
        """The requests of one address, however it is typed."""
        alike = self.filter(filter_by_email(email)).values_list("pk", "email")
        # A token says which to look at, the address itself decides.
        return [pk for pk, kept in alike if normalize_email(kept) == normalize_email(email)]

    def lock(self, pk: UUID) -> "ConsultationRequest":
        """Lock the row until the transaction ends, and return it anew; or raise DoesNotExist.

        Raise ActionNotAllowed once personal data was removed: nothing is done with it any more.
        """
        request = self.select_for_update().get(pk=pk)
        if request.is_anonymized:
            raise ActionNotAllowed(_("Personal data was removed. Nothing can be changed here."))
        return request

    def lock_all(self, pks: Iterable[UUID]) -> list["ConsultationRequest"]:
        """Lock them in one order, so that two transactions that meet never wait in a ring."""
        return list(self.select_for_update().filter(pk__in=list(pks)).order_by("pk"))

    def open(self) -> Self:
        return self.exclude(stage=Stage.CLOSED)

    def closed(self) -> Self:
        return self.filter(stage=Stage.CLOSED)

    def unclaimed(self) -> Self:
        return self.open().filter(owner=None)

    def owned_by(self, user: User) -> Self:
        return self.open().filter(owner=user)

    def needing_safety_answer(self) -> Self:
        return self.open().filter(NEEDS_SAFETY_ANSWER)

    def with_promised_call(self) -> Self:
        return self.open().filter(HAS_PROMISED_CALL)

    def overdue(self, *, now: datetime) -> Self:
        return self.open().filter(overdue_condition(now))

    def needing_someone(self, *, now: datetime) -> Self:
        return self.open().filter(needs_someone_condition(now))

    def waiting_for_clinician(self) -> Self:
        """A high concern waits for a clinician to say what is to be done."""
        return self.open().filter(WAITS_FOR_CLINICIAN)

    def with_history(self) -> Self:
        """All that one line about a request needs to know, in six queries for any number."""
        consultations = Consultation.objects.select_related("counselor").order_by("booked_at", "pk")
        consultations = consultations.defer("cancel_reason")
        return self.with_columns_of_a_line().prefetch_related(
            "attempts",
            "waitlist_entries",
            "referrals",
            "assessments",
            Prefetch("consultations", queryset=consultations),
        )

    def with_columns_of_a_line(self) -> Self:
        """The request itself for one line about it, without the rows that belong to it."""
        details = ("payer", "member_id", "policy_holder", "estimate", "note")
        related = self.select_related("owner", "program_interest", "benefits")
        return related.defer(*(f"benefits__{name}" for name in details))

    def without_texts(self) -> Self:
        """For lists: left out is what only a request's own page shows, and what nobody reads."""
        return self.defer("note", "close_note", "access_need", "guide_answers", "search_tokens")

    def in_triage_order(self, *, now: datetime) -> Self:
        """Safety, clinicians and promised calls, late or unmailed, soonest talk, newest, closed."""
        standing = Consultation.objects.standing().filter(request=OuterRef("pk"))
        rank = Case(
            When(stage=Stage.CLOSED, then=Value(5)),
            When(NEEDS_SAFETY_ANSWER, then=Value(0)),
            When(WAITS_FOR_CLINICIAN | HAS_PROMISED_CALL, then=Value(1)),
            When(overdue_condition(now) | Q(email_failed_at__isnull=False), then=Value(2)),
            When(Exists(standing), then=Value(3)),
            default=Value(4),
        )
        when = Case(When(rank__lt=4, then=F("due_at")))
        return self.annotate(rank=rank).order_by(
            "rank", when.asc(nulls_last=True), "-created_at", "pk"
        )

    def in_closing_order(self) -> Self:
        """Closed ones, the last first; read from an index, however many there are."""
        return self.order_by("-closed_at", "-pk")
