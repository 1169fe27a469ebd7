"""A colleague begins: account, role, hours, credential and invitation in one transaction."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from admissions.audit.models import AuditEvent
from admissions.care.models import StaffCredential
from admissions.exceptions import ActionNotAllowed
from admissions.scheduling import hours_templates
from admissions.scheduling.models import Counselor, WeeklyHours
from programs.models import Location
from users.models import User

from . import account_changes, account_links, user_management

ADD_LOCK_ID = 5_317  # any number of ours: one colleague is added at a time
MAY_ADD = "users.add_user"
SENT_TWICE_WITHIN = timedelta(minutes=10)


class EmailTaken(Exception):
    """Someone has this address already: `user`."""

    def __init__(self, user: User) -> None:
        super().__init__()
        self.user = user


@dataclass(frozen=True)
class Consultations:
    """How someone talks with requesters; `hours` is a code of `hours_templates`."""

    hours: str
    languages: tuple[str, ...]
    modes: tuple[str, ...]
    location: Location
    meeting_link: str = ""


@dataclass(frozen=True)
class CredentialAnswers:
    title: str
    number: str
    expires_on: date


@dataclass(frozen=True)
class NewColleague:
    """What is told of a colleague who begins; None for who holds no consultations, or signs
    as nothing."""

    first_name: str
    last_name: str
    email: str
    roles: tuple[str, ...] = ()
    consultations: Consultations | None = None
    credential: CredentialAnswers | None = None


@transaction.atomic
def add_colleague(*, by: User, told: NewColleague) -> tuple[User, bool]:
    """Store a colleague and owe them an invitation; return them, and whether a second person is
    asked about their role. Raise EmailTaken if there is such a colleague, ActionNotAllowed if this
    is not for `by` to do.

    A counselor takes no consultations until `readiness.start_consultations` says so.
    """
    if not by.has_perm(MAY_ADD):
        raise ActionNotAllowed(_("Only those who keep accounts add colleagues."))
    # Whoever sends the same twice at one moment waits here, and finds the first.
    lock_adding()
    if other := User.objects.filter(email__iexact=told.email).first():
        raise EmailTaken(other)

    user = build_user(told)
    given, wanted = account_changes.hold_back(by=by, user=user, groups=set(told.roles))
    user.save()
    user.groups.add(*Group.objects.filter(name__in=given))
    if told.consultations:
        record_added(add_counselor(user, told.consultations), by)
    if told.credential:
        record_added(StaffCredential.objects.create(user=user, **vars(told.credential)), by)

    user_management.record_user_added(user=user, by=by)

    account_links.send_link(user_id=user.pk, by=by)
    for each in wanted:
        account_changes.ask(user_id=user.pk, by=by, wanted=each)
    return user, bool(wanted)


def lock_adding() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADD_LOCK_ID])


def build_user(told: NewColleague) -> User:
    user = User(
        username=user_management.build_username(told.email),
        first_name=told.first_name,
        last_name=told.last_name,
        email=told.email,
        is_staff=True,
    )
    user.set_unusable_password()
    return user


def add_counselor(user: User, told: Consultations) -> Counselor:
    counselor = Counselor.objects.create(
        user=user,
        public_name=user.first_name,
        is_taking_consultations=False,
        languages=list(told.languages),
        modes=list(told.modes),
        meeting_link=told.meeting_link,
        location=told.location,
    )
    on = timezone.localdate(timezone=counselor.zone)
    WeeklyHours.objects.bulk_create(hours_templates.build_hours(counselor, told.hours, on=on))
    return counselor


def record_added(row: Model, by: User) -> None:
    AuditEvent.objects.create(
        type=AuditEvent.Type.RECORD_ADDED,
        actor=by,
        object_type=str(row._meta.model_name),
        object_id=str(row.pk),
    )


def was_just_added(user: User, *, by: User) -> bool:
    """Whether the same person added them within ten minutes: they sent their form twice."""
    added = AuditEvent.objects.filter(
        type=AuditEvent.Type.RECORD_ADDED, staff=user, actor=by, object_type="user"
    )
    return added.filter(at__gte=timezone.now() - SENT_TWICE_WITHIN).exists()
