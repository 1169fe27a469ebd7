"""A change of keys: what is under the old one comes under the new one, and nothing is lost."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection
from django.utils import timezone

from admissions.audit import seal_chain
from admissions.audit.models import AuditEvent, AuditSeal
from admissions.care.models import Referral
from admissions.encryption import key_prefix
from admissions.intake import suppressions
from admissions.intake.models import ConsultationRequest, Note, Suppression, search_tokens
from admissions.management.commands import rotate_keys
from admissions.privacy import removal
from admissions.privacy.models import LegalHold
from tests.admissions.privacy.people import make_closed
from tests.support.factories import make_factor, make_request, make_user

pytestmark = pytest.mark.django_db

OLD, NEW, LOST = "o" * 50, "n" * 50, "l" * 50


@pytest.fixture
def old_data(settings):
    """One row of each kind under the old key, when a new one has just come."""
    settings.FIELD_KEYS = [OLD]
    user = make_user()
    make_factor(user)
    requests = [make_request(preferred_name=f"Canary{n}", email=f"c{n}@x.org") for n in range(5)]
    Note.objects.create(request=requests[0], by=user, text="permanent")
    Referral.objects.create(request=requests[0], made_by=user, to_whom="A hospital")
    LegalHold.objects.create(request=requests[0], placed_by=user, reason="A case")
    suppressions.suppress_email(requests[0], Suppression.Cause.STOPPED)
    settings.FIELD_KEYS = [NEW, OLD]
    return requests


def rotate():
    out = StringIO()
    call_command("rotate_keys", stdout=out)
    return out.getvalue()


def test_removed_person_gets_no_tokens_back(settings):
    settings.FIELD_KEYS = [OLD]
    request = make_closed(days=1000)
    removal.remove_expired_data(now=timezone.now())
    settings.FIELD_KEYS = [NEW, OLD]

    told = rotate()

    request.refresh_from_db()
    assert request.search_tokens == []
    assert "Key 2 of FIELD_KEYS may go" in told


def names_under(key):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM admissions_consultationrequest WHERE preferred_name LIKE %s",
            [key_prefix(key) + "%"],
        )
        return cursor.fetchone()[0]


def test_rotation_lets_the_old_key_go(old_data, settings):
    told = rotate()

    settings.FIELD_KEYS = [NEW]
    assert "Key 2 of FIELD_KEYS may go" in told
    assert {each.preferred_name for each in ConsultationRequest.objects.all()} == {
        f"Canary{n}" for n in range(5)
    }
    assert Note.objects.get().text == "permanent"
    assert Referral.objects.get().to_whom == "A hospital"
    assert LegalHold.objects.get().reason == "A case"


def test_search_finds_after_the_old_key_is_gone(old_data, settings):
    rotate()

    settings.FIELD_KEYS = [NEW]
    rows = ConsultationRequest.objects.filter(search_tokens.filter_by_term("canary3"))
    assert list(rows) == [old_data[3]]


def test_suppression_holds_after_the_old_key_is_gone(old_data, settings):
    rotate()

    settings.FIELD_KEYS = [NEW]
    assert suppressions.is_suppressed(old_data[0])
    assert not suppressions.is_suppressed(old_data[1])


REFUSE = """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the power fails'; END $$;
    CREATE TRIGGER refuse BEFORE UPDATE ON admissions_consultationrequest
        FOR EACH ROW WHEN (OLD.id = '{pk}') EXECUTE FUNCTION refuse()
