"""What one person may not do alone to a colleague's account: asked by one, decided by another.

More roles than the asker gives by themselves (`roles.GIVEN_ALONE`), the flag of a superuser, access
for who was switched off, another email address, and the removal of a second step.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from admissions.audit.actors import actor_fields
from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed
from users.models import User

from .. import notices, roles, two_factor
from ..models import AccountChange
from . import account_links, user_management

Type, News, Kind = AuditEvent.Type, notices.News, AccountChange.Kind
LIFETIME = timedelta(hours=48)
KEEPS_ACCOUNTS = "users.change_user"


@dataclass(frozen=True)
class Wanted:
    """What is asked of one kind; empty where nothing is."""

    kind: str
    roles: tuple[str, ...] = ()
    makes_superuser: bool = False
    lets_in_again: bool = False
    email: str = ""

    def __bool__(self) -> bool:
        return bool(self.roles or self.makes_superuser or self.lets_in_again or self.email)


@transaction.atomic
def ask(*, user_id: int, by: User, wanted: Wanted) -> AccountChange:
    """Have a second person decide, within two days; what was asked before of this kind is void.
    Raise ActionNotAllowed if the asker may not even ask."""
    user, now = two_factor.lock_user(user_id), timezone.now()
    change = AccountChange(
        kind=wanted.kind,
        user=user,
        roles=sorted(wanted.roles),
        makes_superuser=wanted.makes_superuser,
        lets_in_again=wanted.lets_in_again,
        email=wanted.email,
        asked_by=by,
        asked_at=now,
        expires_at=now + LIFETIME,
    )
    if not may_want(by, change):
        raise ActionNotAllowed(_("You may not ask for that."))

    older = AccountChange.objects.filter(user=user, kind=wanted.kind, outcome="")
    older.update(outcome=AccountChange.Outcome.REPLACED, decided_at=now)
    change.save()

    record(Type.CHANGE_ASKED, change, by, detail=describe(change))

    for approver in list_approvers(change):
        notices.tell(approver, News.APPROVAL_ASKED)
    if user.has_usable_password():
        notices.tell(user, News.CHANGE_ASKED)
    return change


@transaction.atomic
def approve(*, change_id: int, by: User | None) -> AccountChange:
    """Make the change; `by` nobody for the operator. Raise ActionNotAllowed if it waits no more,
    or one of the two may not give it, or gave it up meanwhile."""
    change = lock_waiting(change_id)
    check_may_decide(change, by)
    if not may_want(User.objects.get(pk=change.asked_by_id), change):
        raise ActionNotAllowed(_("Who asked for it may not ask for it any more."))

    settle(change, AccountChange.Outcome.APPROVED, by)
    APPLY[change.kind](change, by)
    return change


@transaction.atomic
def decline(*, change_id: int, by: User) -> AccountChange:
    """Leave everything as it is. Raise ActionNotAllowed as `approve` does."""
    change = lock_waiting(change_id)
    check_may_decide(change, by)

    settle(change, AccountChange.Outcome.DECLINED, by)

    record(Type.CHANGE_DECLINED, change, by, detail=describe(change))
    return change


def lock_waiting(change_id: int) -> AccountChange:
    """The change, its subject locked before it as in `ask`; of two who decide, one finds it."""
    subject = AccountChange.objects.filter(pk=change_id).values_list("user_id", flat=True).first()
    user = two_factor.lock_user(subject) if subject else None
    waiting = AccountChange.objects.waiting(now=timezone.now())
    change = waiting.select_for_update().filter(pk=change_id).first()
    if change is None or user is None:
        raise ActionNotAllowed(_("It is decided already, or its time is over."))
    change.user = user
    return change


def check_may_decide(change: AccountChange, by: User | None) -> None:
    if by is not None and not may_decide(by, change):
        raise ActionNotAllowed(_("That is for someone else to decide."))


def may_decide(person: User, change: AccountChange) -> bool:
    """Whether they are a second person, who may give as much themselves."""
    return person.pk != change.asked_by_id and may_want(person, change)


def may_want(person: User, change: AccountChange) -> bool:
    """Whether someone keeps accounts, reaches this colleague and may have a hand in such roles."""
    if not (person.is_active and person.is_staff and person.has_perm(KEEPS_ACCOUNTS)):
        return False
    if person.pk == change.user_id or not user_management.may_change_user(person, change.user):
        return False
    if change.makes_superuser and not person.is_superuser:
        return False
    assignable = user_management.assignable_roles(person).filter(name__in=change.roles)
    return assignable.count() == len(change.roles)


def list_approvers(change: AccountChange) -> list[User]:
    codename = KEEPS_ACCOUNTS.partition(".")[2]
    keepers = User.objects.filter(
        Q(is_superuser=True) | Q(groups__permissions__codename=codename), is_active=True
    )
    return [each for each in keepers.distinct() if may_decide(each, change)]


def settle(change: AccountChange, outcome: str, by: User | None) -> None:
    change.outcome, change.decided_by, change.decided_at = outcome, by, timezone.now()
    change.save(update_fields=["outcome", "decided_by", "decided_at"])


def apply_access(change: AccountChange, by: User | None) -> None:
    user = change.user
    user.is_superuser |= change.makes_superuser
    if change.lets_in_again:
        user.is_active = user.is_staff = True
    user.save(update_fields=["is_superuser", "is_active", "is_staff"])
    user.groups.add(*Group.objects.filter(name__in=change.roles))

    detail = user_management.describe_access(user) | describe(change)
    record(Type.ROLE_CHANGED, change, by, detail=detail)

    notices.tell(user, News.ACCESS_CHANGED)


def apply_email(change: AccountChange, by: User | None) -> None:
    old, change.user.email = change.user.email, change.email
    change.user.save(update_fields=["email"])

    record(Type.RECORD_CHANGED, change, by, detail=describe(change), fields=["email"])

    take_new_email(change.user, old=old)


def apply_factor(change: AccountChange, by: User | None) -> None:
    two_factor.remove_factors(user_id=change.user_id, by=by, detail=describe(change))


APPLY: dict[str, Callable[[AccountChange, User | None], None]] = {
    Kind.ACCESS: apply_access,
    Kind.EMAIL: apply_email,
    Kind.FACTOR: apply_factor,
}


def take_new_email(user: User, *, old: str) -> None:
    """Void the links that went to the old address, and tell at both: whoever changed it may have
    only one of them."""
    account_links.void_links(user)
    notices.tell(user, News.EMAIL_CHANGED)
    if old:
        notices.tell(user, News.EMAIL_CHANGED, address=old)


def describe(change: AccountChange) -> dict:
    """What is asked, by codes and keys, as the detail of an audit event."""
    found: dict = {"change": change.pk, "asked_by": change.asked_by_id}
    if change.roles:
        found["roles_asked"] = change.roles
    if change.makes_superuser:
        found["makes_superuser"] = True
    if change.lets_in_again:
        found["lets_in_again"] = True
    return found


def record(
    type: str, change: AccountChange, by: User | None, *, detail: dict, fields: Collection[str] = ()
) -> None:
    AuditEvent.objects.create(
        type=type,
        staff=change.user,
        code=change.kind,
        object_type="user",
        object_id=str(change.user_id),
        fields=list(fields),
        detail=detail,
        **actor_fields(AuditEvent.Source.SYSTEM, by),
    )


def hold_back(*, by: User, user: User, groups: set[str]) -> tuple[set[str], list[Wanted]]:
    """Take back from an unsaved `user` what takes a second person; return the roles that they have
    from now on, and what is left to ask for."""
    before = User.objects.get(pk=user.pk) if user.pk else User()
    had = set(user_management.role_names(before)) if user.pk else set()
    own = set(user_management.role_names(by)) | ({roles.SUPERUSER} if by.is_superuser else set())
    alone = roles.given_alone(own)
    held = groups - had - alone
    makes_superuser = user.is_superuser and not before.is_superuser
    was_out = user.pk is not None and not (before.is_active and before.is_staff)
    comes_back = was_out and user.is_active and user.is_staff
    lets_in_again = comes_back and bool(groups - alone or before.is_superuser or makes_superuser)

    user.is_superuser = before.is_superuser and user.is_superuser
    if lets_in_again:
        user.is_active, user.is_staff = before.is_active, before.is_staff
    email = ""
    if user.pk and user.pk != by.pk and fold_letters(user.email) != fold_letters(before.email):
        email, user.email = user.email, before.email
    access = Wanted(Kind.ACCESS, tuple(held), makes_superuser, lets_in_again)
    return groups - held, [each for each in (access, Wanted(Kind.EMAIL, email=email)) if each]


def fold_letters(email: str) -> bytes:
    """What two spellings of one address have in common: the case of a to z, and nothing else.
    Unicode has other letters that become one of these in lower case."""
    return email.encode().lower()
