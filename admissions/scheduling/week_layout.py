"""What fills the days of counselors: held, free, closed, staffed. Reads only.

Days are those of the center's clock, hours those of each counselor's own. The
number of queries does not depend on how many counselors or consultations there are.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from django.db.models import Q, QuerySet

from admissions.local_time import DAY, day_bounds, floor_to_step

from . import availability
from .models import BusyTime, Closure, Consultation, Counselor, ExtraHours, ModeRules, WeeklyHours
from .roster import opening_bounds, subtract_intervals

if TYPE_CHECKING:
    from admissions.intake.models import ConsultationRequest

Status = Consultation.Status
OfCounselor = TypeVar("OfCounselor", BusyTime, Closure, Consultation, ExtraHours)
MIN_CELL = timedelta(minutes=30)
SHOWN_STATUSES = [*Consultation.STANDING, Status.COMPLETED, Status.NO_SHOW]

SHOWN_COLUMNS = [
    "counselor_id",
    "mode",
    "status",
    "starts_at",
    "ends_at",
    "held",
    "request__reference",
    "request__preferred_name",
    "request__anonymized_at",
]

FREE, HELD, MOVING, ENDED = "free", "held", "moving", "ended"
BUFFER, CLOSED, IDLE, OUTSIDE = "buffer", "closed", "idle", "outside"


@dataclass(frozen=True)
class SlotQuery:
    """What a time is looked for: any call, one request, or a consultation about to move."""

    mode: str
    request: "ConsultationRequest | None" = None
    moving: Consultation | None = None
    spoken_language: str | None = None
    # Of the call that asks for a time, where no request was made of it yet.
    call_id: UUID | None = None

    @property
    def language(self) -> str | None:
        """The language of the request, or the one that is spoken on the phone, if known."""
        return self.request.language if self.request else self.spoken_language


@dataclass(frozen=True)
class Span:
    """A stretch of one counselor's time, and what it is about.

    FREE is about its starts, HELD, MOVING and ENDED about a consultation,
    CLOSED about a closure, IDLE about the reason why nothing starts there.
    """

    kind: str
    starts_at: datetime
    ends_at: datetime
    about: object = None


@dataclass(frozen=True)
class ScheduleData:
    """Everything read about some counselors on some days."""

    counselors: list[Counselor]
    rules: ModeRules
    query: SlotQuery
    now: datetime
    free: dict[int, list[datetime]]
    consultations: dict[int, list[Consultation]]
    closures: dict[int | None, list[Closure]]
    extra: dict[int, list[ExtraHours]]
    busy: dict[int, list[BusyTime]]


def working_counselors(first: date, last: date) -> QuerySet[Counselor]:
    """Everyone who takes consultations, and whoever still has one on these days."""
    begin, end = day_bounds(first, last)
    held = Consultation.objects.standing().filter(starts_at__lt=end, ends_at__gt=begin)
    takes = Q(is_taking_consultations=True, user__is_active=True)
    return Counselor.objects.filter(takes | Q(pk__in=held.values("counselor"))).order_by(
        "public_name", "pk"
    )


def load_schedule(
    counselors: QuerySet[Counselor], *, first: date, last: date, query: SlotQuery, now: datetime
) -> ScheduleData:
    begin, end = day_bounds(first, last)
    people = list(counselors.select_related("location", "user").prefetch_related("weekly_hours"))
    # What holds time begins within a day of it; the history has an index by start alone. Of its
    # request the name is shown, and whole rows of hundreds would have to be decrypted.
    consultations = Consultation.objects.filter(
        counselor__in=people,
        status__in=SHOWN_STATUSES,
        held__overlap=(begin, end),
        starts_at__range=(begin - DAY, end + DAY),
    ).select_related("request")
    consultations = consultations.only(*SHOWN_COLUMNS)
    return ScheduleData(
        counselors=people,
        rules=ModeRules.objects.get(mode=query.mode),
        query=query,
        now=now,
        free=free_starts_by_counselor(query, now),
        consultations=group_by_counselor(consultations.order_by("starts_at")),
        closures=group_by_counselor(Closure.objects.filter(starts_at__lt=end, ends_at__gt=begin)),
        extra=group_by_counselor(
            ExtraHours.objects.filter(counselor__in=people).between(first - DAY, last + DAY)
        ),
        busy=group_by_counselor(
            BusyTime.objects.filter(counselor__in=people, starts_at__lt=end, ends_at__gt=begin)
        ),
    )


def group_by_counselor(rows: Iterable[OfCounselor]) -> dict[Any, list[OfCounselor]]:
    found: dict[Any, list[OfCounselor]] = defaultdict(list)
    for row in rows:
        found[row.counselor_id].append(row)
    return found


def free_starts_by_counselor(query: SlotQuery, now: datetime) -> dict[int, list[datetime]]:
    """Bookable starts by counselor, as availability offers them."""
    found = defaultdict(list)
    for slot in availability.open_slots(
        mode=query.mode, now=now, language=query.language, freeing=query.moving
    ):
        for pk in slot.counselors:
            found[pk].append(slot.starts_at)
    return found


def day_spans(diary: ScheduleData, counselor: Counselor, day: date) -> list[Span]:
    """One day of one counselor from midnight to midnight, without a gap; the first layer wins."""
    begin, end = day_bounds(day)
    rows = diary.consultations[counselor.pk]
    closures = [*diary.closures[None], *diary.closures[counselor.pk]]
    layers = [
        row_spans(HELD, [each for each in rows if is_held(each, diary.query)]),
        buffer_spans([each for each in rows if is_held(each, diary.query)]),
        free_spans(diary, counselor, begin, end),
        row_spans(MOVING, [each for each in rows if each == diary.query.moving]),
        row_spans(ENDED, [each for each in rows if not each.is_standing]),
        row_spans(CLOSED, closures),
        busy_spans(diary, counselor, day),
        idle_spans(diary, counselor, day),
        [Span(OUTSIDE, begin, end)],
    ]
    return resolve_overlaps([span for layer in layers for span in layer], begin, end)


def is_held(consultation: Consultation, query: SlotQuery) -> bool:
    return consultation.is_standing and consultation != query.moving


def row_spans(kind: str, rows: list) -> list[Span]:
    return [Span(kind, row.starts_at, row.ends_at, row) for row in rows]


def buffer_spans(rows: list[Consultation]) -> list[Span]:
    return [
        Span(BUFFER, begin, end)
        for row in rows
        for begin, end in [(row.held.lower, row.starts_at), (row.ends_at, row.held.upper)]
        if begin < end
    ]


def free_spans(
    diary: ScheduleData, counselor: Counselor, begin: datetime, end: datetime
) -> list[Span]:
    """Free starts, each until the next on the grid; starts nearer than half an hour share one."""
    step, moving = max(timedelta(minutes=diary.rules.start_grid), MIN_CELL), diary.query.moving
    own = moving.starts_at if moving and moving.counselor_id == counselor.pk else None
    every = diary.free[counselor.pk]
    # A step that does not divide the day reaches beyond its midnight.
    starts = every[bisect_left(every, begin - step) : bisect_left(every, end)]
    found = []
    for opens, group in groupby(
        (at for at in starts if at != own), key=lambda at: floor_to_step(at, step)
    ):
        together = tuple(group)
        found.append(Span(FREE, together[0], opens + step, together))
    return found


def busy_spans(diary: ScheduleData, counselor: Counselor, day: date) -> Iterator[Span]:
    """The part of their hours in which a calendar of their own says busy."""
    for opens, closes in mode_windows(diary, counselor, *day_bounds(day)):
        for each in diary.busy[counselor.pk]:
            begin, end = max(opens, each.starts_at), min(closes, each.ends_at)
            if begin < end:
                yield Span(IDLE, begin, end, "busy")


def idle_spans(diary: ScheduleData, counselor: Counselor, day: date) -> Iterator[Span]:
    """Hours of the counselor, cut where the reason changes why nothing can start there."""
    now = diary.now
    earliest, latest = diary.rules.start_bounds(now)
    standing = whole_day_reason(diary, counselor, day)
    for opens, closes in mode_windows(diary, counselor, *day_bounds(day)):
        cuts = sorted(
            {opens, closes, *(at for at in (now, earliest, latest) if opens < at < closes)}
        )
        for begin, end in pairwise(cuts):
            if begin < now:
                reason = "past"
            elif standing:
                reason = standing
            elif begin < earliest:
                reason = "soon"
            else:
                reason = "later" if begin >= latest else "short"
            yield Span(IDLE, begin, end, reason)


def whole_day_reason(diary: ScheduleData, counselor: Counselor, day: date) -> str:
    """Why this counselor has no free start on the whole day, or an empty string."""
    if not (counselor.is_taking_consultations and counselor.user.is_active):
        return "paused"
    if diary.query.mode not in counselor.modes:
        return "mode"
    if diary.query.language and diary.query.language not in counselor.languages:
        return "language"
    begin, end = day_bounds(day)
    taken = sum(
        is_held(each, diary.query) and begin <= each.starts_at < end
        for each in diary.consultations[counselor.pk]
    )
    return "full" if counselor.daily_cap and taken >= counselor.daily_cap else ""


def mode_windows(
    diary: ScheduleData, counselor: Counselor, begin: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """(opens, closes) in UTC of the mode's hours between two instants."""
    zone = counselor.zone
    day, last = (at.astimezone(zone).date() for at in (begin, end))
    hours: list[WeeklyHours | ExtraHours]
    hours = [*counselor.weekly_hours.all(), *diary.extra[counselor.pk]]
    while day <= last:
        for each in hours:
            if each.applies_on(day, diary.query.mode):
                opens, closes = (
                    datetime.fromtimestamp(at, UTC) for at in opening_bounds(each, day, zone)
                )
                if max(opens, begin) < min(closes, end):
                    yield max(opens, begin), min(closes, end)
        day += DAY


def resolve_overlaps(spans: list[Span], begin: datetime, end: datetime) -> list[Span]:
    """The spans by the clock, each without what those before it have taken."""
    laid: list[Span] = []
    taken: list[tuple[datetime, datetime]] = []
    for span in spans:
        whole = span.starts_at, span.ends_at
        within = max(span.starts_at, begin), min(span.ends_at, end)
        for left in subtract_intervals(taken, *within):
            laid.append(span if left == whole else Span(span.kind, *left, span.about))
        insort(taken, within)
    return sorted(laid, key=lambda span: span.starts_at)
