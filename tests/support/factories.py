"""Invented rows for tests: each function makes one valid thing, and takes what matters."""

from datetime import datetime, time, timedelta
from functools import cache
from itertools import count

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test import Client
from django.utils import timezone

from admissions.accounts import session_backend
from admissions.alerts.catalog import Kind as AlertKind
from admissions.alerts.telling import tell as tell_alert
from admissions.encryption import encrypt_text
from admissions.intake.models import ConsultationRequest
from admissions.messaging import outbox, staff_mail
from admissions.messaging.alarms.raising import raise_alarm
from admissions.messaging.alarms.telling import tell
from admissions.messaging.catalog import CATALOG
from admissions.messaging.kinds import Check, Subject
from admissions.messaging.models import MailSettings, Message
from admissions.scheduling.models import (
    AfterHours,
    Consultation,
    Counselor,
    EarlierOffer,
    Mode,
    OnCallShift,
    Shortage,
    WaitlistEntry,
    WeeklyHours,
)
from programs.models import CrisisLine, CrisisLineChange, Location
from users.models import User

numbers = count(1)
PASSWORD = "a-long-walk-in-the-sun"
Stage = ConsultationRequest.Stage


@cache
def hashed() -> str:
    """PASSWORD as the site would keep it; hashed once, because it takes half a second."""
    return make_password(PASSWORD)


def make_user(role: str | None = "counselor", **columns) -> User:
    """A staff user in one role's group; None makes a staff user without any."""
    name = f"staff{next(numbers)}"
    user = User.objects.create(
        username=name, email=f"{name}@example.org", password=hashed(), is_staff=True, **columns
    )
    if role:
        user.groups.add(Group.objects.get(name=role))
    return user


SECRET = generate_totp_secret()


def make_factor(user: User, *, secret: str = SECRET) -> Authenticator:
    """The authenticator app of a staff user; all of a run share one secret."""
    return Authenticator.objects.create(
        user=user, type=Authenticator.Type.TOTP, data={"secret": encrypt_text(secret)}
    )


def proof(user: User, *, at: float) -> dict:
    """What a session holds of someone who gave password and code at this moment."""
    code = {"method": "mfa", "at": at, "type": Authenticator.Type.TOTP}
    return {
        AUTHENTICATION_METHODS_SESSION_KEY: [{"method": "password", "at": at}, code],
        "account_authentication_methods_user": str(user.pk),
    }


class StaffClient(Client):
    """A browser of someone at the desk."""

    def force_login(self, user, backend=None):
        """Signed in as the site would have it: with a second factor, just now."""
        super().force_login(user, backend)
        if not Authenticator.objects.filter(user=user).exists():
            make_factor(user)
        now = timezone.now().timestamp()
        session = self.session
        session.update(proof(user, at=now))
        session[session_backend.SIGNED_IN_AT_KEY] = now
        session[session_backend.BROWSER_KEY] = "Chrome on Linux"
        session.save()


def make_counselor(
    *, opens=time(9), closes=time(17), days=range(7), languages=("en",), modes=None, **columns
) -> Counselor:
    """A counselor with the same local hours on each of the days."""
    counselor = Counselor.objects.create(
        user=columns.pop("user", None) or make_user("counselor"),
        public_name=columns.pop("public_name", "Dana"),
        languages=list(languages),
        modes=modes or list(Mode.values),
        meeting_link="https://video.example.org/room",
        location=columns.pop("location", None) or Location.objects.first(),
        **columns,
    )
    WeeklyHours.objects.bulk_create(
        WeeklyHours(counselor=counselor, weekday=day, opens=opens, closes=closes) for day in days
    )
    return counselor


def change_crisis_line(slug: str, **columns) -> None:
    """Change a line as two people have agreed."""
    line = CrisisLine.objects.get(slug=slug)
    CrisisLineChange.objects.create(
        line=line,
        columns=columns,
        asked_by=make_user("content editor"),
        decided_by=make_user("director"),
        decided_at=timezone.now(),
        outcome="approved",
    )
    CrisisLine.objects.filter(pk=line.pk).update(**columns)


