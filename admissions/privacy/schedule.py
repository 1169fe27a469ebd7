"""How long personal data is kept: the rules, what falls under each, and a director's changes."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from admissions.accounts.models import Session
from admissions.audit.models import AuditEvent
from admissions.calls import expiry as calls_expiry
from admissions.care.models import Assessment, Recommendation
from admissions.exceptions import ActionNotAllowed, ChangedMeanwhile
from admissions.intake.models import ConsultationRequest, Disposition
from admissions.intake.models.request_queries import ConsultationRequestQuerySet
from admissions.scheduling.models import Consultation
from users.models import User

from . import holds, records
from .models import LegalHold, RetentionPeriod

Rule = RetentionPeriod.Rule
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PREVIEW = 30 * DAY
MAX_REFERENCES = 20
# From here on people count in years.
DAYS_OF_YEARS = 700


@dataclass(frozen=True)
class Bounds:
    """Our own period of a rule, and within which bounds a director may choose another."""

    default: timedelta
    shortest: timedelta
    longest: timedelta

    @property
    def unit(self) -> timedelta:
        return HOUR if self.shortest < DAY else DAY


# Years are days here: seven have at most 2557 of them, six at most 2192. What the law asks is the
# shortest: Cal. H&S 123145 (clinical), 45 CFR 164.316 and 164.528 (our own records).
BOUNDS = {
    Rule.DRAFT: Bounds(24 * HOUR, 1 * HOUR, 168 * HOUR),
    Rule.SPAM: Bounds(30 * DAY, 1 * DAY, 365 * DAY),
    Rule.UNREACHED: Bounds(180 * DAY, 30 * DAY, 730 * DAY),
    Rule.NOT_ADMITTED: Bounds(730 * DAY, 90 * DAY, 3653 * DAY),
    Rule.CLINICAL: Bounds(2557 * DAY, 2557 * DAY, 10958 * DAY),
    Rule.CALLS: Bounds(90 * DAY, 1 * DAY, 730 * DAY),
    Rule.RECORDS: Bounds(2192 * DAY, 2192 * DAY, 10958 * DAY),
}
# Those of whole requests.
REQUEST_RULES = [Rule.SPAM, Rule.UNREACHED, Rule.NOT_ADMITTED, Rule.CLINICAL]


@dataclass(frozen=True)
class Preview:
    """How much one rule removes within a day, how much within 30, and some of it by reference."""

    tonight: int
    soon: int
    requests: list[ConsultationRequest]


def periods() -> dict[str, timedelta]:
    """The period of every rule: a director's, else our own."""
    chosen = dict(RetentionPeriod.objects.values_list("rule", "period"))
    return {rule: chosen.get(rule, bounds.default) for rule, bounds in BOUNDS.items()}


def format_period(period: timedelta) -> str:
    """24 hours, 180 days, 730 days (2 years)."""
    if period % DAY:
        hours = period // HOUR
        return ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}
    days = period // DAY
    said = ngettext("%(n)s day", "%(n)s days", days) % {"n": days}
    if days < DAYS_OF_YEARS:
        return said
    years = round(days / 365.25)
    return _("%(days)s (about %(years)s years)") % {"days": said, "years": years}


def clinical_condition() -> Q:
    """Assessed, recommended for or admitted: then it may be a clinical record."""
    of_this = {"request": OuterRef("pk")}
    return (
        Q(Exists(Assessment.objects.filter(**of_this)))
        | Q(Exists(Recommendation.objects.filter(**of_this)))
        | Q(disposition__in=sorted(ConsultationRequest.ADMITTED_DISPOSITIONS))
    )


def is_clinical(request: ConsultationRequest) -> bool:
    return ConsultationRequest.objects.filter(clinical_condition(), pk=request.pk).exists()


