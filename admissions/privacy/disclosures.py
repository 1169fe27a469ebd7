"""The accounting of disclosures: what was told to whom outside the center, and on what basis."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from admissions.audit.models import AuditEvent
from admissions.care.models import Referral
from admissions.exceptions import ActionNotAllowed
from admissions.intake.models import ConsultationRequest
from users.models import User

from .models import Disclosure

Basis, Category = Disclosure.Basis, Disclosure.Category
# What is earlier was mistyped.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class DisclosureInput:
    """A disclosure as someone typed it."""

    disclosed_at: datetime
    to_whom: str
    purpose: str
    categories: list[str]
    basis: str
    referral_id: int | None = None


@dataclass(frozen=True)
class AccountingEntry:
    """One line of the accounting: a disclosure, or a referral whose basis nobody has stated."""

    at: datetime
    request: ConsultationRequest
    to_whom: str
    purpose: str
    categories: list[str]
    basis: str
    recorded_by: User | None
    referral_id: int | None = None
    is_stated: bool = True


@transaction.atomic
def record_disclosure(*, request_id: UUID, by: User, told: DisclosureInput) -> Disclosure:
    """Keep a disclosure; it cannot be changed, and a later one corrects it."""
    request = ConsultationRequest.objects.lock(request_id)
    check_when_told(told.disclosed_at)
    if told.referral_id and not find_unstated_referrals([request]).filter(pk=told.referral_id):
        raise ActionNotAllowed(_("This referral has its basis already."))

    made = request.disclosures.create(recorded_by=by, **vars(told))

    request.audit_events.create(
        type=AuditEvent.Type.DISCLOSURE_RECORDED, actor=by, code=told.basis, fields=told.categories
    )
    return made


def check_when_told(at: datetime) -> None:
    """Raise ActionNotAllowed for a time that cannot be: in the future, or before 2000."""
    if at > timezone.now():
        raise ActionNotAllowed(_("It cannot have been told in the future."))
    if at < EARLIEST:
        raise ActionNotAllowed(_("Enter a date from the year 2000 on."))


def find_unstated_referrals(requests: Iterable[ConsultationRequest]) -> QuerySet[Referral]:
    """Referrals of these requests of which nobody has said on what basis they were told."""
    return Referral.objects.filter(request__in=list(requests), disclosure=None)


def list_disclosures(requests: Iterable[ConsultationRequest]) -> list[AccountingEntry]:
    """The accounting of these requests, newest first, with the referrals made by this app."""
    ours = list(requests)
    told = Disclosure.objects.filter(request__in=ours).select_related("request", "recorded_by")
    referred = find_unstated_referrals(ours).select_related("request", "made_by")
    entries = [
        *map(disclosure_entry, told),
        *(referral_entry(each) for each in referred if not each.request.is_anonymized),
    ]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def disclosure_entry(told: Disclosure) -> AccountingEntry:
    return AccountingEntry(
        at=told.disclosed_at,
        request=told.request,
        to_whom=told.to_whom,
        purpose=told.purpose,
        categories=told.category_names,
        basis=told.get_basis_display(),
        recorded_by=told.recorded_by,
        referral_id=told.referral_id,
        is_stated=told.basis != Basis.NOT_STATED,
    )


def referral_entry(referral: Referral) -> AccountingEntry:
    return AccountingEntry(
        at=referral.made_at,
        request=referral.request,
        to_whom=referral.to_whom,
        purpose=_("Referral"),
        categories=[],
        basis=_("Not stated yet"),
        recorded_by=referral.made_by,
        referral_id=referral.pk,
        is_stated=False,
    )


def take_over_referrals(request: ConsultationRequest) -> None:
    """Keep where they were referred to, as the accounting must outlast the request's own texts."""
    Disclosure.objects.bulk_create(
        Disclosure(
            request=request,
            referral=each,
            disclosed_at=each.made_at,
            recorded_at=each.made_at,
            to_whom=each.to_whom,
            purpose="Referral",
            categories=[Category.CONTACT],
            basis=Basis.NOT_STATED,
        )
        for each in find_unstated_referrals([request])
    )
