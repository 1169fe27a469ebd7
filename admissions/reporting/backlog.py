"""The desk as it stands: what is open, who has how much, and what needs mending."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import (
    Aggregate,
    CharField,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    Q,
    Value,
)
from django.utils import timezone

from admissions.care.credentials import ExpiringCredential
from admissions.care.models import StaffCredential
from admissions.intake.models import ConsultationRequest, ContactAttempt
from admissions.messaging.models import Message
from admissions.scheduling.models import Consultation
from programs.models import Credential

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


def measure_backlog(look: Period, *, now: datetime) -> Backlog:
    """Every request that is open now, whenever it was made."""
    overdue, awaiting_safety_answer = (
        Q(due_at__lt=now),
        Q(is_in_danger=True, safety_answered_at=None),
    )
    rows = (
        look.filter_rows(ConsultationRequest.objects.open())
        .values_list("stage")
        .annotate(
            n=Count("pk"),
            unclaimed=Count("pk", filter=Q(owner=None)),
            overdue=Count("pk", filter=overdue),
            awaiting_safety_answer=Count("pk", filter=awaiting_safety_answer),
        )
    )
    counted = {stage: rest for stage, *rest in rows}
    return Backlog(
        {stage: counted[stage][0] for stage in Stage if stage in counted},
        *(sum(rest[place] for rest in counted.values()) for place in (1, 2, 3)),
    )


def measure_safety_answers(look: Period) -> SafetyAnswers:
    """Of the requests made in these days, those that need an answer about safety first."""
    minutes = ExpressionWrapper(F("safety_answered_at") - F("created_at"), DurationField())
    said = look.find_requests().filter(is_in_danger=True)
    found = said.aggregate(
        said=Count("pk"), answered=Count("safety_answered_at"), median=Median(minutes)
    )
    median = found.pop("median")
    return SafetyAnswers(**found, minutes=median and median.total_seconds() / 60)


def measure_workload(look: Period) -> list[StaffWorkload]:
    """Everyone who has requests or did something in these days, by name."""
    open_now = look.filter_rows(ConsultationRequest.objects.open().exclude(owner=None))
    tries = ContactAttempt.objects.filter(at__gte=look.begin, at__lt=look.end)
    held = find_due_consultations(look).filter(status=Consultation.Status.COMPLETED)
    asked = [
        count_by_user(open_now, "owner_id", "open"),
        count_by_user(look.filter_rows(tries, "request__"), "by_id", "attempts"),
        count_by_user(held, "counselor__user_id", "held"),
    ]
    found: dict[int, Counter] = defaultdict(Counter)
    for who, what, n in asked[0].union(*asked[1:], all=True):
        found[who][what] = n
    people = User.objects.filter(pk__in=found).order_by("first_name", "last_name", "username")
    return [
        StaffWorkload(user, *(found[user.pk][what] for what in ("open", "attempts", "held")))
        for user in people
    ]


def count_by_user(rows, who: str, what: str):
    """(user id, what, how many) for everyone who is behind some of these rows."""
    kind = Value(what, CharField())
    return rows.order_by().values_list(who, kind).annotate(n=Count("pk"))


def count_lost_emails(look: Period) -> LostEmails:
    """The emails that fell due in these days and never arrived."""
    lost = Message.objects.filter(
        state__in=Message.LOST_STATES, due_at__gte=look.begin, due_at__lt=look.end
    )
    is_staff = Q(kind__in=sorted(Message.STAFF_KINDS))
    return LostEmails(
        **look.filter_rows(lost, "request__").aggregate(
            to_people=Count("pk", filter=~is_staff), to_staff=Count("pk", filter=is_staff)
        )
    )


def find_expiring_credentials(*, now: datetime) -> list[ExpiringCredential]:
    """Credentials of the center and of active staff that run out within 90 days, or have."""
    on = timezone.localdate(now)
    last = on + timedelta(days=Credential.WARNING_DAYS[0])
    of_staff = StaffCredential.objects.filter(expires_on__lte=last, user__is_active=True)
    of_center = Credential.objects.expiring(on=on)
    found = [*of_center, *of_staff.select_related("user")]
    return [
        ExpiringCredential(each, (each.expires_on - on).days)
        for each in sorted(found, key=lambda each: each.expires_on)
    ]