def write_settings(**columns) -> None:
    """Where notices to staff go, and the name of discreet emails."""
    MailSettings.objects.update_or_create(pk=1, defaults=columns)


def answer_after_hours(by="service", *, task="message", languages=("en", "es")) -> None:
    """Who answers the line when no counselor has hours; on call, by a rota of this month."""
    columns = {"answered_by": by, "task": task, "languages": list(languages)}
    if by == "nobody":
        columns |= {"task": "", "languages": []}
    AfterHours.objects.update_or_create(pk=1, defaults=columns)
    if by == "on_call":
        begins = timezone.now() - timedelta(days=1)
        make_shift(make_user("coordinator"), begins, begins + timedelta(days=30))


def make_shift(person, starts_at, ends_at, **columns) -> OnCallShift:
    """Someone on the phones for a stretch of time."""
    return OnCallShift.objects.create(
        person=person, starts_at=starts_at, ends_at=ends_at, **columns
    )


def make_request(**columns) -> ConsultationRequest:
    """A new web request that may be called and emailed, due in fifteen minutes."""
    made = columns.setdefault("created_at", datetime.now().astimezone())
    columns.setdefault("source", ConsultationRequest.Source.CALLBACK)
    columns.setdefault("preferred_name", "Jo")
    columns.setdefault("phone", "+17145550155")
    columns.setdefault("email", "jo@example.com")
    columns.setdefault("may_call", True)
    columns.setdefault("may_email", True)
    if columns.get("stage") != Stage.CLOSED:
        columns.setdefault("due_at", made + timedelta(minutes=15))
    return ConsultationRequest.objects.create(**columns)


def make_consultation(
    *, starts_at: datetime, counselor=None, request=None, **columns
) -> Consultation:
    """A scheduled phone consultation of 45 minutes with its 15 minutes of buffer."""
    counselor = counselor or make_counselor()
    request = request or make_request(
        source=ConsultationRequest.Source.BOOKING,
        stage=Stage.CONSULTATION_SCHEDULED,
        due_at=starts_at,
    )
    columns.setdefault("mode", Mode.PHONE)
    return Consultation.objects.create(
        request=request,
        counselor=counselor,
        location=counselor.location,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=45),
        held=DateTimeTZRange(starts_at, starts_at + timedelta(minutes=60), "[)"),
        assigned_because="made for a test",
        **columns,
    )


def make_offer(*, consultation: Consultation, offered_at: datetime, **columns) -> EarlierOffer:
    """An offer of a time a day before the consultation, open for two hours."""
    request = consultation.request
    starts_at = columns.setdefault("starts_at", consultation.starts_at - timedelta(days=1))
    columns.setdefault("expires_at", offered_at + timedelta(hours=2))
    columns.setdefault("number", request.earlier_offers.count())
    waiting = request.waitlist_entries.open().first() or WaitlistEntry.objects.create(
        request=request
    )
    return EarlierOffer.objects.create(
        waitlist_entry=waiting,
        request=request,
        consultation=consultation,
        counselor=columns.pop("counselor", None) or consultation.counselor,
        mode=consultation.mode,
        held=DateTimeTZRange(starts_at, starts_at + timedelta(minutes=60), "[)"),
        offered_at=offered_at,
        **columns,
    )


Kind = Message.Kind
WITH_CONSULTATION = [
    kind
    for kind, entry in CATALOG.items()
    if entry.subject in (Subject.CONSULTATION, Subject.OFFER) and not entry.is_for_staff
]
ABOUT_CALLS = {Check.LATE_CALL, Check.CALL_DUE, Check.CALL_OVERDUE}
STATUS_FOR = {
    Check.COMPLETED: "completed",
    Check.CANCELLATION: "canceled_by_person",
    Check.CHOOSE_AGAIN: "canceled_by_center",
    Check.NO_SHOW: "no_show",
}


