"""Many invented rows, quickly: for measuring, never for production."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction
from django.utils import timezone
from psycopg import ClientCursor

from admissions.encryption import current_keys, encrypt_text
from admissions.intake.models import ConsultationRequest, search_tokens
from admissions.scheduling.models import Counselor, Mode, ModeRules, WeeklyHours
from programs.models import Location
from users.models import User

SEARCHED, MANY, BATCH = ConsultationRequest, 50_000, 5_000

# People of as many names, numbers and addresses as in life: no index is measured by one word.
FIRST_NAMES = (
    "Ana Ben Carlos Dana Elena Farid Grace Hector Ines Jamal Karen Linh Marcus Nadia Omar Priya"
    " Quinn Rosa Samuel Teo Uma Victor Wendy Xavier Yesenia Zoe Maria Minh Noah Olivia Liam Emma"
    " Sofia Mateo Camila Diego Hannah Isaac Julia Kevin Leila Miguel Nora Oscar Paula Ramon Sarah"
    " Thanh Valeria William"
)
LAST_NAMES = (
    "Alvarez Baker Castillo Davis Espinoza Flores Garcia Hernandez Ibrahim Johnson Kim Lopez"
    " Martinez Nguyen Ortiz Patel Quintero Ramirez Sanchez Tran Ueda Vargas Williams Xiong Young"
    " Zamora Anderson Brown Clark Delgado Evans Fernandez Gonzalez Harris Jackson King Lewis Moore"
    " Navarro Owens Perez Reyes Smith Torres Vo Walker Castro Mendoza Pham Wright"
)
MAIL = ["mail.example", "post.example", "inbox.example", "letters.example", "net.example"]

REQUEST_TABLE = ConsultationRequest._meta.db_table
PEOPLE = """
    CREATE TEMPORARY TABLE IF NOT EXISTS bench_people (
        n integer, reference text, preferred_name text, phone text, email text,
        search_tokens bigint[]
    ) ON COMMIT DROP
"""
REQUESTS = """
    INSERT INTO admissions_consultationrequest (
        id, reference, created_at, source, stage, owner_id, claimed_at, due_at, disposition,
        close_reason, close_note, closed_at, is_in_danger, for_whom, is_adult, preferred_name,
        phone, email, may_call, may_text, may_email, voicemail, is_discreet, good_time, language,
        time_zone, interpreter, access_need, payment, note, search_tokens
    )
    SELECT gen_random_uuid(), reference, created,
        'booking', %(stage)s, CASE WHEN NOT %(is_open)s THEN owner END,
        CASE WHEN NOT %(is_open)s THEN created END,
        CASE WHEN %(is_open)s THEN %(now)s + (n %% 2880 - 60) * interval '1 minute' END,
        CASE WHEN %(is_open)s THEN '' ELSE 'declined_by_person' END, '', '',
        CASE WHEN NOT %(is_open)s THEN least(created + n %% 14 * interval '1 day', %(now)s) END,
        %(is_open)s AND n %% 500 = 0, CASE WHEN n %% 3 = 0 THEN 'loved_one' ELSE 'self' END, true,
        preferred_name, phone, email, true, false, true, 'no', true, 'any',
        'en', 'America/Los_Angeles', '', '', '', '', search_tokens
    FROM bench_people,
        LATERAL (
            SELECT %(now)s - n * interval '1 minute' AS created,
                (%(owners)s::int[])[1 + n %% cardinality(%(owners)s::int[])] AS owner
        ) AS told
    WHERE n BETWEEN %(first)s AND %(last)s
"""

# New requests, numbered from 0.
ADDED = f"""
    WITH added AS ({REQUESTS} RETURNING id),
    waiting AS (SELECT id, row_number() OVER () - 1 AS n FROM added)
"""  # noqa: S608  our own words alone

# Each counselor's past is a chain of consultations an hour apart, so none overlap. Of ten,
# seven took place, two were canceled, and one person did not come.
PAST = f"""
    {ADDED}
    INSERT INTO admissions_consultation (
        request_id, counselor_id, location_id, mode, status, starts_at, ends_at, held, booked_at,
        assigned_because, uid, sequence, ended_at, cancel_reason
    )
    SELECT id, counselors[1 + n %% %(count)s], %(location)s, 'phone', status, start,
        start + interval '45 minutes', tstzrange(start, start + interval '1 hour'),
        start - interval '1 day', 'seeded', gen_random_uuid(),
        (status = 'canceled_by_person')::int, start + interval '45 minutes', ''
    FROM waiting,
        LATERAL (
            SELECT %(counselors)s::bigint[] AS counselors,
                date_trunc('hour', %(now)s) - (2 + n / %(count)s) * interval '1 hour' AS start,
                CASE WHEN n %% 10 < 7 THEN 'completed' WHEN n %% 10 < 9 THEN 'canceled_by_person'
                ELSE 'no_show' END AS status
        ) AS told
