"""Fills the peer's tables: staff who work nine to five every day, a past, and two weeks ahead.

    python -m peer_site.seed --staff 50 --past 10000 --booked-ahead 0.5

Runs in the peer's own environment. The last line of its output is JSON: the
ids of the staff and of the service, and sessions of clients who are signed in.
"""

import argparse
import json
import os
import sys
from datetime import time, timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "peer_site.settings")
django.setup()

from appointment.models import Config, Service, StaffMember, WorkingHours  # noqa: E402
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.db import connection, transaction  # noqa: E402

OPENS, CLOSES, SLOTS_A_DAY, DAYS_AHEAD = time(9), time(17), 16, 14
CLIENTS, SIGNED_IN = 2000, 100

PAST = """
    SELECT n %% %(staff)s AS member, current_date - 1 - n / (%(staff)s * 16) AS on_day,
        n / %(staff)s %% 16 AS slot
    FROM generate_series(0, %(past)s - 1) AS n
"""
AHEAD = """
    SELECT member, current_date + day AS on_day, slot
    FROM generate_series(0, %(staff)s - 1) AS member, generate_series(0, %(days)s) AS day,
        generate_series(0, 15) AS slot
    WHERE abs(hashtext(member || '-' || day || '-' || slot) %% 1000) < %(booked)s * 1000
"""
# One request and one appointment for every (member, on_day, slot).
APPOINTMENTS = """
    WITH wanted AS ({source}),
    members AS (
        SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM appointment_staffmember
    ),
    requests AS (
        INSERT INTO appointment_appointmentrequest (
            date, start_time, end_time, payment_type, id_request, reschedule_attempts, created_at,
            updated_at, service_id, staff_member_id
        )
        SELECT on_day, time '09:00' + slot * interval '30 minutes',
            time '09:30' + slot * interval '30 minutes', 'full', md5(random()::text), 0, now(),
            now(), %(service)s, members.id
        FROM wanted JOIN members ON place = member
        RETURNING id
    )
    INSERT INTO appointment_appointment (
        phone, address, want_reminder, additional_info, paid, amount_to_pay, id_request,
        created_at, updated_at, appointment_request_id, client_id
    )
    SELECT '+12125552368', 'x', false, '', false, 0, md5(random()::text), now(), now(), id,
        %(first_client)s + id %% %(clients)s
    FROM requests
"""


def add_staff(number):
    """A service, and so many members of staff who offer it."""
    hours = {"lead_time": OPENS, "finish_time": CLOSES}
    Config.objects.create(
        slot_duration=30, appointment_buffer_time=0, website_name="Bench", **hours
    )
    service = Service.objects.create(
        name="Consultation", duration=timedelta(minutes=30), price=0, description="x"
    )
    for place in range(number):
        user = User.objects.create(
            username=f"staff{place}", first_name=f"Counselor{place}", is_staff=True
        )
        member = StaffMember.objects.create(
            user=user,
            slot_duration=30,
            appointment_buffer_time=0,
            work_on_saturday=True,
            work_on_sunday=True,
            **hours,
        )
        member.services_offered.add(service)
        for day in range(7):
            WorkingHours.objects.update_or_create(
                staff_member=member,
                day_of_week=day,
                defaults={"start_time": OPENS, "end_time": CLOSES},
            )
    return service


def add_clients():
    """Clients with running ids; returns them."""
    return User.objects.bulk_create(
        User(username=f"c{n}", first_name="Jo", email=f"c{n}@example.com", password="!")
        for n in range(CLIENTS)
    )


def add_appointments(service, clients, chosen):
    figures = {
        "staff": chosen.staff,
        "past": chosen.past,
        "days": DAYS_AHEAD,
        "booked": chosen.booked_ahead,
        "service": service.pk,
        "first_client": clients[0].pk,
        "clients": len(clients),
    }
    with connection.cursor() as cursor:
        for source in (PAST, AHEAD):
            cursor.execute(APPOINTMENTS.format(source=source), figures)


def sign_in(user):
    """A session of a client who is signed in."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return session.session_key


def main():
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--staff", type=int, required=True)
    options.add_argument("--past", type=int, required=True)
    options.add_argument("--booked-ahead", type=float, required=True)
    chosen = options.parse_args()

    with transaction.atomic():
        service, clients = add_staff(chosen.staff), add_clients()
        add_appointments(service, clients, chosen)
        known = {
            "service": service.pk,
            "staff": list(StaffMember.objects.order_by("pk").values_list("pk", flat=True)),
            "sessions": [sign_in(user) for user in clients[:SIGNED_IN]],
        }
    json.dump(known, sys.stdout)


if __name__ == "__main__":
    main()