def make_message(
    kind: str, *, due_at: datetime, request=None, consultation=None, offer=None, **columns
) -> Message:
    """A message of this kind, under the key that it would be promised with.

    What is about a time that is offered gets an offer, where none is given.
    """
    if CATALOG[kind].subject is Subject.OFFER and offer is None:
        earlier = consultation.starts_at - timedelta(hours=8)
        offer = make_offer(consultation=consultation, offered_at=due_at, starts_at=earlier)
    about = {name: columns.pop(name) for name in ("shortage", "day", "round") if name in columns}
    if offer is None:
        about |= {"request": request, "consultation": consultation}
    message = outbox.build_message(kind, due_at=due_at, offer=offer, **about)
    for name, value in {"due_at": due_at, **columns}.items():
        setattr(message, name, value)
    message.save(force_insert=True)
    return message


def make_due(kind: str, *, now: datetime, at=None, mode=Mode.PHONE, **columns) -> Message:
    """A message of this kind that is due now, and all that makes it right to send it.

    It is about a consultation at `at`, or in a day; what is offered is eight hours before.
    """
    entry = CATALOG[kind]
    if entry.subject is Subject.DAY:
        return make_message(kind, due_at=now, day=timezone.localdate(now), enqueued_at=now)
    if entry.subject is Subject.ACCOUNT:
        message = staff_mail.enqueue_account_news(make_user(), Message.AccountNews.PASSWORD_CHANGED)
        Message.objects.filter(pk=message.pk).update(due_at=now)
        message.refresh_from_db()
        return message
    if entry.subject in (Subject.ALARM, Subject.ALERT, Subject.SHORTAGE):
        return make_due_warning(kind, now=now, **columns)
    if entry.subject is Subject.REQUEST:
        if entry.check in ABOUT_CALLS:
            columns.setdefault("promised_call_by", now)
        return make_message(kind, request=make_request(**columns), due_at=now)

    status = STATUS_FOR.get(entry.check, "scheduled")
    request = make_request(stage=Stage.CONSULTATION_SCHEDULED, source="booking", **columns)
    starts_at = at or now + timedelta(days=1)
    consultation = make_consultation(starts_at=starts_at, request=request, mode=mode, status=status)
    if entry.subject is Subject.OFFER:
        state = {"state": "gone", "ended_at": now} if kind == Kind.EARLIER_OFFER_TAKEN else {}
        earlier = starts_at - timedelta(hours=8)
        offer = make_offer(consultation=consultation, offered_at=now, starts_at=earlier, **state)
        return make_message(kind, offer=offer, due_at=now)
    return make_message(kind, consultation=consultation, due_at=now)


def make_due_warning(kind: str, *, now: datetime, **columns) -> Message:
    """Of danger that rings, of what a colleague is told, or of a shortage that lasts."""
    if CATALOG[kind].subject is Subject.ALERT:
        tell_alert(AlertKind.HANDED, [make_user()], key="1", page="/admin/", now=now)
        staff_mail.enqueue_alert_emails(now=now)
        return Message.objects.get(kind=kind)
    if CATALOG[kind].subject is Subject.ALARM:
        alarm = raise_alarm(make_request(is_in_danger=True, **columns))
        return tell(colleague=make_user(), alarms=[alarm], key=f"alarm:{alarm.pk}", now=now)
    shortage = Shortage.objects.create(language="en", began_at=now)
    return make_message(kind, due_at=now, shortage=shortage)


def make_details(**columns) -> dict:
    """What the booking form gives to the service: someone who may be called and emailed."""
    return {
        "preferred_name": "Jo",
        "phone": "+17145550155",
        "email": "jo@example.com",
        "may_call": True,
        "may_email": True,
        "time_zone": "America/Los_Angeles",
        **columns,
    }
