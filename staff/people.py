"""Who may change what colleagues may do, and the record of it."""

from django.contrib.auth.models import Group, Permission, User
from django.db.models import QuerySet

from admissions.models import AuditEvent

Type = AuditEvent.Type
RIGHTS = {"groups", "is_active", "is_staff", "is_superuser", "user_permissions"}


def givable(by: User) -> QuerySet[Group]:
    """The roles that someone may give and take: those with no more power over people than theirs.

    A director gives roles that see what a director does not; but nobody makes anyone
    more of a master over accounts than they are themselves.
    """
    if by.is_superuser:
        return Group.objects.all()
    own = Permission.objects.filter(group__user=by, content_type__app_label="auth")
    beyond = Permission.objects.filter(content_type__app_label="auth").exclude(pk__in=own)
    return Group.objects.exclude(permissions__in=beyond)


def may_change(by: User, user: User) -> bool:
    """Whether someone may change this colleague at all: nobody reaches above themselves."""
    if by.is_superuser:
        return True
    if user.is_superuser or user.user_permissions.exists():
        return False
    return not user.groups.exclude(pk__in=givable(by)).exists()


def record_added(*, user: User, by: User) -> None:
    AuditEvent.objects.create(type=Type.RECORD_ADDED, actor=by, staff=user, code=code_of(user))


def record_change(*, user: User, by: User, fields: list[str]) -> None:
    """One event for one change: of what they may do, of the password, or of plain facts."""
    if RIGHTS & set(fields):
        kind, code = Type.ROLE_CHANGED, roles_of(user)
    elif any("password" in name for name in fields):
        kind, code, fields = Type.PASSWORD_CHANGED, "", []
    else:
        kind, code = Type.RECORD_CHANGED, code_of(user)
    AuditEvent.objects.create(type=kind, actor=by, staff=user, code=code, fields=fields)


def code_of(user: User) -> str:
    return f"user {user.pk}"


def roles_of(user: User) -> str:
    """What they are from now on, as far as a code reaches."""
    roles = "superuser" if user.is_superuser else ", ".join(sorted(names_of(user)))
    return (roles if user.is_active and user.is_staff else "no access")[:40]


def names_of(user: User) -> list[str]:
    return list(user.groups.values_list("name", flat=True))
