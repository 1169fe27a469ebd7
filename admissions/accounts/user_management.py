"""Who may change what colleagues may do, and the record of it."""

from django.contrib.auth.models import Group, Permission, User
from django.db.models import QuerySet

from admissions.audit.models import AuditEvent

Type = AuditEvent.Type
PERMISSION_FIELDS = {"groups", "is_active", "is_staff", "is_superuser", "user_permissions"}


def assignable_roles(by: User) -> QuerySet[Group]:
    """The roles that someone may give and take: those with no more power over people than theirs.

    A director gives roles that see what a director does not; but nobody makes anyone
    more of a master over accounts than they are themselves.
    """
    if by.is_superuser:
        return Group.objects.all()
    own = Permission.objects.filter(group__user=by, content_type__app_label="auth")
    beyond = Permission.objects.filter(content_type__app_label="auth").exclude(pk__in=own)
    return Group.objects.exclude(permissions__in=beyond)


def may_change_user(by: User, user: User) -> bool:
    """Whether someone may change this colleague at all: nobody reaches above themselves."""
    if by.is_superuser:
        return True
    if user.is_superuser or user.user_permissions.exists():
        return False
    return not user.groups.exclude(pk__in=assignable_roles(by)).exists()


def record_user_added(*, user: User, by: User) -> None:
    AuditEvent.objects.create(type=Type.RECORD_ADDED, actor=by, staff=user, code=audit_code(user))


def record_user_changed(*, user: User, by: User, fields: list[str]) -> None:
    """One event for one change: of what they may do, of the password, or of plain facts."""
    if PERMISSION_FIELDS & set(fields):
        kind, code = Type.ROLE_CHANGED, describe_roles(user)
    elif any("password" in name for name in fields):
        kind, code, fields = Type.PASSWORD_CHANGED, "", []
    else:
        kind, code = Type.RECORD_CHANGED, audit_code(user)
    AuditEvent.objects.create(type=kind, actor=by, staff=user, code=code, fields=fields)


def audit_code(user: User) -> str:
    return f"user {user.pk}"


def describe_roles(user: User) -> str:
    """What they are from now on, as far as a code reaches."""
    roles = "superuser" if user.is_superuser else ", ".join(sorted(role_names(user)))
    return (roles if user.is_active and user.is_staff else "no access")[:40]


def role_names(user: User) -> list[str]:
    return list(user.groups.values_list("name", flat=True))
