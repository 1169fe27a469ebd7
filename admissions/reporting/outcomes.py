"""What came of it: why people were lost, what was recommended, who was led elsewhere."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef

from admissions.care.models import Recommendation, Referral
from admissions.intake.models import ConsultationRequest

from .period import Disposition, Period


@dataclass(frozen=True)
class RecommendationCounts:
    """(id of the recommended level, of the agreed one or None, reason if different) -> how many."""

    counts: dict[tuple[int, int | None, str], int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def as_recommended(self) -> int:
        return sum(n for (level, agreed, _why), n in self.counts.items() if level == agreed)

    @property
    def undecided(self) -> int:
        return sum(n for (_level, agreed, _why), n in self.counts.items() if agreed is None)

    @property
    def different(self) -> int:
        return self.total - self.as_recommended - self.undecided

    @property
    def pairs(self) -> dict[tuple[int, int | None], int]:
        """(recommended, agreed) -> how many."""
        found: Counter[tuple[int, int | None]] = Counter()
        for (level, agreed, _why), n in self.counts.items():
            found[level, agreed] += n
        return dict(found)

    @property
    def levels(self) -> dict[int, int]:
        """Recommended level -> how many."""
        found: Counter[int] = Counter()
        for (level, _agreed, _why), n in self.counts.items():
            found[level] += n
        return dict(found)

    @property
    def reasons(self) -> dict[str, int]:
        """Why they agreed on another level."""
        found: Counter[str] = Counter()
        for (_level, _agreed, why), n in self.counts.items():
            found[why] += n * bool(why)
        return {why: n for why, n in found.items() if n}


@dataclass(frozen=True)
class ReferralCounts:
    """Warm referrals, and those of them whose hand-over somebody there confirmed."""

    made: int
    confirmed: int


def count_losses(period: Period) -> dict[str, int]:
    """Of the requests made in these days, why those ended that were not admitted or referred."""
    kept = [*ConsultationRequest.ADMITTED_DISPOSITIONS, Disposition.REFERRED_OUT]
    lost = period.find_requests().closed().exclude(disposition__in=kept)
    return dict(lost.values_list("close_reason").annotate(n=Count("pk")))


def count_admissions(period: Period) -> dict[str, int]:
    """Of the requests made in these days, how many were admitted, and to what."""
    admitted = period.find_requests().filter(
        disposition__in=sorted(ConsultationRequest.ADMITTED_DISPOSITIONS)
    )
    return dict(admitted.values_list("disposition").annotate(n=Count("pk")))


def count_recommendations(period: Period) -> RecommendationCounts:
    """The recommendations of these days that still stand, none having followed them."""
    made = Recommendation.objects.filter(at__gte=period.begin, at__lt=period.end)
    later = Recommendation.objects.filter(
        request=OuterRef("request"), version__gt=OuterRef("version")
    )
    rows = (
        period.filter_rows(made.filter(~Exists(later)), "request__")
        .values_list("recommended_level", "agreed_level", "reason_if_different")
        .annotate(n=Count("pk"))
    )
    return RecommendationCounts({tuple(key): n for *key, n in rows})


def count_referrals(period: Period) -> ReferralCounts:
    """The referrals that were made in these days."""
    made = period.filter_rows(
        Referral.objects.filter(made_at__gte=period.begin, made_at__lt=period.end), "request__"
    )
    return ReferralCounts(**made.aggregate(made=Count("pk"), confirmed=Count("confirmed_at")))
