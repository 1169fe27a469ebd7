"""Invented rows for tests: each function makes one valid thing, and takes what matters."""

from datetime import datetime, time, timedelta
from functools import cache
from itertools import count

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone
from psycopg2.extras import DateTimeTZRange

from admissions.accounts import authentication, session_backend, totp
from admissions.accounts.models import Factor
from admissions.intake.models import ConsultationRequest
from admissions.messaging.models import Message
from admissions.scheduling.models import (
    Consultation,
    Counselor,
    EarlierOffer,
    Mode,
    Shortage,
    WaitlistEntry,
    WeeklyHours,
)
from programs.models import Location

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


SECRET = totp.new_secret()


def make_factor(user: User, *, secret: str = SECRET) -> Factor:
    """The authenticator app of a staff user; all of a run share one secret."""
    return Factor.objects.create(user=user, secret=secret)


class StaffClient(Client):
    """A browser of someone at the desk."""

    def force_login(self, user, backend=None):
        """Signed in as the site would have it: with a second factor, just now."""
        super().force_login(user, backend)
        factor = Factor.objects.filter(user=user).first() or make_factor(user)
        now = timezone.now().timestamp()
        session = self.session
        session.update(
            {
                authentication.FACTOR_KEY: factor.pk,
                authentication.CONFIRMED_KEY: now,
                session_backend.SIGNED_IN_AT_KEY: now,
                session_backend.BROWSER_KEY: "Chrome on Linux",
            }
        )
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
WITHOUT_CONSULTATION = [
    *Message.NO_CONTACT_SERIES,
    Kind.CALLBACK_MADE,
    Kind.CALLBACK_MISSED,
    Kind.CALLBACK_LATE,
    *sorted(Message.STAFF_KINDS),
]
LATE_CALLS = {Kind.CALLBACK_LATE, Kind.STAFF_CALL_DUE, Kind.STAFF_CALL_OVERDUE}
STATUS_FOR = {
    Kind.AFTER_COMPLETED: "completed",
    Kind.CANCELED: "canceled_by_person",
    Kind.CANCELED_BY_CENTER: "canceled_by_center",
    **dict.fromkeys(Message.NO_SHOW_SERIES, "no_show"),
}


def make_due(kind: str, *, now: datetime, at=None, mode=Mode.PHONE, **columns) -> Message:
    """A message of this kind that is due now, and all that makes it right to send it.

    It is about a consultation at `at`, or in a day; what is offered is eight hours before.
    """
    if kind == Kind.STAFF_DIGEST:
        version = int(f"{timezone.localtime(now):%Y%m%d}")
        return Message.objects.create(kind=kind, due_at=now, version=version)
    if kind == Kind.STAFF_SHORTAGE:
        shortage = Shortage.objects.create(language="en", began_at=now)
        return Message.objects.create(kind=kind, due_at=now, version=shortage.pk)
    if kind in WITHOUT_CONSULTATION:
        if kind in LATE_CALLS or kind == Kind.STAFF_ESCALATED:
            columns.setdefault("promised_call_by", now)
        return Message.objects.create(request=make_request(**columns), kind=kind, due_at=now)

    status = STATUS_FOR.get(kind, "scheduled")
    request = make_request(stage=Stage.CONSULTATION_SCHEDULED, source="booking", **columns)
    starts_at = at or now + timedelta(days=1)
    consultation = make_consultation(starts_at=starts_at, request=request, mode=mode, status=status)
    if kind in (Kind.EARLIER_OFFER, Kind.EARLIER_OFFER_TAKEN):
        state = {"state": "gone", "ended_at": now} if kind == Kind.EARLIER_OFFER_TAKEN else {}
        earlier = starts_at - timedelta(hours=8)
        make_offer(consultation=consultation, offered_at=now, starts_at=earlier, **state)
    return Message.objects.create(request=request, consultation=consultation, kind=kind, due_at=now)


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
