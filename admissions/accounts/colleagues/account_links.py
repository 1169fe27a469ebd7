"""Links by which colleagues choose their own passwords: sent, taken back, used once.

Nobody sets or sees another person's password. On the command line `changepassword` still does, for
whoever runs the servers.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from admissions.audit.actors import actor_fields
from admissions.audit.models import AuditEvent
from admissions.messaging import staff_mail
from admissions.tokens import derive_account_token, hash_token
from users.models import User

from .. import notices, two_factor
from ..models import AccountLink, Session

Type, Purpose = AuditEvent.Type, AccountLink.Purpose
LIFETIME = {Purpose.INVITATION: timedelta(days=7), Purpose.PASSWORD: timedelta(hours=1)}


class LinkNotLive(Exception):
    """The link was used, taken back or replaced, or its time is over."""


@transaction.atomic
def send_link(*, user_id: int, by: User | None) -> AccountLink:
    """Owe a link to the address on file and void an older one; `by` nobody for the owner, who is
    not signed in. Who has no password yet begins with it, unless they ask by themselves."""
    user = two_factor.lock_user(user_id)
    is_new = not user.has_usable_password() and by is not None
    purpose = Purpose.INVITATION if is_new else Purpose.PASSWORD

    now = timezone.now()
    void_links(user, purpose)
    message = staff_mail.enqueue_account_news(user, purpose)
    link = AccountLink.objects.create(
        user=user,
        purpose=purpose,
        sha256=hash_token(derive_account_token(message.message_uuid)),
        expires_at=now + LIFETIME[purpose],
    )

    record(Type.LINK_SENT, user, by, code=purpose)

    notices.wake()
    return link


@transaction.atomic
def revoke_links(*, user_id: int, by: User) -> bool:
    """Take back what was sent and not used; False if there is nothing."""
    user = two_factor.lock_user(user_id)
    if not void_links(user):
        return False
    record(Type.LINK_REVOKED, user, by)
    return True


@transaction.atomic
def use_link(*, link_id: int, password: str) -> User:
    """Take over the password that its owner chose, end every session and void all their links;
    raise LinkNotLive where there is nothing to open any more."""
    user = two_factor.lock_user(AccountLink.objects.get(pk=link_id).user_id)
    link = find_live_links().filter(pk=link_id).first()
    if link is None:
        raise LinkNotLive

    now = timezone.now()
    user.set_password(password)
    user.save(update_fields=["password"])
    AccountLink.objects.filter(pk=link.pk).update(used_at=now)
    void_links(user)
    Session.objects.filter(user=user).delete()

    AuditEvent.objects.create(
        type=Type.PASSWORD_CHANGED,
        source=AuditEvent.Source.SOMEONE,
        staff=user,
        code=link.purpose,
    )

    notices.tell(user, notices.News.PASSWORD_CHANGED)
    return user


def find_link(token: str) -> AccountLink | None:
    """What a token opens; None for unknown, used, void, expired and malformed alike."""
    return find_live_links().filter(sha256=hash_token(token)).first()


def find_live_links() -> QuerySet[AccountLink]:
    return AccountLink.objects.filter(
        used_at=None,
        revoked_at=None,
        expires_at__gt=timezone.now(),
        user__is_active=True,
        user__is_staff=True,
    ).select_related("user")


def find_owner(name: str) -> User | None:
    """The one active colleague with this username or email address."""
    named = Q(username=name) | Q(email__iexact=name)
    found = User.objects.filter(named, is_active=True, is_staff=True)[:2]
    return found[0] if len(found) == 1 else None


def void_links(user: User, *purposes: str) -> int:
    """Take back what is open of someone, of these purposes or of all; how many that were."""
    standing = AccountLink.objects.filter(user=user, used_at=None, revoked_at=None)
    standing = standing.filter(purpose__in=purposes) if purposes else standing
    return standing.update(revoked_at=timezone.now())


def record(type: str, user: User, by: User | None, *, code: str = "") -> None:
    who = actor_fields(AuditEvent.Source.SOMEONE, by)
    AuditEvent.objects.create(type=type, staff=user, code=code, **who)
