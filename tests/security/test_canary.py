"""One person's whole way through the site leaves no trace but in the tables of admissions."""

import json
import re
from base64 import b64encode
from datetime import time
from email.message import EmailMessage

import psycopg
import pytest
import redis
from django.conf import settings
from django.db import connection

from admissions.accounts.models import Session
from admissions.intake.models import ConsultationRequest
from admissions.messaging.models import Message
from recovery_site.dev import processes
from tests.support.broker import another_broker
from tests.support.factories import StaffClient, make_counselor, make_user
from tests.support.mail_server import MailServer
from tests.support.visitor import DETAILS

from .traces import Places, dump, find_traces
from .visit import Browser, Site

CANARY = DETAILS | {
    "preferred_name": "Zqx Canary",
    "phone": "714 555 0177",
    "email": "zqx.canary@example.com",
    "note": "Zqx Canary sings",
    "interpreter": "Canaryish",
}
ADMIN = "operator@example.org"
DESK = "/admin/admissions/consultationrequest/"
POSTGRES_LOG = settings.VAR / "log" / "postgres.log"


@pytest.fixture(autouse=True)
def usual_day():
    """The site goes by the true time, and so do we."""


@pytest.fixture
def sink():
    server = MailServer()
    yield server
    server.stop()


@pytest.fixture
def site(real_commits, sink, tmp_path):
    named = connection.settings_dict
    made = Site(
        tmp_path,
        DATABASE_URL="postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**named),
        EMAIL_URL=f"smtp://127.0.0.1:{sink.port}",
        SECRET_KEY=settings.SECRET_KEY,
        ADMINS=ADMIN,
        REQUEST_LIMIT_FACTOR="0",
    )
    yield made
    made.stop()


@pytest.fixture
def places(site):
    begun = POSTGRES_LOG.stat().st_size
    logs = {name: (file, 0) for name, file in site.logs.items()}
    site.logs["worker"].touch()
    return Places(site.redis_url, logs | {"postgres": (POSTGRES_LOG, begun)})


def letters(sink, to):
    return [each for each in sink.letters if to in each["X-Envelope-To"]]


def times(visitor):
    _status, page = visitor.open("/consultation/open.json?mode=phone")
    return json.loads(page)["times"]


def book(visitor, at):
    return visitor.send(f"/consultation/details/?at={at}&mode=phone", "/details/", **CANARY)


def visit(visitor):
    """Book, move, cancel, and book again, with a form that comes back in between."""
    early, later, again, *_others = times(visitor)[60:]
    assert (
        visitor.send(
            f"/consultation/details/?at={early}&mode=phone",
            "/details/",
            **CANARY | {"phone": "canary"},
        )[0]
        == 200
    )
    assert book(visitor, early)[0] == 200
    visitor.send("/consultation/manage/move/", "/move/", at=later)
    visitor.send("/consultation/manage/cancel/", "/cancel/", reason="Zqx Canary flies")
    page = f"/consultation/details/?at={again}&mode=phone"
    assert visitor.send(page, "/manage/book/")[0] == 200


def triage(staff, request):
    """A coordinator looks for the person, claims the request, logs a call and writes a note."""
    page = f"{DESK}{request.pk}/change/"
    staff.send(DESK, "/search/", term="Zqx Canary")
    staff.send(page, "/claim/")
    staff.send(page, "/log/", outcome="call:no_answer", note="Zqx Canary did not answer")
    staff.send(page, "/note/", text="Zqx Canary likes mornings")


def fail(visitor):
    """A fault of ours, in the middle of a form that tells everything."""
    at = times(visitor)[70]
    form = visitor.form(f"/consultation/details/?at={at}&mode=phone", "/details/")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE admissions_consentevent RENAME TO elsewhere")
    try:
        return visitor.open(form.action, form.values | CANARY)[0]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE elsewhere RENAME TO admissions_consentevent")


def clash():
    """Postgres refuses a row, and would quote what is in it."""
    named = connection.settings_dict
    own = psycopg.connect(
        user=named["USER"], password=named["PASSWORD"], host=named["HOST"], port=named["PORT"],
        dbname=named["NAME"],
    )  # fmt: skip
    with pytest.raises(psycopg.IntegrityError), own, own.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE zq_people (name text UNIQUE)")
        cursor.execute("INSERT INTO zq_people VALUES (%s), (%s)", ["Zqx Canary"] * 2)
    own.close()


