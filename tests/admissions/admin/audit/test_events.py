"""The auditor reads who did or saw what, and never a name of those we help."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from admissions.admin.audit import display
from admissions.audit import access_log, seal_chain
from admissions.audit.models import AuditEvent
from tests.support import factories
from tests.support.desk import NOW, minutes

AUDIT = "/admin/admissions/auditevent/"
RECORD = f"{AUDIT}record/"
Type = AuditEvent.Type


@pytest.fixture
def auditor(client, db):
    user = factories.make_user("auditor")
    client.force_login(user)
    return user


@pytest.fixture
def asked(db):
    return factories.make_request(preferred_name="Quentin", created_at=NOW)


def listed(response) -> list[tuple]:
    return [(row.event.type, row.request) for row in response.context["rows"]]


def event(type=Type.SIGNED_IN, **columns):
    columns.setdefault("source", "" if "actor" in columns else "system")
    return AuditEvent.objects.create(type=type, **columns)


def test_events_stand_newest_first_with_references_and_no_names(client, auditor, asked):
    event(Type.REQUEST_VIEWED, request=asked, at=minutes(-2))
    event(Type.SIGNED_IN, at=minutes(-1))
    event(Type.DESK_VIEWED, shown=[asked.pk], code="today", at=minutes(-3))

    response = client.get(AUDIT)

    assert listed(response)[:3] == [
        (Type.SIGNED_IN, ""), (Type.REQUEST_VIEWED, asked.reference), (Type.DESK_VIEWED, ""),
    ]  # fmt: skip
    html = response.content.decode()
    told = ["Quentin", "jo@example.com", "5550155", "555-0155"]
    assert [word for word in told if word in html] == []


def test_looking_at_the_audit_is_one_event(client, auditor):
    client.get(AUDIT, {"type": "searched"})

    (look,) = AuditEvent.objects.filter(actor=auditor)
    assert (look.type, look.code) == (Type.AUDIT_VIEWED, "searched")


@pytest.mark.parametrize(
    ("query", "types"),
    [
        ({"type": "note_added"}, [Type.NOTE_ADDED]),
        ({"first": "2026-11-24"}, [Type.NOTE_ADDED, Type.SIGNED_IN]),
        ({"last": "2026-11-23"}, [Type.SEARCHED]),
        ({"first": "odd", "type": "odd"}, [Type.NOTE_ADDED, Type.SIGNED_IN, Type.SEARCHED]),
    ],
)  # fmt: skip
def test_kind_and_time_narrow_the_list(client, auditor, query, types):
    event(Type.SEARCHED, at=minutes(-60 * 24))
    event(Type.SIGNED_IN, at=minutes(-2))
    event(Type.NOTE_ADDED, at=minutes(-1))

    assert [each for each, _request in listed(client.get(AUDIT, query))] == types


def test_person_narrows_the_list(client, auditor):
    mine, other = event(actor=factories.make_user()), event(actor=factories.make_user())

    response = client.get(AUDIT, {"who": mine.actor_id})

    assert [row.event for row in response.context["rows"]] == [mine]
    assert other.pk


def test_older_ones_follow_without_a_gap(client, auditor, monkeypatch):
    monkeypatch.setattr(display, "PAGE_SIZE", 2)
    pks = [event(at=NOW).pk for _ in range(5)]
    address, seen = f"{AUDIT}?type=signed_in", []

    while address:
        response = client.get(address)
        seen += [row.event.pk for row in response.context["rows"]]
        address = response.context["older"] and AUDIT + response.context["older"]

    assert seen == pks[::-1]


def test_who_saw_a_request_names_pages_lists_and_searches(client, auditor, asked, rf):
    other = factories.make_request(created_at=NOW)
    request = rf.get("/")
    request.user = factories.make_user()
    access_log.log_view(request, code="today", shown=[asked.pk, other.pk])
    access_log.log_view(request, code="found", shown=[asked.pk], found=1)
    access_log.log_request_view(request, asked)
    access_log.log_view(request, code="today", shown=[other.pk])

    response = client.post(RECORD, {"reference": f" {asked.reference.lower().replace('-', '')} "})

    assert [each for each, _request in listed(response)] == [
        Type.REQUEST_VIEWED, Type.SEARCHED, Type.DESK_VIEWED,
    ]  # fmt: skip
    look = AuditEvent.objects.last()
    assert (look.type, look.request, look.actor) == (Type.AUDIT_VIEWED, asked, auditor)


def test_unknown_reference_is_told_and_kept_out_of_the_address(client, auditor):
    response = client.post(RECORD, {"reference": "AAAA-AAAA"})

    assert response.url == AUDIT


def test_chain_and_its_last_check_are_told(client, auditor):
    event()
    seal_chain.seal_waiting_events()
    event(Type.AUDIT_VERIFIED, code="2 faults")

    html = client.get(AUDIT).content.decode()

    assert "Seal 1, " in html
    assert "tampered with" in html


@pytest.mark.parametrize("count", [1, 30])
def test_list_costs_the_same_with_1_and_30_rows(client, auditor, asked, count):
    for _ in range(count):
        event(Type.REQUEST_VIEWED, request=asked, actor=auditor, staff=auditor)
    client.get(AUDIT)

    with CaptureQueriesContext(connection) as captured:
        client.get(AUDIT)

    assert len(captured) == 18


@pytest.mark.parametrize("role", ["coordinator", "counselor", "clinician", "VOB", "director"])
def test_nobody_else_reads_the_audit(client, role, asked):
    client.force_login(factories.make_user(role))

    answers = [client.get(AUDIT), client.post(RECORD, {"reference": asked.reference})]

    assert [each.status_code for each in answers] == [403, 403]
