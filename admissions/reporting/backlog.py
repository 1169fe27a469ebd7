"""The desk as it stands: what is open, who has how much, and what needs mending."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    Aggregate,
    CharField,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    Q,
    QuerySet,
    Value,
)
from django.utils import timezone

from admissions.care.credentials import ExpiringCredential
from admissions.care.models import StaffCredential
from admissions.intake.models import ConsultationRequest, ContactAttempt
from admissions.messaging.models import Message
from admissions.scheduling.models import Consultation
from programs.models import Credential
from users.models import User

from .attendance import find_due_consultations
from .period import Period

Stage = ConsultationRequest.Stage


class Median(Aggregate):
    """The middle one of durations, or halfway between the two in the middle."""

    template = "percentile_cont(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


@dataclass(frozen=True)
class Backlog:
    """Open requests by stage, and of all of them the unclaimed, the late and the unsafe."""

    stages: dict[str, int]
    unclaimed: int
    overdue: int
    awaiting_safety_answer: int

    @property
    def total(self) -> int:
        return sum(self.stages.values())


@dataclass(frozen=True)
class StaffWorkload:
    """What one colleague has and did; never how many they admitted."""

    user: User
    open: int
    attempts: int
    held: int


@dataclass(frozen=True)
class LostEmails:
    """Emails of these days that never arrived: to people, and to staff."""

    to_people: int
    to_staff: int


@dataclass(frozen=True)
class SafetyAnswers:
    """Of those who said that someone may be in danger: answered, and in how many minutes."""

    said: int
    answered: int
    minutes: float | None


def measure_backlog(period: Period, *, now: datetime) -> Backlog:
    """Every request that is open now, whenever it was made."""
    overdue, awaiting_safety_answer = (
        Q(due_at__lt=now),
        Q(is_in_danger=True, safety_answered_at=None),
    )
    rows = (
        period.filter_rows(ConsultationRequest.objects.open())
        .values("stage")
        .annotate(
            n=Count("pk"),
            unclaimed=Count("pk", filter=Q(owner=None)),
            overdue=Count("pk", filter=overdue),
            awaiting_safety_answer=Count("pk", filter=awaiting_safety_answer),
        )
    )
    by_stage = {row["stage"]: row["n"] for row in rows}
    return Backlog(
        stages={stage: by_stage[stage] for stage in Stage if stage in by_stage},
        unclaimed=sum(row["unclaimed"] for row in rows),
        overdue=sum(row["overdue"] for row in rows),
        awaiting_safety_answer=sum(row["awaiting_safety_answer"] for row in rows),
    )


def measure_safety_answers(period: Period) -> SafetyAnswers:
    """Of the requests made in these days, those that need an answer about safety first."""
    minutes = ExpressionWrapper(F("safety_answered_at") - F("created_at"), DurationField())
    said = period.find_requests().filter(is_in_danger=True)
    found = said.aggregate(
        said=Count("pk"), answered=Count("safety_answered_at"), median=Median(minutes)
    )
    median = found.pop("median")
    return SafetyAnswers(**found, minutes=median and median.total_seconds() / 60)


def measure_workload(period: Period) -> list[StaffWorkload]:
    """Everyone who has requests or did something in these days, by name."""
    open_now = period.filter_rows(ConsultationRequest.objects.open().exclude(owner=None))
    tries = ContactAttempt.objects.filter(at__gte=period.begin, at__lt=period.end)
    held = find_due_consultations(period).filter(status=Consultation.Status.COMPLETED)
    asked = [
        count_by_user(open_now, "owner_id", "open"),
        count_by_user(period.filter_rows(tries, "request__"), "by_id", "attempts"),
        count_by_user(held, "counselor__user_id", "held"),
    ]
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for row in asked[0].union(*asked[1:], all=True):
        found[row["colleague"]][row["what"]] = row["n"]
    people = User.objects.filter(pk__in=found).order_by("first_name", "last_name", "username")
    return [
        StaffWorkload(
            user,
            open=found[user.pk]["open"],
            attempts=found[user.pk]["attempts"],
            held=found[user.pk]["held"],
        )
        for user in people
    ]


def count_by_user(rows: QuerySet[Any], who: str, what: str) -> QuerySet[Any, dict[str, Any]]:
    """Of everyone who is behind some of these rows: `colleague`, the user's id; `what`; `n`."""
    named = rows.order_by().annotate(colleague=F(who), what=Value(what, CharField()))
    return named.values("colleague", "what").annotate(n=Count("pk"))


def count_lost_emails(period: Period) -> LostEmails:
    """The emails that fell due in these days and never arrived."""
    lost = Message.objects.filter(
        state__in=Message.LOST_STATES, due_at__gte=period.begin, due_at__lt=period.end
    )
    is_staff = Q(kind__in=sorted(Message.STAFF_KINDS))
    return LostEmails(
        **period.filter_rows(lost, "request__").aggregate(
            to_people=Count("pk", filter=~is_staff), to_staff=Count("pk", filter=is_staff)
        )
    )


def find_expiring_credentials(*, now: datetime) -> list[ExpiringCredential]:
    """Credentials of the center and of active staff that run out within 90 days, or have."""
    on = timezone.localdate(now)
    last = on + timedelta(days=Credential.WARNING_DAYS[0])
    of_staff = StaffCredential.objects.filter(expires_on__lte=last, user__is_active=True)
    of_center = Credential.objects.expiring(on=on)
    found: list[Credential | StaffCredential] = [
        *of_center,
        *of_staff.select_related("user"),
    ]
    return [
        ExpiringCredential(each, (each.expires_on - on).days)
        for each in sorted(found, key=lambda each: each.expires_on)
    ]