"""  # noqa: S608  our own words alone

# Starts one after the other from nine to five, and of them an even, scattered share.
AHEAD = """
    SELECT counselor, start, row_number() OVER (ORDER BY start, counselor) - 1 AS n
    FROM unnest(%(counselors)s::bigint[]) AS counselor,
        generate_series(0, %(horizon)s) AS day,
        generate_series(0, 480 - %(step)s, %(step)s) AS minute,
        LATERAL (
            SELECT (date_trunc('day', %(now)s AT TIME ZONE %(zone)s) + day * interval '1 day'
                + interval '9 hours' + minute * interval '1 minute') AT TIME ZONE %(zone)s AS start
        ) AS timed
    WHERE start > %(now)s
        AND abs(hashtext(concat_ws('-', counselor, day, minute)) %% 1000) < %(share)s * 1000
"""
BOOKED_AHEAD = f"""
    {ADDED}
    INSERT INTO admissions_consultation (
        request_id, counselor_id, location_id, mode, status, starts_at, ends_at, held, booked_at,
        assigned_because, uid, sequence, cancel_reason
    )
    SELECT id, counselor, %(location)s, 'phone', 'scheduled', start,
        start + %(length)s * interval '1 minute',
        tstzrange(start - %(before)s * interval '1 minute',
            start + (%(length)s + %(after)s) * interval '1 minute'),
        %(now)s, 'seeded', gen_random_uuid(), 0, ''
    FROM ({AHEAD}) AS ahead JOIN waiting USING (n)
