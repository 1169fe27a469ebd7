"""Who may change what colleagues may do, and the record of it."""

import itertools
import re

from django.contrib.auth.models import Group, Permission
from django.db.models import QuerySet

from admissions.audit.models import AuditEvent
from users.models import User

from .. import notices

Type, News = AuditEvent.Type, notices.News
PERMISSION_FIELDS = {"groups", "is_active", "is_staff", "is_superuser"}


def assignable_roles(by: User) -> QuerySet[Group]:
    """The roles that someone may give and take: those with no more power over people than theirs.

    A director gives roles that see what a director does not; but nobody makes anyone
    more of a master over accounts than they are themselves.
    """
    if by.is_superuser:
        return Group.objects.all()
    over_accounts = Permission.objects.filter(content_type__app_label__in=["auth", "users"])
    beyond = over_accounts.exclude(pk__in=over_accounts.filter(group__user=by))
    return Group.objects.exclude(permissions__in=beyond)


def may_change_user(by: User, user: User) -> bool:
    """Whether someone may change this colleague at all: nobody reaches above themselves."""
    if by.is_superuser:
        return True
    if user.is_superuser or user.user_permissions.exists():
        return False
    return not user.groups.exclude(pk__in=assignable_roles(by)).exists()


def build_username(email: str) -> str:
    """A name to sign in with that nobody has: what stands before the @, numbered if need be."""
    stem = re.sub(r"[^\w.-]", "", email.partition("@")[0])[:140].lower() or "staff"
    taken = set(User.objects.filter(username__istartswith=stem).values_list("username", flat=True))
    names = itertools.chain([stem], (f"{stem}{number}" for number in itertools.count(2)))
    lower = {each.lower() for each in taken}
    return next(name for name in names if name not in lower)


def record_user_added(*, user: User, by: User) -> None:
    AuditEvent.objects.create(
        type=Type.RECORD_ADDED,
        actor=by,
        staff=user,
        object_type="user",
        object_id=str(user.pk),
        detail=describe_access(user),
    )


def record_user_changed(*, user: User, by: User, fields: list[str]) -> None:
    """One event for one change, of what they may do or of plain facts. They hear of the first, and
    of another username that someone else gave them."""
    detail: dict = {}
    if PERMISSION_FIELDS & set(fields):
        kind, detail = Type.ROLE_CHANGED, describe_access(user)
    else:
        kind = Type.RECORD_CHANGED
    AuditEvent.objects.create(
        type=kind,
        actor=by,
        staff=user,
        object_type="user",
        object_id=str(user.pk),
        fields=fields,
        detail=detail,
    )
    if detail:
        is_in = detail["has_access"]
        notices.tell(user, News.ACCESS_CHANGED if is_in else News.SWITCHED_OFF)
    elif "username" in fields and user.pk != by.pk:
        notices.tell(user, News.ACCESS_CHANGED)


def describe_access(user: User) -> dict:
    """What they may do from now on, as the detail of an audit event: every role of theirs."""
    return {
        "has_access": user.is_active and user.is_staff,
        "is_superuser": user.is_superuser,
        "roles": sorted(role_names(user)),
    }


def role_names(user: User) -> list[str]:
    return list(user.groups.values_list("name", flat=True))
