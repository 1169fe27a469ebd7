"""Our site: its databases, how it is served, and how a visitor books there."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

from . import databases
from .browser import Browser, Unexpected
from .servers import ROOT, VAR, like_ours, log_of

TIMES = "/consultation/"
DETAILS = "/consultation/details/"
OPEN_TIMES = "/consultation/open.json?mode=phone"
ANSWERS = {
    "is_in_danger": "no",
    "for_whom": "self",
    "is_adult": "yes",
    "preferred_name": "Jo",
    "phone": "714 555 0190",
    "email": "jo@example.com",
    "voicemail": "no",
    "agrees_to_contact": "on",
}
# Starts on the hour that are neither too soon nor too far to be offered, and who is free.
FREE = """
    SELECT to_char(start AT TIME ZONE 'UTC', 'YYYYMMDD"T"HH24MISS"Z"'), counselor.id
    FROM admissions_counselor AS counselor, generate_series(
        date_trunc('day', now()), now() + interval '13 days', interval '1 hour'
    ) AS start
    WHERE start > now() + interval '5 hours'
        AND extract(hour FROM start AT TIME ZONE 'America/Los_Angeles') BETWEEN 9 AND 16
        AND NOT EXISTS (
            SELECT FROM admissions_consultation WHERE counselor_id = counselor.id
                AND held && tstzrange(start, start + interval '1 hour')
                AND status IN ('scheduled', 'confirmed')
        )
    ORDER BY row_number() OVER (PARTITION BY start ORDER BY counselor.id), start
"""
SET_STAFF_INBOX = "UPDATE admissions_mailsettings SET staff_email = 'staff@example.com'"


def environment(database, **extra):
    """Production, as README tells, but for the tools that only a laptop may use."""
    return {
        "DATABASE_URL": databases.url(database),
        # Random enough for production, and known to everybody.
        "SECRET_KEY": "d7Qm_zW2vKx9RtLb4-nYcE6sHjGf8UpAaT1oXrViB5wMyFzSkN3hJqDe",
        "AUDIT_KEY": "h4Jw_Ty9sQcV2NzRx7-kUbE5mGdL8PpFaB3oXiWvK6rCyMfStH1nZqDg",
        "FIELD_KEYS": "b3Xs_Lw8uVn5KtQz9-eRmC2yHgJd6TpAfW1oZrYiB4xMvGcSkN7hEqUj",
        "EMAIL_URL": "smtp://127.0.0.1:1",
        "VAR": str(VAR),
        **extra,
    }


def production(database, **extra):
    served = {
        "DEBUG": "0",
        "REQUEST_LIMIT_FACTOR": "0",
        "ALLOWED_HOSTS": "127.0.0.1",
        "SITE_URL": "https://127.0.0.1",
        "ADMISSIONS_LINE": "+17145550134",
        "MAIL_FROM": "appointments@office.example",
    }
    return environment(database, **served, **extra)


# Triggers and references to check would cost more than the rows, which fit as they are.
IN_BULK = {"PGOPTIONS": "-c session_replication_role=replica"}


def manage(database, *words, **extra):
    """Runs manage.py beside a database, quietly."""
    command = [sys.executable, "manage.py", *map(str, words)]
    with log_of("manage").open("ab") as log:
        subprocess.run(
            command,
            cwd=ROOT,
            env=os.environ | environment(database, **extra),
            stdout=log,
            stderr=log,
            check=True,
        )


def prepare(sizes):
    """One database for each number of past consultations, and one with a single counselor.

    What is measured apart needs the small past alone. Returns their names.
    """
    log_of("manage").parent.mkdir(parents=True, exist_ok=True)
    databases.make("ours_empty")
    manage("ours_empty", "migrate", "--verbosity", 0)
    manage("ours_empty", "sync_roles")
    databases.run("ours_empty", SET_STAFF_INBOX)
    manage("ours_empty", "collectstatic", "--no-input", "--verbosity", 0)
    pasts = {"ours_small": (sizes.counselors, sizes.small)}
    if sizes.large:
        pasts = {"ours_large": (sizes.counselors, sizes.large), "ours_single": (1, 0)} | pasts
    for name in pasts:
        databases.make(name, like="ours_empty")
    with ThreadPoolExecutor(2) as two:
        list(two.map(lambda name: seed(sizes, name, *pasts[name]), pasts))
    return list(pasts)


def seed(sizes, name, counselors, past):
    seeded = {
        "--counselors": counselors,
        "--past": past,
        "--requests": sizes.open_requests,
        "--booked-ahead": sizes.booked_ahead,
    }
    words = [word for pair in seeded.items() for word in pair]
    manage(name, "seed_bench", *words, **IN_BULK)


def serve(servers, name, database, *, shape, **extra):
    command = like_ours("recovery_site.wsgi", shape)
    return servers.web(name, command, production(database, **extra))


def visitor(server):
    """A browser behind a proxy that ends TLS, as in production."""
    https = server.base.replace("http:", "https:")
    return Browser(
        server.base,
        {"X-Forwarded-Proto": "https", "Referer": f"{https}{DETAILS}", "Accept-Encoding": "gzip"},
    )


def free_places(database):
    """(stamp, counselor id) of every free hour, spread over the days rather than one by one."""
    return databases.run(database, FREE)


async def open_form(browser, stamp):
    """The form for one time, filled in; what to send."""
    address = f"{DETAILS}?{urlencode({'at': stamp, 'mode': 'phone'})}"
    page = await browser.get(address)
    fields = page.hidden_fields()
    if "key" not in fields:
        raise Unexpected("The form has no key")
    return fields | ANSWERS


async def book(server, place):
    """All of it: choose a time, say who you are, send it, and see that it is yours."""
    browser = visitor(server)
    await browser.get(TIMES)
    sent = await send(browser, place)
    await browser.get(sent.location)
    browser.close()


async def book_from_form(server, place):
    """Only its middle: the form for a time chosen before, and the answer that it is booked."""
    browser = visitor(server)
    await send(browser, place)
    browser.close()


async def send(browser, place):
    stamp, _counselor = place
    return await browser.post(DETAILS, await open_form(browser, stamp))
