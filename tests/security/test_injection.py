"""Words that would become commands: numbers 45 to 63 of docs/security-cases.md."""

import json
import logging

import pytest
from django.conf import settings
from django.test import Client
from kombu.exceptions import ContentDisallowed
from kombu.serialization import dumps, loads, prepare_accept_content

from admissions.accounts.session_backend import SessionStore
from admissions.encryption import decrypt_text
from admissions.messaging import delivery, templates
from admissions.messaging.kinds import Kind, MessageText
from tests.support import factories
from tests.support.factories import make_due
from tests.support.visitor import MONDAY, Visitor, url

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(MONDAY)]


@pytest.mark.security(50)
def test_lone_dot_in_a_letter_ends_no_letter(inbox):
    words = MessageText("Your time", "Hello", "Before {when}.\n.\nMAIL FROM: nobody")
    director = factories.make_user("director")
    templates.save_template(kind=Kind.CONFIRMATION, language="en", words=words, seen=0, by=director)

    delivery.deliver_message(make_due(Kind.CONFIRMATION, now=MONDAY).pk)

    assert len(inbox) == 1
    assert "MAIL FROM: nobody" in inbox[0].get_body(["plain"]).get_content()


@pytest.mark.security(57)
@pytest.mark.parametrize(
    "address", ["/x%0A2026-11-30%20ERROR%20forged", "/x%0D%1B[31mred", "/%E2%80%A8"]
)
def test_address_forges_no_line_of_the_log(caplog, address):
    caplog.set_level(logging.DEBUG)

    Client().get(address)

    formatter = logging.Formatter(**{"fmt": "{message}", "style": "{"})
    lines = [
        formatter.format(each) for each in caplog.records if each.name.startswith("django.req")
    ]
    assert len(lines) == 1
    assert lines[0].isprintable()


@pytest.mark.security(58)
@pytest.mark.parametrize("value", ["/admin/\r\nSet-Cookie: a=b", "/admin/%0d%0aSet-Cookie:%20a=b"])
def test_way_back_adds_no_header(client, value):
    client.force_login(factories.make_user("director"))

    answer = client.get("/admin/login/", {"next": value})

    assert "a" not in answer.cookies
    assert "\n" not in "".join(f"{name}{told}" for name, told in answer.headers.items())


@pytest.mark.security(58)
def test_name_of_a_file_is_ours_whatever_is_asked():
    factories.make_counselor()
    visitor = Visitor()
    visitor.book(preferred_name='Jo"; filename="evil.exe')

    answer = visitor.get(url("calendar_file") + "?filename=evil.exe")

    assert answer["Content-Disposition"] == 'attachment; filename="appointment.ics"'


@pytest.mark.security(61)
@pytest.mark.parametrize(
    "path",
    [
        "/static/../manage.py", "/static/%2e%2e/manage.py", "/static/..%2f..%2fetc/passwd",
        "/static/....//manage.py", "/static//etc/passwd", "/static/%5c..%5cmanage.py",
        "/feeds/../../etc/passwd.ics", "/es/../manage.py", "/static/staticfiles.json",
    ],
)  # fmt: skip
def test_no_address_leads_to_a_file_outside_of_what_is_served(path):
    answer = Client().get(path)

    told = b"".join(answer) if answer.streaming else answer.content
    assert answer.status_code in {400, 404} or path.endswith("staticfiles.json")
    assert b"root:" not in told
    assert b"DJANGO_SETTINGS_MODULE" not in told


@pytest.mark.security(62)
def test_sessions_are_json_and_nothing_else():
    store = SessionStore()

    kept = store.encode({"a": 1})

    assert json.loads(decrypt_text(kept)) == {"a": 1}
    with pytest.raises(TypeError):
        store.encode({"a": object()})


@pytest.mark.security(62)
def test_worker_takes_json_alone():
    accepted = prepare_accept_content(settings.CELERY_ACCEPT_CONTENT)
    json_kind, encoding, text = dumps({"a": 1}, serializer=settings.CELERY_TASK_SERIALIZER)
    pickle_kind, binary, pickled = dumps({"a": 1}, serializer="pickle")

    assert loads(text, json_kind, encoding, accept=accepted) == {"a": 1}
    with pytest.raises(ContentDisallowed):
        loads(pickled, pickle_kind, binary, accept=accepted)
