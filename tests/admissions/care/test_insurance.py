"""The check of insurance: asked for by triage, seen and changed by the insurance desk alone."""

from datetime import timedelta

import pytest

from admissions.audit.models import AuditEvent
from admissions.care import insurance
from admissions.care.models import BenefitsVerification
from admissions.exceptions import ActionNotAllowed
from tests.support import factories
from tests.support.desk import NOW, minutes, page_of, step_of

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NOW)]
LIST = "/admin/admissions/benefitsverification/"
SECRETS = {
    "payer": "Canary Health",
    "member_id": "XZP-CANARY",
    "policy_holder": "Canary Holder",
    "estimate": "Canary 80 percent",
    "note": "Canary called back",
}


def sign_in(client, role):
    user = factories.make_user(role)
    client.force_login(user)
    return user


def check_of(request, **columns):
    columns.setdefault("asked_at", NOW)
    columns.setdefault("changed_at", NOW)
    return BenefitsVerification.objects.create(request=request, **columns)


def form_of(of, **changes):
    kept = {name: getattr(of, name) for name in [*SECRETS, "status"]}
    return kept | {"seen_at": of.changed_at.isoformat()} | changes


def events():
    return [(e.type, e.actor, e.fields) for e in AuditEvent.objects.order_by("pk")]


def test_asking_takes_the_persons_agreement_and_asks_once(client):
    by = sign_in(client, "coordinator")
    request = factories.make_request()

    client.post(step_of(request, "ask_insurance"))
    assert BenefitsVerification.objects.count() == 0
    for _click in range(2):
        client.post(step_of(request, "ask_insurance"), {"has_consent": "on"})

    asked = BenefitsVerification.objects.get()
    assert (asked.request, asked.consented_at, asked.status) == (request, NOW, "not_started")
    assert [e.actor for e in AuditEvent.objects.filter(type="benefits_asked")] == [by]


def test_queue_shows_who_waits_longest_first_and_no_more_than_it_must(client):
    by = sign_in(client, "VOB")
    late = factories.make_request(preferred_name="Late", note="Canary note", may_call=False)
    soon = factories.make_request(preferred_name="Soon")
    gone = factories.make_request(stage="closed", disposition="withdrawn", closed_at=NOW)
    check_of(soon, asked_at=minutes(-5))
    check_of(late, asked_at=minutes(-90), **SECRETS)
    check_of(gone)
    check_of(factories.make_request(), status="verified")
    late.notes.create(by=by, text="Canary of a colleague")

    response = client.get(LIST)

    assert [row["name"] for row in response.context["rows"]] == ["Late", "Soon"]
    html = response.content.decode()
    told = [word for word in ("Canary Health", "XZP-", "Canary note", "colleague") if word in html]
    assert (told, [bool(row["phone"]) for row in response.context["rows"]]) == (
        ["Canary Health"], [False, True],
    )  # fmt: skip
    (event,) = AuditEvent.objects.filter(type="desk_viewed")
    assert (event.actor, event.code, event.shown) == (by, "insurance", [late.pk, soon.pk])


def test_queue_costs_the_same_with_1_and_30_rows(client, django_assert_max_num_queries):
    sign_in(client, "VOB")
    counts = []
    for more in (1, 29):
        for _each in range(more):
            check_of(factories.make_request())
        with django_assert_max_num_queries(60) as counted:
            client.get(LIST)
        counts.append(len(counted))

    assert counts[0] == counts[1]


def test_every_look_and_change_is_one_event_with_names_of_fields(client):
    by = sign_in(client, "VOB")
    of = check_of(factories.make_request())
    client.get(f"{LIST}{of.pk}/change/")

    client.post(f"{LIST}{of.pk}/change/", form_of(of, member_id="XZP-1", status="in_progress"))

    of.refresh_from_db()
    assert (of.member_id, of.status, of.changed_by) == ("XZP-1", "in_progress", by)
    assert events() == [
        ("benefits_seen", by, []), ("benefits_changed", by, ["status", "member_id"]),
    ]  # fmt: skip


def test_change_made_from_an_older_look_overwrites_nothing(client):
    sign_in(client, "VOB")
    of = check_of(factories.make_request())
    stale = form_of(of, note="Mine")
    insurance.update_verification(
        benefits_id=of.pk,
        by=factories.make_user("VOB"),
        seen_at=of.changed_at - timedelta(0),
        details={"note": "A colleague’s"},
    )
    BenefitsVerification.objects.update(changed_at=NOW + timedelta(seconds=1))

    response = client.post(f"{LIST}{of.pk}/change/", stale)

    of.refresh_from_db()
    assert (of.note, response.context["form"]["note"].value()) == ("A colleague’s", "Mine")


@pytest.mark.parametrize("role", ["coordinator", "counselor", "clinician", "director"])
@pytest.mark.security(23)
def test_colleagues_see_the_status_and_none_of_the_details(client, role):
    sign_in(client, role)
    request = factories.make_request()
    of = check_of(request, status="out_of_network", **SECRETS)

    html = client.get(page_of(request)).content.decode()

    assert "Out of network" in html
    assert [text for text in SECRETS.values() if text in html] == []
    assert [client.get(at).status_code for at in (LIST, f"{LIST}{of.pk}/change/")] == [403, 403]


def test_insurance_desk_opens_no_request(client):
    sign_in(client, "VOB")
    request = factories.make_request()

    answers = [client.get(page_of(request)), client.post(step_of(request, "note"), {"text": "x"})]

    assert [each.status_code for each in answers] == [403, 403]


def test_change_of_a_closed_request_is_refused():
    of = check_of(factories.make_request(stage="closed", disposition="withdrawn", closed_at=NOW))

    with pytest.raises(ActionNotAllowed):
        insurance.update_verification(
            benefits_id=of.pk,
            by=factories.make_user("VOB"),
            seen_at=of.changed_at,
            details={"note": "x"},
        )
