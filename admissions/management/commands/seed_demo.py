"""Invented staff and people for trying the site on one's own machine."""

from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from admissions.accounts import demo
from admissions.audit.models import AuditEvent
from admissions.intake import suppressions
from admissions.intake.models import ConsultationRequest, Suppression
from admissions.management import demo_care, demo_month, demo_privacy, demo_work
from admissions.messaging import outbox
from admissions.messaging.models import MailSettings, Message
from admissions.scheduling import assignment, availability
from admissions.scheduling.models import AfterHours, Consultation, Counselor, Mode, WeeklyHours
from programs.models import Facility, Location
from users.models import User

PASSWORD = "walk-in-the-sun-2030"  # noqa: S105 - printed for everyone to see, on loopback only
STAFF = [
    ("dana", "Dana", "counselor"),
    ("sam", "Sam", "counselor"),
    ("rosa", "Rosa", "counselor"),
    ("kim", "Kim", "coordinator"),
    ("lee", "Lee", "director"),
    ("noor", "Noor", "content editor"),
    ("maya", "Maya", "clinician"),
    ("ivo", "Ivo", "VOB"),
    ("ada", "Ada", "auditor"),
]
COUNSELORS = {
    "dana": (["en"], ["phone", "video", "in_person"], time(8), time(16)),
    "sam": (["en"], ["phone", "video"], time(11), time(20)),
    "rosa": (["en", "es"], ["phone", "in_person"], time(9), time(18)),
}
# So that the demo shows a night as most centers have one.
AFTER_HOURS = {
    "answered_by": AfterHours.AnsweredBy.SERVICE,
    "task": AfterHours.Task.PROMISE,
    "languages": ["en", "es"],
}
PEOPLE = [
    ("Ana", "+17145550117", "loved_one", "danger"),
    ("Marcus", "+19495550102", "self", "callback"),
    ("Linh", "+17145550143", "self", "waiting"),
    ("J.", "+15625550166", "self", "booked"),
    ("Teo", "+17145550181", "loved_one", "booked"),
]
# So that the outbox shows its face: kind, state, reason, tries, hours from now.
LetterStory = tuple[str, str, str, int, float]
MESSAGES: dict[str, list[LetterStory]] = {
    "Lou": [
        ("callback_late", "skipped", "kept", 0, -25),
        ("callback_missed", "sent", "", 1, -24),
        ("no_contact_1", "sent", "", 2, -1),
        ("no_contact_2", "delayed", "unreachable", 3, 0.3),
        ("no_contact_3", "promised", "", 0, 145),
    ],
    "Ines": [
        ("callback_missed", "bounced", "no_such_address", 1, -0.9),
        ("callback_late", "failed", "refused", 1, -0.8),
    ],
}


