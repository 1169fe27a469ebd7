"""What decides whether a counselor is offered near a day: read once, for every start of it."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from admissions import formatting

from .models import BusyTime, Closure, Consultation, Counselor, ExtraHours, ModeRules, WeeklyHours
from .roster import DAY

Answer = TypeVar("Answer")
HELD_COLUMNS = ["counselor_id", "starts_at", "ends_at", "held", "request__reference"]


@dataclass(frozen=True)
class ExplainerContext:
    """One counselor with all that decides about them near a day, for one mode and language."""

    counselor: Counselor
    rules: ModeRules
    language: str
    now: datetime
    closures: list[Closure]
    standing: list[Consultation]
    busy: list[BusyTime]

    # What follows is asked for each start of a day, and is the same for many of them.
    @cached_property
    def zone(self) -> ZoneInfo:
        return self.counselor.zone

    @cached_property
    def counselor_url(self) -> str:
        return reverse("admin:admissions_counselor_change", args=[self.counselor.pk])

    @cached_property
    def rules_url(self) -> str:
        return reverse("admin:admissions_moderules_change", args=[self.rules.mode])

    @cached_property
    def every_hours(self) -> list[WeeklyHours | ExtraHours]:
        return [*self.counselor.weekly_hours.all(), *self.counselor.extra_hours.all()]

    @cached_property
    def held_per_day(self) -> Counter[date]:
        """How many consultations begin on each local day."""
        return Counter(each.starts_at.astimezone(self.zone).date() for each in self.standing)

    @cached_property
    def remembered(self) -> dict[tuple, Any]:
        """Answers of `remember`, by what was asked."""
        return {}

    def remember(self, find: Callable[..., Answer], *given: Hashable) -> Answer:
        """Return what `find` says of this counselor and of what is given, found only once."""
        key = (find, *given)
        if key not in self.remembered:
            self.remembered[key] = find(self, *given)
        return self.remembered[key]

    def format_time(self, at: datetime) -> str:
        return formatting.format_unambiguous_time(at.astimezone(self.zone))

    def format_range(self, starts_at: datetime, ends_at: datetime) -> str:
        words = {"starts": self.format_time(starts_at), "ends": self.format_time(ends_at)}
        return _("%(starts)s to %(ends)s") % words

    def length(self) -> timedelta:
        return timedelta(minutes=self.rules.length)


def load_contexts(
    counselors: Iterable[Counselor], *, mode: str, language: str, on: date, now: datetime
) -> list[ExplainerContext]:
    """What decides about each of these counselors on a local day, in a fixed number of queries."""
    rules = ModeRules.objects.get(mode=mode)
    noon = datetime.combine(on, time(12), tzinfo=UTC)
    near = {"starts_at__lte": noon + 3 * DAY, "ends_at__gte": noon - 3 * DAY}
    closures = list(Closure.objects.filter(**near))
    held, busy = defaultdict(list), defaultdict(list)
    standing = Consultation.objects.standing().filter(**near, counselor__in=counselors)
    # Of hundreds, what the rules look at: whole requests would have to be decrypted.
    standing = standing.select_related("request").only(*HELD_COLUMNS)
    for consultation in standing.order_by("starts_at"):
        held[consultation.counselor_id].append(consultation)
    for each in BusyTime.objects.filter(**near, counselor__in=counselors).order_by("starts_at"):
        busy[each.counselor_id].append(each)
    return [
        ExplainerContext(
            counselor,
            rules,
            language,
            now,
            [closure for closure in closures if closure.counselor_id in (None, counselor.pk)],
            held[counselor.pk],
            busy[counselor.pk],
        )
        for counselor in counselors
    ]


def counselors_to_explain() -> QuerySet[Counselor]:
    """All counselors with everything about them that the rules look at."""
    return (
        Counselor.objects.select_related("location", "user")
        .prefetch_related("weekly_hours", "extra_hours")
        .order_by("public_name", "pk")
    )
