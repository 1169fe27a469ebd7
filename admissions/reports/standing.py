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

from programs.models import Credential

from ..models import Consultation, ConsultationRequest, ContactAttempt, Message, StaffCredential
from ..today import Renewal
from .look import Look
from .talks import come_due

Stage = ConsultationRequest.Stage


class Median(Aggregate):
    """The middle one of durations, or halfway between the two in the middle."""

    template = "percentile_cont(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


@dataclass(frozen=True)
class Open:
    """Open requests by stage, and of all of them the unclaimed, the late and the unsafe."""

    stages: dict[str, int]
    unclaimed: int
    late: int
    unsafe: int

    @property
    def total(self) -> int:
        return sum(self.stages.values())


@dataclass(frozen=True)
class Work:
    """What one colleague has and did; never how many they admitted."""

    user: User
    open: int
    tries: int
    held: int


@dataclass(frozen=True)
class Lost:
    """Emails of these days that never arrived: to people, and to staff."""

    to_people: int
    to_staff: int


@dataclass(frozen=True)
class Safety:
    """Of those who said that someone may be in danger: answered, and in how many minutes."""

    said: int
    answered: int
    minutes: float | None


def standing(look: Look, *, now: datetime) -> Open:
    """Every request that is open now, whenever it was made."""
    late, unsafe = Q(due_at__lt=now), Q(is_in_danger=True, safety_answered_at=None)
    rows = (
        look.narrowed(ConsultationRequest.objects.open())
        .values_list("stage")
        .annotate(
            n=Count("pk"),
            unclaimed=Count("pk", filter=Q(owner=None)),
            late=Count("pk", filter=late),
            unsafe=Count("pk", filter=unsafe),
        )
    )
    counted = {stage: rest for stage, *rest in rows}
    return Open(
        {stage: counted[stage][0] for stage in Stage if stage in counted},
        *(sum(rest[place] for rest in counted.values()) for place in (1, 2, 3)),
    )


def safety(look: Look) -> Safety:
    """Of the requests made in these days, those that need an answer about safety first."""
    minutes = ExpressionWrapper(F("safety_answered_at") - F("created_at"), DurationField())
    said = look.asked().filter(is_in_danger=True)
    found = said.aggregate(
        said=Count("pk"), answered=Count("safety_answered_at"), median=Median(minutes)
    )
    median = found.pop("median")
    return Safety(**found, minutes=median and median.total_seconds() / 60)


def workload(look: Look) -> list[Work]:
    """Everyone who has requests or did something in these days, by name."""
    open_now = look.narrowed(ConsultationRequest.objects.open().exclude(owner=None))
    tries = ContactAttempt.objects.filter(at__gte=look.begin, at__lt=look.end)
    held = come_due(look).filter(status=Consultation.Status.COMPLETED)
    asked = [
        counted(open_now, "owner_id", "open"),
        counted(look.narrowed(tries, "request__"), "by_id", "tries"),
        counted(held, "counselor__user_id", "held"),
    ]
    found: dict[int, Counter] = defaultdict(Counter)
    for who, what, n in asked[0].union(*asked[1:], all=True):
        found[who][what] = n
    people = User.objects.filter(pk__in=found).order_by("first_name", "last_name", "username")
    return [
        Work(user, *(found[user.pk][what] for what in ("open", "tries", "held"))) for user in people
    ]


def counted(rows, who: str, what: str):
    """(user id, what, how many) for everyone who is behind some of these rows."""
    kind = Value(what, CharField())
    return rows.order_by().values_list(who, kind).annotate(n=Count("pk"))


def lost_emails(look: Look) -> Lost:
    """The emails that fell due in these days and never arrived."""
    lost = Message.objects.filter(
        state__in=Message.LOST, due_at__gte=look.begin, due_at__lt=look.end
    )
    is_staff = Q(kind__in=sorted(Message.FOR_STAFF))
    return Lost(
        **look.narrowed(lost, "request__").aggregate(
            to_people=Count("pk", filter=~is_staff), to_staff=Count("pk", filter=is_staff)
        )
    )


def renewals(*, now: datetime) -> list[Renewal]:
    """Credentials of the centre and of active staff that run out within 90 days, or have."""
    on = timezone.localdate(now)
    last = on + timedelta(days=Credential.WARNING_DAYS[0])
    of_staff = StaffCredential.objects.filter(expires_on__lte=last, user__is_active=True)
    of_centre = Credential.objects.expiring(on=on)
    found = [*of_centre, *of_staff.select_related("user")]
    return [
        Renewal(each, (each.expires_on - on).days)
        for each in sorted(found, key=lambda each: each.expires_on)
    ]
