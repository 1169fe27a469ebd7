"""Whether a colleague can be booked yet, and the step that lets requesters book them."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from admissions.audit.models import AuditEvent
from admissions.care.models import StaffCredential
from admissions.exceptions import ActionNotAllowed
from admissions.scheduling.models import Counselor
from users.models import User

from .. import roles, two_factor
from ..models import AccountChange
from . import account_links

HOLDS_TALKS = "admissions.triage_consultationrequest"


class Step(StrEnum):
    """What it takes until someone can be booked, in the order in which it is done."""

    LET_IN = "let_in"
    ROLE = "role"
    INVITED = "invited"
    SIGNED_IN = "signed_in"
    SECOND_FACTOR = "second_factor"
    COUNSELOR = "counselor"
    HOURS = "hours"
    CREDENTIAL = "credential"
    TAKING = "taking"


# Nobody is kept from talking by these: one is what the list ends with, the other lets them sign.
NOT_NEEDED_TO_START = {Step.TAKING, Step.CREDENTIAL}


@dataclass(frozen=True)
class Check:
    step: Step
    is_done: bool


def check_steps(user: User) -> list[Check]:
    """Every step and whether it is done, as things stand."""
    return [Check(step, is_done(user)) for step, is_done in CHECKS.items()]


def may_start(checks: list[Check]) -> bool:
    return all(each.is_done for each in checks if each.step not in NOT_NEEDED_TO_START)


def is_about(user: User) -> bool:
    """Whether someone is to hold consultations: by a counselor record, a role, or one asked for."""
    waiting = AccountChange.objects.waiting(now=timezone.now()).filter(user=user)
    asked = {name for change in waiting for name in change.roles}
    names = asked | set(user.groups.values_list("name", flat=True))
    holds = {name for name in names if roles.ROLES.get(name, set()) >= roles.CARE}
    return bool(holds) or find_counselor(user) is not None


@transaction.atomic
def start_consultations(*, user_id: int, by: User) -> Counselor:
    """Let requesters book someone from now on; raise ActionNotAllowed while a step is missing."""
    user = two_factor.lock_user(user_id)
    if not by.has_perm("admissions.change_counselor") or not may_start(check_steps(user)):
        raise ActionNotAllowed(_("Something is still missing. Look at the list."))
    counselor = Counselor.objects.select_for_update(no_key=True).get(user=user)
    if counselor.is_taking_consultations:
        return counselor

    counselor.is_taking_consultations = True
    counselor.save(update_fields=["is_taking_consultations"])

    AuditEvent.objects.create(
        type=AuditEvent.Type.RECORD_CHANGED,
        actor=by,
        object_type="counselor",
        object_id=str(counselor.pk),
        fields=["is_taking_consultations"],
    )
    return counselor


def find_counselor(user: User) -> Counselor | None:
    return Counselor.objects.filter(user=user).first()


def has_role(user: User) -> bool:
    """Whether a role of theirs works on requests, whatever their account may do today."""
    return any(
        HOLDS_TALKS in roles.ROLES.get(name, set())
        for name in user.groups.values_list("name", flat=True)
    )


def is_invited(user: User) -> bool:
    return user.has_usable_password() or account_links.find_live_links().filter(user=user).exists()


def has_hours(user: User) -> bool:
    counselor = find_counselor(user)
    if counselor is None:
        return False
    today = timezone.localdate(timezone=counselor.zone)
    weekly = counselor.weekly_hours.filter(Q(valid_until=None) | Q(valid_until__gte=today))
    extra = counselor.extra_hours.filter(Q(until__gte=today) | Q(until=None, on__gte=today))
    return weekly.exists() or extra.exists()


def has_credential(user: User) -> bool:
    return StaffCredential.objects.in_date(timezone.localdate()).filter(user=user).exists()


def is_taking(user: User) -> bool:
    return Counselor.objects.filter(user=user, is_taking_consultations=True).exists()


CHECKS: dict[Step, Callable[[User], bool]] = {
    Step.LET_IN: lambda user: user.is_active and user.is_staff,
    Step.ROLE: has_role,
    Step.INVITED: is_invited,
    Step.SIGNED_IN: lambda user: user.last_login is not None,
    Step.SECOND_FACTOR: two_factor.has_factor,
    Step.COUNSELOR: lambda user: find_counselor(user) is not None,
    Step.HOURS: has_hours,
    Step.CREDENTIAL: has_credential,
    Step.TAKING: is_taking,
}
