"""The tokens by which requests are found, though the database holds no readable word of them."""

import pytest
from django.core.exceptions import FieldError
from django.core.management import call_command
from django.db import connection, transaction

from admissions.intake.models import ConsultationRequest, search_tokens
from tests.support.factories import make_request

pytestmark = pytest.mark.django_db

OLD, NEW = "o" * 50, "n" * 50


def found(term):
    rows = ConsultationRequest.objects.filter(search_tokens.filter_by_term(term))
    return list(rows.values_list("pk", flat=True))


@pytest.mark.parametrize(
    ("name", "term"),
    [
        ("María José", "Maria"),
        ("María José", "jose"),
        ("Maria Jose", "María José"),
        ("O’Brien", "obrien"),
        ("obrien", "O'Brien"),
        ("Anne-Marie", "marie"),
        ("Anne Marie", "anne-marie"),
        ("Đặng Zoë", "dang zoe"),
        ("Straße", "STRASSE"),
        ("Ng", "ng"),
        ("Mai Ng", "ng"),
        ("李", "李"),
        ("李小龙", "李"),
        ("Wolfeschlegelsteinhausenbergerdorff", "wolfeschlegelsteinhausenberg"),
    ],
)
def test_name_is_found_however_it_is_typed(name, term):
    request = make_request(preferred_name=name, email="")

    assert found(term) == [request.pk]


@pytest.mark.parametrize(("name", "term"), [("Nguyen", "ng"), ("Canary", "nary"), ("Jo", "jo ng")])
def test_other_names_are_not_found(name, term):
    make_request(preferred_name=name, email="")

    assert found(term) == []


@pytest.mark.parametrize(
    ("phone", "term"),
    [
        ("+17145550177", "0177"),
        ("+17145550177", "55 01 77"),
        ("+17145550177", "(714) 555-0177"),
        ("+17145550177", "1-714-555-0177"),
        ("+17145550177", "+1 714.555.0177"),
        ("+17145550177", "714-555-0177 ext. 23"),
        ("+17145550177", "714 555 0177 x23"),
        ("+17145550177;ext=23", "(714) 555-0177 ext. 23"),
        ("+17145550177;ext=23", "714-555-0177;ext=23"),
        ("+17145550177;ext=23", "714 555 0177, extensión 23"),
        ("+17145550177;ext=23", "714 555 0177 #23"),
        ("+17145550177;ext=23", "0177"),
        ("+525555550155", "+52 55 5555 0155"),
        ("+525555550155", "011 52 55 5555 0155"),
        ("+442079460958", "020 7946 0958"),
        ("+442079460958", "0044 20 7946 0958"),
    ],
)
def test_phone_is_found_however_it_is_typed(phone, term):
    request = make_request(phone=phone, email="")

    assert found(term) == [request.pk]


@pytest.mark.parametrize("term", ["jo.smith@example.org", "JO.Smith", "jo.", "smi"])
def test_email_is_found_by_its_beginning(term):
    request = make_request(email="Jo.Smith@Example.org", preferred_name="Kim")

    assert (request.pk in found(term)) == (term != "smi")


def test_reference_is_found_by_its_beginning():
    request = make_request(reference="K7M4-2QXR", preferred_name="Kim", email="")

    assert [found(term) for term in ("k7m", "K7M4-2Q", "k7m42qxr", "2QXR")] == [
        *[[request.pk]] * 3,
        [],
    ]


def test_changed_name_is_found_by_the_new_one_alone():
    request = make_request(preferred_name="Canary", email="")

    request.preferred_name = "Robin"
    request.save(update_fields=["preferred_name"])

    assert (found("canary"), found("robin")) == ([], [request.pk])


def test_change_of_a_row_without_its_tokens_writes_them():
    make_request(preferred_name="Canary", email="")
    request = ConsultationRequest.objects.defer("search_tokens").get()

    request.preferred_name = "Robin"
    request.save()

    assert (found("canary"), found("robin")) == ([], [request.pk])


def test_rows_in_bulk_are_found():
    made = [make_request_unsaved(name) for name in ("Robin", "Canary")]

    ConsultationRequest.objects.bulk_create(made)

    assert found("canary") == [made[1].pk]


def make_request_unsaved(name):
    request = make_request(preferred_name=name)
    request.delete()
    return ConsultationRequest(
        preferred_name=name, phone="+17145550177", due_at=request.due_at, source="callback"
    )


def test_rows_for_measuring_are_found():
    call_command("seed_bench", counselors=1, past=3, requests=3, verbosity=0)

    rows = list(ConsultationRequest.objects.all())
    assert [each.search_tokens for each in rows] == list(map(search_tokens.make_tokens, rows))
    assert len(rows) == 6


def test_update_that_would_leave_tokens_behind_is_refused():
    request = make_request(preferred_name="Canary")

    with pytest.raises(FieldError):
        ConsultationRequest.objects.update(preferred_name="Robin")

    request.refresh_from_db()
    assert request.preferred_name == "Canary"


def test_bulk_update_that_would_leave_tokens_behind_is_refused():
    request = make_request(preferred_name="Canary")
    request.preferred_name = "Robin"

    with pytest.raises(FieldError), transaction.atomic():
        ConsultationRequest.objects.bulk_update([request], ["preferred_name"])

    request.refresh_from_db()
    assert request.preferred_name == "Canary"


def test_rows_are_found_under_every_key_while_it_is_changed(settings):
    settings.FIELD_KEYS = [OLD]
    before = make_request(preferred_name="Canary")
    settings.FIELD_KEYS = [NEW, OLD]
    after = make_request(preferred_name="Canary")

    assert set(found("canary")) == {before.pk, after.pk}


def test_row_with_the_token_of_an_address_that_it_does_not_hold_is_left_out():
    """A token says where to look; what is decided is decided by the address itself."""
    request = make_request(email="jo@example.org")
    stale = make_request(email="zqx@example.org")
    ConsultationRequest.objects.filter(pk=stale.pk).update(search_tokens=request.search_tokens)

    assert ConsultationRequest.objects.with_email("JO@example.org") == [request.pk]


def test_tokens_of_one_key_tell_nothing_under_another(settings):
    settings.FIELD_KEYS = [OLD]
    old = make_request(preferred_name="Canary").search_tokens
    settings.FIELD_KEYS = [NEW]
    new = make_request(preferred_name="Canary").search_tokens

    assert set(old).isdisjoint(new)


def test_search_reads_one_index():
    call_command("seed_bench", counselors=2, past=300, requests=30, verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")

    plan = ConsultationRequest.objects.filter(search_tokens.filter_by_term("0100")).explain()

    assert "request_search" in plan
