"""django-appointment: installed apart from ours, seeded alike, and how a visitor books there."""

import itertools
import json
import os
import subprocess
import sys
import uuid
import venv
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from . import databases
from .browser import Browser
from .servers import ROOT, VAR, gunicorn, log_of

HOME = VAR / "peer"
PYTHON = HOME / "venv" / "bin" / "python"
WANTED = ROOT / "bench" / "peer_site" / "requirements.txt"
AJAX = {"X-Requested-With": "XMLHttpRequest"}
SMALL = "peer_small"
CODE = r"\b([A-Z0-9]{6})\b"
HALF_HOURS = [(f"{hour:02}:{start}", end) for hour in range(9, 17) for start, end in (
    ("00", f"{hour:02}:30"), ("30", f"{hour + 1:02}:00"),
)]  # fmt: skip


def install():
    """A virtual environment of its own, made anew when what it needs has changed."""
    done = HOME / "installed.txt"
    if done.exists() and done.read_text() == WANTED.read_text():
        return
    log_of("peer-setup").parent.mkdir(parents=True, exist_ok=True)
    venv.create(HOME / "venv", with_pip=True, clear=True)
    if not any(installed_by(command) for command in installers()):
        sys.exit(f"Could not install the peer. Is this machine online? See {log_of('peer-setup')}")
    done.write_text(WANTED.read_text())


def installers():
    """uv installs in seconds where pip takes half a minute; pip does it where uv cannot."""
    return [
        [Path(sys.executable).with_name("uv"), "pip", "install", "--python", PYTHON],
        [PYTHON, "-m", "pip", "install", "--disable-pip-version-check"],
    ]


def installed_by(command):
    try:
        run([*command, "--quiet", "-r", WANTED], {})
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def run(command, extra):
    """Runs a command of the peer's; returns the last line that it said."""
    with log_of("peer-setup").open("ab") as log:
        done = subprocess.run(
            list(map(str, command)),
            cwd=ROOT,
            env=os.environ | extra,
            stdout=subprocess.PIPE,
            stderr=log,
            check=True,
        )
    return done.stdout.decode().strip().rpartition("\n")[2]


def environment(database, **extra):
    return {
        **databases.libpq(database),
        "DJANGO_SETTINGS_MODULE": "peer_site.settings",
        "PYTHONPATH": f"{ROOT / 'bench'}:{HOME}",
        "SECRET_KEY": "measured-" * 8,
        **extra,
    }


@dataclass(frozen=True)
class Seeded:
    """What its pages need to be asked: ids, and sessions of clients who are signed in."""

    service: int
    staff: list
    sessions: list

    @property
    def page(self):
        return f"/appointment/request/{self.service}/"

    def slots(self, member, day):
        """The address of one member's open times on one day."""
        asked = f"selected_date={day}&staff_member={member}&service_id={self.service}"
        return f"/appointment/ajax/available_slots/?{asked}"

    def searches(self):
        """Every member's next thirteen days."""
        days = [date.today() + timedelta(days=ahead) for ahead in range(1, 14)]
        return [self.slots(member, day) for day in days for member in self.staff]


def prepare(sizes):
    """A database with the small past, which is kinder to it; what was seeded."""
    make_tables()
    databases.make(SMALL, like="peer_empty")
    options = {
        "--staff": sizes.counselors,
        "--past": sizes.small,
        "--booked-ahead": sizes.booked_ahead,
    }
    words = [word for pair in options.items() for word in pair]
    return Seeded(**json.loads(run([PYTHON, "-m", "peer_site.seed", *words], environment(SMALL))))


def make_tables():
    """The wheel has no migrations: they are made, as it tells its users to, beside it."""
    migrations = HOME / "peer_migrations" / "__init__.py"
    migrations.parent.mkdir(exist_ok=True)
    migrations.touch()
    databases.make("peer_empty")
    for words in (["makemigrations", "appointment"], ["migrate"]):
        run([PYTHON, "-m", "django", *words, "--verbosity", "0"], environment("peer_empty"))


def serve(servers, name, database, *, shape, **extra):
    command = gunicorn("peer_site.wsgi", shape, python=PYTHON)
    return servers.web(name, command, environment(database, **extra))


def places(seeded):
    """Half hours that are free: beyond the two weeks that were seeded."""
    days = (date.today() + timedelta(days=20 + ahead) for ahead in itertools.count())
    for day in days:
        yield from itertools.product([day], HALF_HOURS, seeded.staff)


async def book(server, seeded, place, *, mail):
    """All of it as a guest: page, times, choice, details, the emailed code, and the thanks."""
    guest, email = Browser(server.base), f"{uuid.uuid4().hex}@example.com"
    form = await choose(guest, seeded, place)
    sent = await send_details(guest, form, email)
    await guest.get(sent.location)
    code = await mail.find(email, CODE)
    sent = await guest.post(
        sent.location, {"csrfmiddlewaretoken": guest.cookies["csrftoken"], "code": code}
    )
    await guest.get(sent.location)
    guest.close()


async def book_signed_in(server, seeded, place, *, session):
    """The same for a client with an account who is signed in already, so without the code."""
    client = Browser(server.base, cookies={"sessionid": session})
    form = await choose(client, seeded, place)
    sent = await send_details(client, form, "c0@example.com")
    await client.get(sent.location)
    client.close()


async def choose(browser, seeded, place):
    """From the page to the address of the form for one time."""
    day, (start, end), member = place
    await browser.get(seeded.page)
    browser.headers.update(AJAX)
    await browser.get(seeded.slots(member, day))
    for name in AJAX:
        browser.headers.pop(name)
    chosen = {
        "csrfmiddlewaretoken": browser.cookies["csrftoken"],
        "date": day,
        "start_time": start,
        "end_time": end,
        "service": seeded.service,
        "staff_member": member,
    }
    return (await browser.post("/appointment/request-submit/", chosen)).location


async def send_details(browser, form, email):
    await browser.get(form)
    return await browser.post(
        form,
        {
            "csrfmiddlewaretoken": browser.cookies["csrftoken"],
            "name": "Jo Doe",
            "email": email,
            "phone_0": "US",
            "phone_1": "2125552368",
            "address": "x",
            "additional_info": "",
            "payment_type": "full",
        },
    )