"""


def test_rotation_that_broke_off_goes_on(old_data, monkeypatch):
    """Five rows in batches of two; the power fails at the last row of the second."""
    monkeypatch.setattr(rotate_keys, "BATCH", 2)
    fourth = sorted(each.pk for each in old_data)[3]
    with connection.cursor() as cursor:
        cursor.execute(REFUSE.format(pk=fourth))
        with pytest.raises(ProgrammingError):
            rotate()
        half = names_under(NEW), names_under(OLD)
        cursor.execute("DROP TRIGGER refuse ON admissions_consultationrequest")

    told = rotate()

    assert half == (2, 3)
    assert (names_under(NEW), names_under(OLD)) == (5, 0)
    assert "admissions.ConsultationRequest, texts: 3 rows" in told
    assert "Key 2 of FIELD_KEYS may go" in told


def test_second_rotation_finds_nothing_to_do(old_data):
    rotate()

    assert "texts: 0 rows" in rotate()


def test_key_that_still_opens_something_is_told(old_data):
    Suppression.objects.update(request=None)
    ConsultationRequest.objects.filter(pk=old_data[0].pk).update(
        email="", search_tokens=old_data[0].search_tokens
    )

    told = rotate()

    assert "Key 2 of FIELD_KEYS must stay: 1 values (Suppression.sha256 1)" in told


def test_what_no_key_opens_is_told_and_left(old_data, settings):
    settings.FIELD_KEYS = [LOST]
    lost = make_request(preferred_name="Gone")
    settings.FIELD_KEYS = [NEW, OLD]

    told = rotate()

    assert "No key of FIELD_KEYS opens 3 values (ConsultationRequest.email 1" in told
    assert names_under(LOST) == 1
    assert names_under(NEW) == 5
    settings.FIELD_KEYS = [NEW, LOST]
    lost.refresh_from_db()
    assert lost.preferred_name == "Gone"


def test_new_key_without_the_one_in_use_is_refused(old_data, settings):
    settings.FIELD_KEYS = [NEW, LOST]

    with pytest.raises(CommandError, match=r"^No key of FIELD_KEYS opens any of \d+ values .*\.$"):
        rotate()
    assert (names_under(OLD), names_under(NEW)) == (5, 0)


def test_row_that_opens_in_part_is_told_and_stops_nothing(old_data, settings):
    settings.FIELD_KEYS = [LOST]
    Note.objects.create(request=old_data[1], by=make_user(), text="gone")
    ConsultationRequest.objects.filter(pk=old_data[1].pk).update(note="gone as well")
    settings.FIELD_KEYS = [NEW, OLD]

    told = rotate()

    assert names_under(NEW) == 4
    assert "must stay: 3 values (ConsultationRequest.email 1" in told
    assert "No key of FIELD_KEYS opens 2 values (ConsultationRequest.note 1, Note.text 1)" in told


def test_old_suppression_is_found_and_rehashed_when_it_is_met(old_data, settings):
    request = old_data[0]

    was_suppressed = suppressions.is_suppressed(request)
    suppressions.suppress_email(request, Suppression.Cause.STOPPED)

    settings.FIELD_KEYS = [NEW]
    assert was_suppressed
    assert suppressions.is_suppressed(request)
    assert Suppression.objects.count() == 1


def test_two_hashes_of_one_address_become_one(old_data, settings):
    """A worker with the new key and a web process with the old one may each write theirs."""
    settings.FIELD_KEYS = [NEW]
    suppressions.suppress_email(old_data[0], Suppression.Cause.STOPPED)
    settings.FIELD_KEYS = [NEW, OLD]

    rotate()

    assert Suppression.objects.count() == 1
    settings.FIELD_KEYS = [NEW]
    assert suppressions.is_suppressed(old_data[0])


def test_change_of_every_key_as_the_page_tells_it_ends_with_a_whole_audit(old_data, settings):
    """docs/operations.md, Changing keys: texts, signatures and seals, each beside its older key."""
    settings.AUDIT_KEYS = [OLD]
    AuditEvent.objects.create(type=AuditEvent.Type.SEARCHED, source=AuditEvent.Source.SYSTEM)
    seal_chain.seal_next_batch()
    settings.AUDIT_KEYS = [NEW, OLD]
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [settings.SECRET_KEY]

    call_command("rotate_keys", verbosity=0)
    AuditEvent.objects.create(type=AuditEvent.Type.SEARCHED, source=AuditEvent.Source.SYSTEM)
    seal_chain.seal_next_batch()
    call_command("verify_audit", verbosity=0)

    assert AuditSeal.objects.count() == 2
    assert AuditEvent.objects.filter(type="audit_verified", code="whole").exists()
