"""What a member of staff needs to see first today; each part is asked once."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from programs.models import Credential

from . import cards, clocks, coverage, desk, queues
from .models import (
    BenefitsVerification,
    Consultation,
    ConsultationRequest,
    Message,
    Referral,
    Shortage,
    StaffCredential,
)

MOST_URGENT, MOST, MOST_LOOSE = 6, 5, 8


@dataclass(frozen=True)
class Visit:
    """A consultation soon to be held: when in words, with whom, and its request."""

    consultation: Consultation
    when: str


@dataclass(frozen=True)
class Renewal:
    """A credential that runs out, and in how many days; negative once it has."""

    credential: Credential | StaffCredential
    days: int

    @property
    def is_past(self) -> bool:
        return self.days < 0

    @property
    def words(self) -> str:
        if self.is_past:
            return _("expired")
        if self.days == 0:
            return _("last day")
        return ngettext("%(n)s day left", "%(n)s days left", self.days) % {"n": self.days}


@dataclass(frozen=True)
class Pending:
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
class Loose:
    """A consultation whose counselor is not there for it: when, why, and who may decide."""

    consultation: Consultation
    when: str
    why: str
    may_decide: bool


@dataclass(frozen=True)
class Today:
    counts: dict[str, int]
    urgent: list[cards.Card]
    mine: list[cards.Card]
    next: list[Visit]
    failed: list[Message]
    loose: list[Loose]
    concerns: list[Pending]
    referrals: list[Pending]
    opens_at: str

    @property
    def calls(self) -> list[cards.Card]:
        """Safety, concerns and promised calls: the first of the urgent ones."""
        return [each for each in self.urgent if is_call(each.request)]

    @property
    def late(self) -> list[cards.Card]:
        return [each for each in self.urgent if not is_call(each.request)]

    @property
    def has_more_urgent(self) -> bool:
        return self.counts["now"] > len(self.urgent)

    @property
    def loose_soonest(self) -> list[Loose]:
        return self.loose[:MOST_LOOSE]

    @property
    def loose_later(self) -> int:
        """How many more there are than are shown."""
        return max(len(self.loose) - MOST_LOOSE, 0)

    @property
    def shown(self) -> list:
        """Ids of the requests that appear on the page."""
        talks = [*self.next, *self.loose_soonest]
        return [
            *(card.request.pk for card in [*self.urgent, *self.mine]),
            *(each.consultation.request_id for each in talks),
            *(message.request_id for message in self.failed),
            *(each.request.pk for each in [*self.concerns, *self.referrals]),
        ]

    @property
    def has_more_mine(self) -> bool:
        return self.counts["mine"] > len(self.mine)


def today(*, by: User, now: datetime) -> Today:
    """The first page of the desk, for someone who may see requests."""
    in_order = ConsultationRequest.objects.with_history().in_triage_order(now=now)
    opens_at = clocks.opens_at(now)
    at = {"by": by, "now": now, "opens_at": opens_at}
    return Today(
        counts=queues.counts(by=by, now=now),
        urgent=cards_of(in_order.needing_someone(now=now)[:MOST_URGENT], **at),
        mine=cards_of(in_order.owned_by(by)[:MOST], **at),
        next=next_visits(now),
        failed=failed_messages(),
        loose=loose(by, now),
        concerns=concerns(now) if by.has_perm("admissions.acknowledge_concern") else [],
        referrals=referrals_to_confirm(now),
        opens_at=desk.clock(opens_at, now) if opens_at else "",
    )


def cards_of(requests, **at) -> list[cards.Card]:
    return [cards.card(request, **at) for request in requests]


def is_call(request: ConsultationRequest) -> bool:
    is_pressed = request.needs_safety_answer or request.concern_open_since is not None
    return is_pressed or request.promised_call_by is not None


def concerns(now: datetime) -> list[Pending]:
    """High concerns that wait for a clinician to look, the oldest first."""
    waiting = ConsultationRequest.objects.for_clinicians().order_by("concern_open_since", "pk")
    return [Pending(each, since(each.concern_open_since, now)) for each in waiting[:MOST]]


def referrals_to_confirm(now: datetime) -> list[Pending]:
    """Hand-overs that nobody there has confirmed, the oldest first, of closed requests too."""
    made = Referral.objects.filter(confirmed_at=None).select_related("request")
    return [
        Pending(each.request, since(each.made_at, now), each.to_whom)
        for each in made.order_by("made_at", "pk")[:MOST]
    ]


def insurance_waiting(now: datetime) -> list[Pending]:
    """For whoever verifies benefits: what was asked for first; by reference, without a name."""
    waiting = BenefitsVerification.objects.filter(
        status__in=BenefitsVerification.OPEN, request__closed_at=None
    )
    found = waiting.select_related("request").defer("member_id", "holder", "estimate", "note")
    return [
        Pending(each.request, since(each.asked_at, now), each.get_status_display())
        for each in found.order_by("asked_at", "pk")[:MOST]
    ]


def since(at: datetime, now: datetime) -> str:
    return _("since %(clock)s") % {"clock": desk.day_and_clock(at, now)}


def next_visits(now) -> list[Visit]:
    upcoming = (
        Consultation.objects.upcoming(now=now)
        .select_related("request", "counselor")
        .order_by("starts_at", "pk")[:MOST]
    )
    return [Visit(each, desk.day_and_clock(each.starts_at, now)) for each in upcoming]


def loose(by: User, now: datetime) -> list[Loose]:
    """Every consultation that its counselor cannot be expected to hold, until staff decide."""
    may_any = by.has_perm("admissions.hand_over")
    return [
        Loose(
            gap.consultation,
            desk.day_and_clock(gap.consultation.starts_at, now),
            _("%(who)s %(why)s")
            % {"who": gap.consultation.counselor.public_name, "why": gap.why.label},
            may_any or gap.consultation.counselor.user_id == by.pk,
        )
        for gap in coverage.gaps(now=now)
    ]


def failed_messages() -> list[Message]:
    """Emails that never arrived, of requests still open: someone should phone instead."""
    return list(
        Message.objects.lost().select_related("request").order_by("-finished_at", "-pk")[:3]
    )


def shortage_alerts(now: datetime) -> list[ShortageAlert]:
    """For whoever plans the hours: languages without a phone time in the next 24 hours."""
    lasting = Shortage.objects.lasting().with_demand().order_by("language")
    return [ShortageAlert(each, since(each.began_at, now)) for each in lasting]


def credential_warnings(now: datetime) -> list[Renewal]:
    on = timezone.localdate(now)
    return [Renewal(each, each.days_left(on)) for each in Credential.objects.expiring(on=on)]


def qualification_warnings(*, by: User, now: datetime) -> list[Renewal]:
    """Staff credentials that run out: everyone's for who keeps them, else one's own."""
    on = timezone.localdate(now)
    expiring = StaffCredential.objects.expiring(on).select_related("user")
    if not by.has_perm("admissions.change_staffcredential"):
        expiring = expiring.filter(user=by)
    return [Renewal(each, (each.expires_on - on).days) for each in expiring[:MOST]]