def find_due(rule: str, *, at: datetime, period: timedelta) -> ConsultationRequestQuerySet:
    """Requests whose personal data this rule removes by then, the longest closed first.

    Never an open one, one under a hold, or one with a consultation that stands. What was merged
    goes with the request that it joined.
    """
    conditions = {
        Rule.SPAM: ~clinical_condition() & Q(disposition=Disposition.SPAM_OR_TEST),
        Rule.UNREACHED: ~clinical_condition() & Q(disposition=Disposition.UNABLE_TO_REACH),
        Rule.NOT_ADMITTED: ~clinical_condition()
        & ~Q(disposition__in=[Disposition.SPAM_OR_TEST, Disposition.UNABLE_TO_REACH]),
        Rule.CLINICAL: clinical_condition(),
    }
    held = LegalHold.objects.standing().filter(
        Q(request=OuterRef("pk")) | Q(request__merged_into=OuterRef("pk"))
    )
    standing = Consultation.objects.standing().filter(request=OuterRef("pk"))
    closed = ConsultationRequest.objects.closed().filter(
        conditions[Rule(rule)], anonymized_at=None, merged_into=None, closed_at__lte=at - period
    )
    return closed.filter(~Exists(held), ~Exists(standing)).order_by("closed_at", "pk")


def preview_rule(rule: str, *, period: timedelta, now: datetime) -> Preview:
    """What would be removed by this time tomorrow, and within 30 days, by this period."""
    if rule in REQUEST_RULES:
        tonight = find_due(rule, at=now + DAY, period=period)
        soon = find_due(rule, at=now + PREVIEW, period=period)
        return Preview(tonight.count(), soon.count(), list(soon[:MAX_REFERENCES]))
    if rule == Rule.DRAFT:
        count = find_stale_drafts(before=now + DAY - period).count()
        return Preview(count, count, [])
    if rule == Rule.CALLS:
        held = holds.find_held_numbers()
        tonight_calls, soon_calls = (
            calls_expiry.find_expired(before=at - period, held_numbers=held).count()
            for at in (now + DAY, now + PREVIEW)
        )
        return Preview(tonight_calls, soon_calls, [])
    tonight_count, soon_count = (
        records.count_texts(before=at - period) for at in (now + DAY, now + PREVIEW)
    )
    return Preview(tonight_count, soon_count, [])


def find_stale_drafts(*, before: datetime) -> QuerySet[Session]:
    """Sessions of visitors that began before then: all that a form holds which was not sent."""
    return Session.objects.filter(user=None, seen_at__lt=before)


@transaction.atomic
def change_period(*, rule: str, period: timedelta, seen: timedelta, by: User) -> bool:
    """Keep data by this rule for another period from now on; return False if it is so already.

    `seen` is the period that they saw. Raises ActionNotAllowed beyond the bounds, and
    ChangedMeanwhile when a colleague was quicker.
    """
    check_within_bounds(rule, period)
    kept = RetentionPeriod.objects.select_for_update().filter(rule=rule).first()
    before = kept.period if kept else BOUNDS[Rule(rule)].default
    if before != seen:
        raise ChangedMeanwhile
    if before == period:
        return False

    made = {"period": period, "changed_at": timezone.now(), "changed_by": by}
    try:
        with transaction.atomic():
            RetentionPeriod.objects.update_or_create(rule=rule, defaults=made)
    except IntegrityError as taken:  # Both found no row, and a colleague has made it.
        raise ChangedMeanwhile from taken

    AuditEvent.objects.create(
        type=AuditEvent.Type.RETENTION_CHANGED,
        actor=by,
        code=rule,
        object_type="retentionperiod",
        object_id=rule,
        detail={"from_hours": before // HOUR, "to_hours": period // HOUR},
    )
    return True


def check_within_bounds(rule: str, period: timedelta) -> None:
    bounds = BOUNDS[Rule(rule)]
    if not bounds.shortest <= period <= bounds.longest:
        words = {
            "shortest": format_period(bounds.shortest),
            "longest": format_period(bounds.longest),
        }
        raise ActionNotAllowed(_("Choose between %(shortest)s and %(longest)s.") % words)