class Command(BaseCommand):
    help = "Adds invented staff, hours and requests; run it as often as you like."

    def handle(self, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("Demo data has no place in production. Nothing was added.")
        with transaction.atomic():
            # Two starts at once would each see an empty table.
            Facility.objects.select_for_update().get()
            add_staff()
            if not ConsultationRequest.objects.exists():
                add_people()
            for name, letters in MESSAGES.items():
                if not ConsultationRequest.objects.with_email(demo_email(name)):
                    add_messages(name, letters)
            demo_work.add_notes_and_checks()
            demo_work.add_rota(timezone.now())
            demo_care.add_credentials()
            for name in demo_care.STORIES:
                if not ConsultationRequest.objects.with_email(demo_email(name)):
                    demo_care.add_assessed_request(name, email=demo_email(name))
            demo_privacy.add_privacy_stories()
            if not demo_month.has_month():
                demo_month.add_month(timezone.now())
        self.stdout.write("Demo sign-ins for the staff desk (one password for all):")
        for username, _name, role in STAFF:
            self.stdout.write(f"  {role:<15} {username:<8} {PASSWORD}")
        self.stdout.write(f"  {'administrator':<15} {'admin':<8} {PASSWORD}")
        self.stdout.write("  The second page asks for a code, and shows it to these people.")


def add_staff() -> None:
    """A user for each role, and hours for each counselor; what exists stays as it is."""
    MailSettings.objects.filter(staff_email="").update(staff_email="admissions@er-office.example")
    AfterHours.objects.filter(answered_by=AfterHours.AnsweredBy.NOBODY).update(**AFTER_HOURS)
    for username, name, role in [*STAFF, ("admin", "Alex", None)]:
        user, is_new = User.objects.get_or_create(
            username=username,
            defaults={
                "first_name": name,
                "email": f"{username}@er-office.example",
                "is_staff": True,
                "is_superuser": role is None,
                "is_demo": True,
            },
        )
        if is_new:
            user.set_password(PASSWORD)
            user.save()
            user.groups.set([Group.objects.get(name=role)] if role else [])
        demo.enroll(user)
        if username in COUNSELORS:
            add_counselor(user)


def add_counselor(user: User) -> None:
    [location] = Location.objects.all()[:1]
    languages, modes, opens, closes = COUNSELORS[user.username]
    counselor, is_new = Counselor.objects.get_or_create(
        user=user,
        defaults={
            "public_name": user.first_name,
            "languages": languages,
            "modes": modes,
            "meeting_link": f"https://video.er-office.example/{user.username}",
            "location": location,
        },
    )
    if is_new:
        # Admissions works every day; weekends have shorter hours.
        WeeklyHours.objects.bulk_create(
            WeeklyHours(
                counselor=counselor,
                weekday=day,
                opens=opens,
                closes=closes if day < 5 else min(closes, time(15)),
            )
            for day in range(7)
        )


def add_people() -> None:
    """One request of each kind that the desk must tell apart."""
    now = timezone.now()
    for place, (name, phone, for_whom, story) in enumerate(PEOPLE):
        request = ConsultationRequest(
            created_at=now - timedelta(minutes=2 + 7 * place),
            source=ConsultationRequest.Source.CALLBACK,
            preferred_name=name,
            phone=phone,
            email=demo_email(name),
            for_whom=for_whom,
            may_call=True,
            may_email=True,
            due_at=now + timedelta(minutes=15),
        )
        if story == "danger":
            request.is_in_danger, request.due_at = True, now
        if story in ("danger", "callback"):
            request.promised_call_by = now + timedelta(minutes=3)
        if story == "booked":
            book_consultation(request, now)
        else:
            request.save()
            record_request_event(request)


def demo_email(name: str) -> str:
    return f"{name.strip('.').lower()}@example.com"


def add_messages(name: str, letters: list[LetterStory]) -> None:
    """Someone far away whom we have tried to reach, and what became of the emails to them."""
    now = timezone.now()
    is_lost = any(state in Message.LOST_STATES for _kind, state, *_rest in letters)
    request = ConsultationRequest.objects.create(
        created_at=now - timedelta(hours=26),
        source=ConsultationRequest.Source.CALLBACK,
        stage=ConsultationRequest.Stage.ATTEMPTING_CONTACT,
        preferred_name=name,
        phone="+12125550128",
        email=demo_email(name),
        time_zone="America/New_York",
        may_call=True,
        may_email=True,
        due_at=now if is_lost else now + timedelta(hours=2),
        email_failed_at=now - timedelta(minutes=48) if is_lost else None,
    )
    record_request_event(request)
    request.attempts.create(
        by=User.objects.get(username="dana"),
        at=now - timedelta(hours=25),
        channel="call",
        result="no_answer",
    )
    Message.objects.bulk_create(build_message(request, now, each) for each in letters)
    if is_lost:
        suppressions.suppress_email(request, Suppression.Cause.BOUNCED)


def build_message(request: ConsultationRequest, now: datetime, story: LetterStory) -> Message:
    """One email with its story: kind, state, reason, tries, hours from now."""
    kind, state, reason, tries, hours = story
    at = now + timedelta(hours=hours)
    message = outbox.build_message(kind, request=request, due_at=at)
    message.state, message.reason, message.tries = state, reason, tries
    message.due_at, message.enqueued_at = at, now - timedelta(hours=26)
    message.finished_at = at if message.is_finished else None
    return message


def book_consultation(request: ConsultationRequest, now: datetime) -> None:
    slots = availability.open_slots(mode=Mode.PHONE, now=now, language="en")
    request.source = ConsultationRequest.Source.BOOKING
    request.stage = ConsultationRequest.Stage.CONSULTATION_SCHEDULED
    request.due_at = slots[0].starts_at
    request.save()
    consultation = assignment.hold_slot(
        request=request, pick=assignment.SlotChoice(slots[0].starts_at, Mode.PHONE), now=now
    )
    record_request_event(request, consultation)
    outbox.enqueue_confirmation(consultation)


def record_request_event(
    request: ConsultationRequest, consultation: Consultation | None = None
) -> None:
    request.audit_events.create(
        type=(
            AuditEvent.Type.CONSULTATION_REQUESTED
            if consultation
            else AuditEvent.Type.CALLBACK_REQUESTED
        ),
        source=AuditEvent.Source.SYSTEM,
        consultation=consultation,
    )