def test_canary_leaves_no_trace(site, places, sink):
    make_counselor(opens=time(0), closes=time(23, 59))
    visitor, staff, others = Browser(site), Browser(site), StaffClient()
    others.force_login(make_user("coordinator"))
    staff.sign_in_by(others.cookies["session"].value)

    visit(visitor)
    request = ConsultationRequest.objects.latest("created_at")
    triage(staff, request)
    places.payloads += dump(site.redis_url)
    site.start_worker()
    assert processes.wait_until(lambda: letters(sink, CANARY["email"]), within=60)
    status = fail(Browser(site))
    clash()
    assert processes.wait_until(lambda: letters(sink, ADMIN), within=30)

    places.error_mails += letters(sink, ADMIN)
    places.addresses += visitor.addresses + staff.addresses
    places.cookies += visitor.cookies + staff.cookies
    assert places.find() == {}
    # Each place has seen what it was there for.
    texts = places.texts()
    assert status == 500
    assert "Internal Server Error" in texts["web"]
    assert "send_messages" in texts["worker"]
    assert "zq_people_name_key" in texts["postgres"]
    assert "send_due_messages" in texts["payloads"]
    assert "_kombu" in texts["Redis"]
    assert f"{request.pk}" in texts["addresses"]
    assert re.search(r"session=\w{20}", texts["cookies"])
    assert Session.objects.filter(user__isnull=True).exists()
    events = set(request.audit_events.values_list("type", flat=True))
    assert {"request_claimed", "attempt_logged", "note_added"} <= events
    assert {"moved", "canceled"} <= set(Message.objects.values_list("kind", flat=True))


@pytest.fixture
def own_redis(worker_id):
    """A database of Redis that no other test uses."""
    number = 8 + int(worker_id.removeprefix("gw")) if worker_id.startswith("gw") else 7
    address = f"{settings.REDIS_URL.rpartition('/')[0]}/{number}"
    with another_broker(address), redis.from_url(address) as store:
        store.flushdb()
        yield store
        store.flushdb()


def test_word_in_any_place_is_found(db, own_redis, tmp_path):
    files = {name: tmp_path / name for name in ("web", "worker", "postgres")}
    for file in files.values():
        file.write_text("before, Canary\n")
    at = len("before, Canary\n")
    address = "redis://:{password}@{host}:{port}/{db}".format(
        **own_redis.connection_pool.connection_kwargs
    )
    places = Places(address, {name: (file, at) for name, file in files.items()})
    assert places.find() == {}

    for file in files.values():
        with file.open("a") as log:
            log.write("WARNING: Canary\n")
    own_redis.lpush("sweeps", json.dumps({"body": b64encode(b'[["Zqx Canary"]]').decode()}))
    places.payloads.append(
        '{"body": "' + b64encode(b'[["zqx.canary@example.com"]]').decode() + '"}'
    )
    mail = EmailMessage()
    mail.set_content("Canary\n" * 40, cte="base64")
    places.error_mails.append(mail)
    places.addresses.append("/consultation/?name=%43%61%6E%61%72%79")
    places.cookies.append("told=714+555+0177")
    Session.objects.create(
        session_key="k", session_data="Canary", expire_date="2030-01-01T00:00:00+00:00"
    )

    assert set(places.find()) == set(places.texts())


@pytest.mark.parametrize("kind", ["set", "hash", "zset", "string"])
def test_every_kind_of_key_in_redis_is_read(own_redis, kind):
    writers = {
        "set": lambda: own_redis.sadd("k", "Canary"),
        "hash": lambda: own_redis.hset("k", "name", "Canary"),
        "zset": lambda: own_redis.zadd("k", {"Canary": 1}),
        "string": lambda: own_redis.set("k", "Canary"),
    }
    writers[kind]()
    address = "redis://:{password}@{host}:{port}/{db}".format(
        **own_redis.connection_pool.connection_kwargs
    )

    assert set(find_traces("\n".join(dump(address)))) == {"Canary"}