"""  # noqa: S608  our own words alone


class Command(BaseCommand):
    help = "Adds counselors with hours, a past, booked time ahead and open requests in bulk."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--counselors", type=int, default=10)
        parser.add_argument("--past", type=int, default=10_000, help="finished consultations")
        parser.add_argument("--requests", type=int, default=1_000, help="new, open ones")
        parser.add_argument(
            "--booked-ahead",
            type=float,
            default=0,
            help="the share of the counselors' time up to the horizon that is booked, 0 to 1",
        )

    def handle(
        self, *, counselors: int, past: int, requests: int, booked_ahead: float, **options: Any
    ) -> None:
        if settings.PRODUCTION:
            raise CommandError("Invented rows have no place in production. Nothing was added.")
        if counselors < 1 or past < 0 or requests < 0 or not 0 <= booked_ahead <= 1:
            raise CommandError(
                "Give at least one counselor, no negative counts, a share of 0 to 1."
            )
        connection.ensure_connection()
        # Bound here, not by the server: without values in sight Postgres would ask for a cast of
        # nearly each, and nobody's are among them.
        with (
            transaction.atomic(),
            ClientCursor(connection.connection) as cursor,
            without_search(past + requests),
        ):
            cursor.execute("SET LOCAL statement_timeout = 0")
            ids, location = add_counselors(counselors)
            now = timezone.now()
            add_past(cursor, past, ids, location, now)
            booked = book_ahead(cursor, booked_ahead, ids, location, now)
            cursor.execute(REQUESTS, new_requests(cursor, requests, stage="new", now=now))
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        self.stdout.write(
            f"Added {counselors} counselors, {past} past consultations, {booked} ahead,"
            f" {requests} open requests."
        )


@contextmanager
def without_search(rows: int) -> Iterator[None]:
    """Many rows enter the index of searches far sooner all together, once they are there."""
    index = next(each for each in SEARCHED._meta.indexes if each.name == "request_search")
    if rows < MANY:
        yield
        return
    with connection.schema_editor() as editor:
        editor.remove_index(SEARCHED, index)
        yield
        editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        editor.add_index(SEARCHED, index)


def add_counselors(number: int) -> tuple[list[int], Location]:
    """Counselors for phone, video and visits, nine to five on every day; their ids, and where."""
    taken = User.objects.filter(username__startswith="bench").count()
    users = User.objects.bulk_create(
        User(username=f"bench{n}", is_staff=True, password="!")  # noqa: S106 - can't sign in
        for n in range(taken, taken + number)
    )
    group = Group.objects.get(name="counselor")
    User.groups.through.objects.bulk_create(
        User.groups.through(user=user, group=group) for user in users
    )
    [location] = Location.objects.all()[:1]
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
    return [each.pk for each in counselors], location


def add_past(
    cursor: ClientCursor, number: int, ids: list[int], location: Location, now: datetime
) -> None:
    """Finished consultations, each of a request of its own that is closed."""
    figures = {"counselors": ids, "count": len(ids), "location": location.pk}
    cursor.execute(PAST, figures | new_requests(cursor, number, stage="closed", now=now))


def book_ahead(
    cursor: ClientCursor, share: float, ids: list[int], location: Location, now: datetime
) -> int:
    """Standing consultations in this share of the time up to the horizon; returns how many."""
    rules = ModeRules.objects.get(mode=Mode.PHONE)
    held = rules.buffer_before + rules.length + rules.buffer_after
    figures: dict[str, Any] = {
        "now": now,
        "counselors": ids,
        "location": location.pk,
        "zone": location.time_zone,
        "share": share,
        "horizon": rules.horizon,
        "step": -(-held // rules.start_grid) * rules.start_grid,
        "length": rules.length,
        "before": rules.buffer_before,
        "after": rules.buffer_after,
    }
    cursor.execute(AHEAD, figures)
    number = cursor.rowcount
    requests = new_requests(cursor, number, stage="consultation_scheduled", now=now)
    cursor.execute(BOOKED_AHEAD, figures | requests)
    return number


def new_requests(cursor: ClientCursor, number: int, *, stage: str, now: datetime) -> dict:
    """What REQUESTS asks for: so many requests with references that no earlier ones have."""
    cursor.execute(
        "SELECT count(*) FROM admissions_consultationrequest"
        " WHERE reference ~ '^[0-9A-F]{4}-[0-9A-F]{4}$'"
    )
    (taken,) = cursor.fetchone() or (0,)
    add_people(cursor, range(taken + 1, taken + number + 1))
    owners = User.objects.filter(username__startswith="bench").values_list("pk", flat=True)
    return {
        "now": now,
        "stage": stage,
        "is_open": stage != "closed",
        "first": taken + 1,
        "last": taken + number,
        "owners": list(owners),
    }


def add_people(cursor: ClientCursor, numbers: range) -> None:
    """Who asks, for REQUESTS to read: sealed and with their tokens, which Postgres cannot make."""
    cursor.execute(PEOPLE)
    # Postgres ends a transaction that says nothing for long.
    for start in range(numbers.start, numbers.stop, BATCH):
        some = range(start, min(start + BATCH, numbers.stop))
        with cursor.copy("COPY bench_people FROM STDIN") as copy:
            copy.write("".join(map(person_line, some)))


def person_line(n: int) -> str:
    """One person as COPY reads them; their number is spread so that no index sees an order."""
    mix = n * 2654435761 % 2**32
    names, surnames = FIRST_NAMES.split(), LAST_NAMES.split()
    first = names[mix % len(names)]
    last = surnames[mix // 64 % len(surnames)]
    person = {
        "name": first if n % 2 else f"{first} {last}",
        "phone": f"1{201 + mix % 787}55501{mix // 787 % 100:02}",
        "email": f"{first}.{last}{n}@{MAIL[mix // 4096 % len(MAIL)]}".lower(),
        "reference": f"{n >> 16:04X}-{n & 0xFFFF:04X}",
    }
    tokens = sorted({make_token(each) for each in search_tokens.list_terms(**person)})
    sealed = [
        encrypt_text(text, column=f"{REQUEST_TABLE}.{column}")
        for column, text in (
            ("preferred_name", person["name"]),
            ("phone", f"+{person['phone']}"),
            ("email", person["email"]),
        )
    ]
    told = [str(n), person["reference"], *sealed, f"{{{','.join(map(str, tokens))}}}"]
    return "\t".join(told) + "\n"


@lru_cache(maxsize=200_000)
def make_token(term: str) -> int:
    """Most of these people share beginnings and endings, which are hashed once."""
    return search_tokens.token_of(current_keys()[0], term)
