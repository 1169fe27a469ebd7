"""What a member of staff needs to see first today; each part is asked once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from admissions import staff_formatting
from admissions.backups import records
from admissions.care.models import BenefitsVerification, Referral
from admissions.intake.demand import annotate_demand
from admissions.intake.models import ConsultationRequest
from admissions.messaging.models import Message
from admissions.scheduling import coverage
from admissions.scheduling.models import Consultation, Shortage
from admissions.triage import desk_clock, queues
from users.models import User

from .on_call.line import OnCallNow, describe_on_call
from .triage import now_and_next, ringing

MAX_LATE, MAX_ROWS, MAX_UNCOVERED = 6, 5, 8


@dataclass(frozen=True)
class UpcomingConsultation:
    """A consultation soon to be held: when in words, with whom, and its request."""

    consultation: Consultation
    when: str


@dataclass(frozen=True)
class PendingItem:
    """Something that waits for a colleague: of which request, and since when in words."""

    request: ConsultationRequest
    since: str
    what: str = ""


@dataclass(frozen=True)
class ShortageAlert:
    """A shortage that lasts, since when in words, and how many asked for us meanwhile."""

    shortage: Shortage
    since: str


@dataclass(frozen=True)
class UncoveredConsultation:
    """A consultation whose counselor is not there for it: when, why, and who may decide."""

    consultation: Consultation
    when: str
    why: str
    may_decide: bool


@dataclass(frozen=True)
class Dashboard:
    counts: dict[str, int]
    now_and_next: list[dict[str, Any]]
    late: list[dict[str, Any]]
    has_more_late: bool
    mine: list[dict[str, Any]]
    upcoming: list[UpcomingConsultation]
    failed: list[Message]
    uncovered: list[UncoveredConsultation]
    concerns: list[PendingItem]
    referrals: list[PendingItem]
    opens_at: str
    alarms: list[ringing.RingingAlarm]
    on_call: OnCallNow

    @property
    def promised_later_count(self) -> int:
        """Calls that are promised, but not for about now."""
        shown = [each["card"].request.promised_call_by for each in self.now_and_next]
        return self.counts["promised"] - len([each for each in shown if each])

    @property
    def uncovered_soonest(self) -> list[UncoveredConsultation]:
        return self.uncovered[:MAX_UNCOVERED]

    @property
    def uncovered_later_count(self) -> int:
        """How many more there are than are shown."""
        return max(len(self.uncovered) - MAX_UNCOVERED, 0)

    @property
    def shown(self) -> list:
        """Ids of the requests that appear on the page."""
        talks: list[UpcomingConsultation | UncoveredConsultation] = [
            *self.upcoming,
            *self.uncovered_soonest,
        ]
        return [
            *(each["card"].request.pk for each in [*self.now_and_next, *self.late, *self.mine]),
            *(each.consultation.request_id for each in talks),
            *(message.request_id for message in self.failed),
            *(each.request.pk for each in [*self.concerns, *self.referrals]),
            *(each.request.pk for each in self.alarms),
        ]

    @property
    def has_more_mine(self) -> bool:
        return self.counts["mine"] > len(self.mine)


def build_dashboard(*, by: User, now: datetime, token: str) -> Dashboard:
    """The first page of the desk, for someone who may see requests; `token` is their CSRF token."""
    clock = desk_clock.read_desk_clock(now)
    opens_at = clock.opens_at
    pressing = now_and_next.find_now_and_next(by=by, now=now)
    in_order = ConsultationRequest.objects.in_triage_order(now=now)
    others = in_order.needing_someone(now=now).exclude(now_and_next.is_call_due(now))
    late = list(others.exclude(pk__in=pressing).values_list("pk", flat=True)[: MAX_LATE + 1])
    mine = list(in_order.owned_by(by).values_list("pk", flat=True)[:MAX_ROWS])
    shown = [*pressing, *late[:MAX_LATE], *mine]
    lines = now_and_next.build_lines(shown, by=by, clock=clock, token=token)
    return Dashboard(
        counts=queues.count_queues(by=by, now=now),
        now_and_next=[lines[pk] for pk in pressing if pk in lines],
        late=[lines[pk] for pk in late[:MAX_LATE] if pk in lines],
        has_more_late=len(late) > MAX_LATE,
        mine=[lines[pk] for pk in mine if pk in lines],
        upcoming=upcoming_consultations(now, besides=pressing),
        failed=failed_messages(),
        uncovered=uncovered_consultations(by, now),
        concerns=open_concerns(now) if by.has_perm("admissions.acknowledge_concern") else [],
        referrals=unconfirmed_referrals(now),
        opens_at=staff_formatting.format_opening(opens_at, now) if opens_at else "",
        alarms=ringing.list_ringing(now),
        on_call=describe_on_call(now),
    )


def open_concerns(now: datetime) -> list[PendingItem]:
    """High concerns that wait for a clinician to look, the oldest first."""
    waiting = ConsultationRequest.objects.waiting_for_clinician().order_by(
        "concern_opened_at", "pk"
    )
    return [
        PendingItem(each, describe_since(cast(datetime, each.concern_opened_at), now))
        for each in waiting[:MAX_ROWS]
    ]


def unconfirmed_referrals(now: datetime) -> list[PendingItem]:
    """Hand-overs that nobody there has confirmed, the oldest first, of closed requests too."""
    made = Referral.objects.filter(confirmed_at=None).select_related("request")
    return [
        PendingItem(each.request, describe_since(each.made_at, now), each.to_whom)
        for each in made.order_by("made_at", "pk")[:MAX_ROWS]
    ]


def pending_insurance_checks(now: datetime) -> list[PendingItem]:
    """For whoever verifies benefits: what was asked for first; by reference, without a name."""
    waiting = BenefitsVerification.objects.filter(
        status__in=BenefitsVerification.OPEN_STATUSES, request__closed_at=None
    )
    found = waiting.select_related("request").defer(
        "member_id", "policy_holder", "estimate", "note"
    )
    return [
        PendingItem(each.request, describe_since(each.asked_at, now), each.get_status_display())
        for each in found.order_by("asked_at", "pk")[:MAX_ROWS]
    ]


def describe_since(at: datetime, now: datetime) -> str:
    return _("since %(clock)s") % {"clock": staff_formatting.format_relative_day_and_time(at, now)}


def upcoming_consultations(now: datetime, *, besides: Iterable[UUID]) -> list[UpcomingConsultation]:
    """Those that run or come next, but of these requests, which stand elsewhere."""
    found = Consultation.objects.not_over(now=now).exclude(request__in=besides)
    soonest = found.select_related("request", "counselor").order_by("starts_at", "pk")
    return [
        UpcomingConsultation(
            each,
            describe_since(each.starts_at, now)
            if each.starts_at <= now
            else staff_formatting.format_relative_day_and_time(each.starts_at, now),
        )
        for each in soonest[:MAX_ROWS]
    ]


def uncovered_consultations(by: User, now: datetime) -> list[UncoveredConsultation]:
    """Every consultation that its counselor cannot be expected to hold, until staff decide."""
    may_any = by.has_perm("admissions.hand_over")
    return [
        UncoveredConsultation(
            gap.consultation,
            staff_formatting.format_relative_day_and_time(gap.consultation.starts_at, now),
            _("%(who)s %(why)s")
            % {"who": gap.consultation.counselor.public_name, "why": gap.reason.label},
            may_any or gap.consultation.counselor.user_id == by.pk,
        )
        for gap in coverage.find_gaps(now=now)
    ]


def failed_messages() -> list[Message]:
    """Emails that never arrived, of requests still open: someone should phone instead."""
    return list(
        Message.objects.lost().select_related("request").order_by("-finished_at", "-pk")[:3]
    )


def shortage_alerts(now: datetime) -> list[ShortageAlert]:
    """For whoever plans the hours: languages without a phone time in the next 24 hours."""
    lasting = annotate_demand(Shortage.objects.ongoing()).order_by("language")
    return [ShortageAlert(each, describe_since(each.began_at, now)) for each in lasting]


def find_backup_alarm(now: datetime) -> str:
    """When the last backup was made, where a site of production has had none for a day."""
    if not settings.PRODUCTION:
        return ""
    state = records.read_state()
    if not state.is_late(now):
        return ""
    if state.made_at is None:
        return _("None was ever made.")
    when = staff_formatting.format_relative_day_and_time(state.made_at, now)
    return _("The last one was made %(when)s.") % {"when": when}
