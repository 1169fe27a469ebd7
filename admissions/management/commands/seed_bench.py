"""Many invented rows, quickly: for measuring, never for production."""

from datetime import time

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from admissions.models import Counselor, Mode, WeeklyHours
from programs.models import Location

REQUESTS = """
    INSERT INTO admissions_consultationrequest (
        id, reference, created_at, source, stage, due_at, disposition, close_reason, close_note,
        closed_at, is_in_danger, for_whom, is_adult, preferred_name, phone, email, may_call,
        may_text, may_email, voicemail, is_discreet, good_time, language, time_zone, interpreter,
        access_need, payment, note
    )
    SELECT gen_random_uuid(), upper(substr(code, 1, 4) || '-' || substr(code, 5)),
        now() - n * interval '1 minute', 'booking', %(stage)s,
        CASE WHEN %(is_open)s THEN now() + (n %% 2880 - 60) * interval '1 minute' END,
        CASE WHEN %(is_open)s THEN '' ELSE 'declined_by_person' END, '', '',
        CASE WHEN NOT %(is_open)s THEN now() END, %(is_open)s AND n %% 500 = 0, 'self', true,
        'Person ' || n, '+1714555' || lpad((100 + n %% 100)::text, 4, '0'),
        'person' || n || '@example.com', true, false, true, 'no', true, 'any', 'en',
        'America/Los_Angeles', '', '', '', ''
    FROM generate_series(%(first)s, %(last)s) AS n,
        LATERAL (SELECT lpad(to_hex(n), 8, '0') AS code) AS coded
"""

# Each counselor's past is a chain of consultations an hour apart, so none overlap.
CONSULTATIONS = """
    INSERT INTO admissions_consultation (
        request_id, counselor_id, location_id, mode, status, starts_at, ends_at, held, booked_at,
        assigned_because, uid, sequence, ended_at, cancel_reason
    )
    SELECT id, counselors[1 + n %% %(count)s], %(location)s, 'phone', 'completed', start,
        start + interval '45 minutes', tstzrange(start, start + interval '1 hour'),
        start - interval '1 day', 'seeded', gen_random_uuid(), 0, start + interval '45 minutes', ''
    FROM (
        SELECT id, row_number() OVER (ORDER BY created_at) AS n, %(counselors)s AS counselors
        FROM admissions_consultationrequest WHERE stage = 'closed' AND NOT EXISTS (
            SELECT FROM admissions_consultation AS c
            WHERE c.request_id = admissions_consultationrequest.id
        )
    ) AS closed,
        LATERAL (
            SELECT date_trunc('hour', now()) - (1 + n / %(count)s) * interval '1 hour' AS start
        ) AS timed
"""


class Command(BaseCommand):
    help = "Adds counselors with hours, completed consultations and open requests in bulk."

    def add_arguments(self, parser):
        parser.add_argument("--counselors", type=int, default=10)
        parser.add_argument("--past", type=int, default=10_000)
        parser.add_argument("--requests", type=int, default=1_000)

    def handle(self, *, counselors, past, requests, **options):
        if settings.PRODUCTION:
            raise CommandError("Invented rows have no place in production. Nothing was added.")
        if counselors < 1 or past < 0 or requests < 0:
            raise CommandError("Give at least one counselor, and no negative counts.")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
            ids = add_counselors(counselors)
            add_requests(cursor, past, stage="closed")
            cursor.execute(
                CONSULTATIONS,
                {
                    "counselors": ids,
                    "count": len(ids),
                    "location": Location.objects.first().pk,
                },
            )
            add_requests(cursor, requests, stage="new")
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        self.stdout.write(
            f"Added {counselors} counselors, {past} past consultations, {requests} open requests."
        )


def add_counselors(number: int) -> list[int]:
    """Counselors for phone, video and visits, nine to five on every day; returns their ids."""
    taken = User.objects.filter(username__startswith="bench").count()
    users = User.objects.bulk_create(
        User(username=f"bench{n}", is_staff=True, password="!")  # noqa: S106 - can't sign in
        for n in range(taken, taken + number)
    )
    group = Group.objects.get(name="counselor")
    User.groups.through.objects.bulk_create(
        User.groups.through(user=user, group=group) for user in users
    )
    location = Location.objects.first()
    counselors = Counselor.objects.bulk_create(
        Counselor(
            user=user,
            public_name="Bench",
            languages=["en"],
            modes=list(Mode.values),
            meeting_link="https://video.example.org/room",
            location=location,
        )
        for user in users
    )
    WeeklyHours.objects.bulk_create(
        WeeklyHours(counselor=each, weekday=day, opens=time(9), closes=time(17))
        for each in counselors
        for day in range(7)
    )
    return [each.pk for each in counselors]


def add_requests(cursor, number: int, *, stage: str) -> None:
    """Requests with running references; phones are 555-01xx."""
    cursor.execute("SELECT count(*) FROM admissions_consultationrequest WHERE email LIKE 'person%'")
    (taken,) = cursor.fetchone()
    cursor.execute(
        REQUESTS,
        {
            "stage": stage,
            "is_open": stage != "closed",
            "first": taken + 1,
            "last": taken + number,
        },
    )
