"""Removing personal data: all of it, of nobody too many, and reports stay as they were."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import IntegrityError, ProgrammingError, models, transaction
from django.utils import timezone

from admissions.audit import seal_chain, verification
from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed
from admissions.intake.models import (
    ConsultationRequest,
    IdempotencyKey,
    ManageToken,
    Note,
    Suppression,
)
from admissions.messaging.models import Message
from admissions.privacy import personal_data, removal, tasks
from admissions.privacy.models import Disclosure, LegalHold, RemovalCertificate
from admissions.reporting.period import period_until_now
from admissions.reporting.report import build_report
from admissions.triage import notes, outcomes
from tests.admissions.privacy.people import (
    CANARY,
    DAY,
    assess_canary,
    find_canary,
    make_canary,
    make_closed,
)
from tests.support import factories

pytestmark = pytest.mark.django_db

# The accounting of disclosures outlasts the person for six years, as HIPAA asks.
KEPT = {"disclosure.to_whom": 1}


def remove() -> int:
    return removal.remove_expired_data(now=timezone.now())


def anonymized(request) -> bool:
    return ConsultationRequest.objects.get(pk=request.pk).is_anonymized


@pytest.mark.security(81)
def test_every_text_about_the_person_is_emptied():
    request = make_canary(days=2600)
    assess_canary(request)
    before = find_canary()

    assert remove() == 1

    # Older than six years, so that the accounting has lost its texts as well.
    assert find_canary() == {}
    every = {(each.model, name) for each in personal_data.ATTACHED for name in each.texts}
    every |= {(ConsultationRequest, name) for name in personal_data.PERSONAL_TEXTS}
    named = {f"{model._meta.model_name}.{name}" for model, name in every}
    assert {*before, "consultationrequest.phone", "call.number"} == named
    certificate = RemovalCertificate.objects.get(request=request)
    emptied = {name for name in certificate.emptied if not name.endswith(".rows")}
    assert emptied == named
    assert (certificate.removed_by, certificate.rule) == (None, "clinical")


@pytest.mark.security(81)
def test_every_text_that_belongs_to_a_request_is_emptied_or_said_to_stay():
    """A new column of words about a person is refused here until it is emptied as well."""
    emptied = {(each.model, name) for each in personal_data.ATTACHED for name in each.texts}
    emptied |= {(ConsultationRequest, name) for name in personal_data.PERSONAL_TEXTS}
    stay = {
        "consultation.assigned_because", "consultationrequest.reference",
        "consultationrequest.time_zone", "message.address", "message.dedupe_key", "message.kind",
        "message.template_version", "auditevent.code", "auditevent.object_type",
        "auditevent.object_id", "disclosure.to_whom", "disclosure.purpose",
        "legalhold.reason", "legalhold.lift_reason", "suppression.sha256",
        "providerevent.provider", "providerevent.sha256", "providerevent.type",
        "privacyrequest.details", "privacyrequest.order_reason",
        "privacyrequest.clinical_reason", "privacyrequest.outcome_note",
    }  # fmt: skip

    about = {ConsultationRequest}
    for _step in range(2):
        about |= {
            model
            for model in apps.get_app_config("admissions").get_models()
            for field in model._meta.get_fields()
            if field.is_relation and field.concrete and field.related_model in about
        }
    left = {
        f"{model._meta.model_name}.{field.name}"
        for model in about - set(personal_data.DELETED)
        for field in model._meta.fields
        if isinstance(field, models.CharField | models.TextField)
        and not field.choices
        and (model, field.name) not in emptied
    }

    assert left - stay == set()


def test_links_and_keys_are_gone_and_the_stop_survives():
    request = make_canary()

    remove()

    assert not ManageToken.objects.filter(request=request).exists()
    assert not IdempotencyKey.objects.filter(request=request).exists()
    suppression = Suppression.objects.for_email("zqx@example.com").get()
    assert (suppression.cause, suppression.request) == ("stopped", None)


def test_referral_stays_in_the_accounting():
    make_canary()

    remove()

    assert find_canary() == KEPT
    told = Disclosure.objects.get()
    assert (told.to_whom, told.basis, told.recorded_by) == ("Zqx clinic", "not_stated", None)
    assert told.referral.to_whom == ""


@pytest.mark.security(81)
def test_reports_count_as_before():
    now = timezone.now()
    request = make_canary(days=2, disposition="spam_or_test")
    assess_canary(make_canary(days=3))
    period = period_until_now(days=30, now=now)
    before = build_report(period, now=now)

    group = removal.lock_group(request.pk, is_waiting=True)
    removal.remove_group(group, rule="spam")
    for each in ConsultationRequest.objects.filter(anonymized_at=None):
        removal.remove_group([each], rule="clinical")

    assert build_report(period, now=now) == before
    assert not ConsultationRequest.objects.filter(anonymized_at=None).exists()


def test_sealed_audit_holds_afterwards():
    make_canary()
    seal_chain.seal_waiting_events()
    assert list(verification.find_faults()) == []

    remove()
    seal_chain.seal_waiting_events()

    assert list(verification.find_faults()) == []
    assert AuditEvent.objects.filter(type="data_removed", source="system", code="not_admitted")


@pytest.mark.security(81)
@pytest.mark.parametrize(
    ("disposition", "kept_days", "removed_days"),
    [
        ("spam_or_test", 29, 31),
        ("unable_to_reach", 179, 181),
        ("withdrawn", 729, 731),
    ],
)
def test_each_rule_has_its_period(disposition, kept_days, removed_days):
    kept = make_closed(days=kept_days, disposition=disposition)
    old = make_closed(days=removed_days, disposition=disposition)

    assert remove() == 1

    assert anonymized(old)
    assert not anonymized(kept)


@pytest.mark.parametrize("disposition", ["spam_or_test", "unable_to_reach", "withdrawn"])
def test_assessed_person_is_a_clinical_record(disposition):
    request = make_canary(days=2500, disposition=disposition)
    assess_canary(request)

    assert remove() == 0

    assert not anonymized(request)


def test_open_request_is_never_removed():
    request = factories.make_request(created_at=timezone.now() - 5000 * DAY)

    assert remove() == 0

    assert not anonymized(request)


def test_what_was_merged_goes_with_what_it_joined():
    root = factories.make_request(created_at=timezone.now() - 3000 * DAY)
    joined = make_closed(days=2900, disposition="duplicate", merged_into=root)
    assert remove() == 0
    ConsultationRequest.objects.filter(pk=root.pk).update(
        stage="closed", closed_at=timezone.now() - 2800 * DAY, due_at=None, disposition="withdrawn"
    )

    assert remove() == 1

    assert anonymized(root)
    assert anonymized(joined)
    assert RemovalCertificate.objects.count() == 2


@pytest.mark.parametrize("is_on_the_merged", [False, True])
def test_hold_wins(is_on_the_merged):
    root = make_closed(days=4000)
    joined = make_closed(days=4000, disposition="duplicate", merged_into=root)
    LegalHold.objects.create(
        request=joined if is_on_the_merged else root,
        reason="Counsel",
        placed_by=factories.make_user("director"),
    )

    assert remove() == 0

    assert not anonymized(root)
    assert not anonymized(joined)


def test_second_run_finds_nothing():
    make_canary()

    assert remove() == 1
    assert tasks.remove_expired_data() == 0

    assert RemovalCertificate.objects.count() == 1


def test_one_that_postgres_refuses_keeps_no_other_from_its_turn():
    """A consultation that stands in a closed request is a fault that only Postgres sees."""
    faulty, sound = make_closed(days=4000), make_closed(days=3999)
    Note.objects.create(request=faulty, by=factories.make_user(), text=CANARY)
    with transaction.atomic():
        group = removal.lock_group(faulty.pk, is_waiting=True)
        consultation = factories.make_consultation(starts_at=timezone.now() + DAY, request=faulty)
        with pytest.raises(ProgrammingError, match="a consultation stands"), transaction.atomic():
            removal.remove_group(group, rule="clinical")

    assert remove() == 1

    assert anonymized(sound)
    assert not anonymized(faulty)
    consultation.refresh_from_db()
    assert consultation.is_standing


def test_owed_emails_no_longer_go():
    request = make_closed(days=4000)
    message = factories.make_message("callback_missed", request=request, due_at=timezone.now())

    remove()

    message.refresh_from_db()
    assert (message.state, message.reason) == (
        Message.State.SKIPPED,
        Message.Reason.REQUEST_CLOSED,
    )


def test_our_own_records_lose_their_texts_after_six_years(time_machine):
    request = make_canary()
    remove()
    time_machine.move_to(timezone.now() + timedelta(days=2192 + 1))
    Disclosure.objects.create(
        request=request, disclosed_at=timezone.now() - DAY, to_whom="Newer", purpose="x",
        categories=["contact"], basis="consent",
    )  # fmt: skip

    remove()

    assert sorted(each.to_whom for each in Disclosure.objects.all()) == ["", "Newer"]


def test_disclosure_that_was_recorded_late_is_kept_from_then_on(time_machine):
    request = make_canary()
    Disclosure.objects.create(
        request=request, disclosed_at=timezone.now() - 2100 * DAY, to_whom="Late", purpose="x",
        categories=["contact"], basis="consent",
    )  # fmt: skip
    remove()
    time_machine.move_to(timezone.now() + 2100 * DAY)

    remove()

    assert [each.to_whom for each in Disclosure.objects.all()].count("Late") == 1

    time_machine.move_to(timezone.now() + 100 * DAY)
    remove()

    assert {each.to_whom for each in Disclosure.objects.all()} == {""}


# What Postgres holds by itself


@pytest.fixture
def removed():
    request = make_canary()
    remove()
    return ConsultationRequest.objects.get(pk=request.pk)


def refused(match):
    return pytest.raises(ProgrammingError, match=match)


def test_row_of_a_removed_person_never_changes(removed):
    rows = ConsultationRequest.objects.filter(pk=removed.pk)

    for change in ({"for_whom": "loved_one"}, {"anonymized_at": None}):
        with refused("stays_anonymized"), transaction.atomic():
            rows.update(**change)


@pytest.mark.parametrize("table", ["note", "contactattempt", "referral", "benefitsverification"])
def test_nothing_is_written_about_a_removed_person(removed, table):
    by = factories.make_user()
    write = {
        "note": lambda: removed.notes.create(by=by, text="x"),
        "contactattempt": lambda: removed.attempts.create(
            by=by, channel="call", result="no_answer", note="x"
        ),
        "referral": lambda: removed.referrals.create(made_by=by, to_whom="x"),
        "benefitsverification": lambda: type(removed.benefits).objects.update(note="x"),
    }

    with refused("personal data of this request was removed"), transaction.atomic():
        write[table]()


@pytest.mark.parametrize(
    "column", [*personal_data.PERSONAL_TEXTS, *personal_data.PERMISSIONS, "search_tokens"]
)
def test_row_is_not_anonymized_while_something_personal_is_left(column):
    request = make_canary()
    empty = dict.fromkeys(personal_data.PERSONAL_TEXTS, "") | {"search_tokens": []}
    empty |= dict.fromkeys(personal_data.PERMISSIONS, False)
    left = {"search_tokens": [1]} | dict.fromkeys(personal_data.PERMISSIONS, True)

    with refused("personal data is left"), transaction.atomic():
        ConsultationRequest.objects.filter(pk=request.pk).update(
            anonymized_at=timezone.now(), **empty | {column: left.get(column, "+17145550199")}
        )


def test_open_request_is_not_anonymized():
    request = factories.make_request()
    nothing = dict.fromkeys(personal_data.PERSONAL_TEXTS, "")
    nothing |= dict.fromkeys(personal_data.PERMISSIONS, False)

    with pytest.raises(IntegrityError, match="anonymized_once_closed"), transaction.atomic():
        ConsultationRequest.objects.filter(pk=request.pk).update(
            anonymized_at=timezone.now(), **nothing, search_tokens=[]
        )


def test_amendment_without_a_reason_is_refused():
    """The reason may be emptied later, with all that was written about the person."""
    request, by = factories.make_request(), factories.make_user()
    request.assessments.create(version=1, by=by)

    with pytest.raises(IntegrityError, match="say why"), transaction.atomic():
        request.assessments.create(version=2, by=by)


def test_permanent_text_is_emptied_only_of_a_removed_person(removed):
    here = make_canary(days=1)

    with refused("Cannot update or delete"), transaction.atomic():
        Note.objects.filter(request=here).update(text="")
    with refused("Cannot update|was removed"), transaction.atomic():
        Note.objects.filter(request=removed).update(text="Something else")
    with refused("Cannot update or delete"), transaction.atomic():
        Note.objects.filter(request=removed).update(by=factories.make_user())
    with refused("Cannot update or delete"), transaction.atomic():
        Note.objects.filter(request=removed).delete()
    with refused("Cannot update"), transaction.atomic():
        here.referrals.update(to_whom="")


def test_services_say_kindly_that_nothing_can_be_done(removed):
    by = factories.make_user("director")

    with pytest.raises(ActionNotAllowed, match="Personal data was removed"):
        outcomes.reopen_request(request_id=removed.pk, by=by, reason="They called")
    with pytest.raises(ActionNotAllowed, match="Personal data was removed"):
        notes.add_note(request_id=removed.pk, by=by, text="x")


# As the worker's own role


def test_worker_may_empty_what_the_web_may_not(monkeypatch):
    request = make_canary(days=2600)
    assess_canary(request)
    names = {"web": "web_removal", "worker": "worker_removal"}
    for kind, name in names.items():
        monkeypatch.setenv(f"{kind.upper()}_DATABASE_URL", f"postgres://{name}:p@x/y")
    call_command("setup_roles", verbosity=0)

    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        as_role(names["web"])
    assert not anonymized(request)
    assert as_role(names["worker"]) == 1
    assert find_canary() == {}


def as_role(name) -> int:
    with transaction.atomic(), transaction.get_connection().cursor() as cursor:
        cursor.execute(f'SET LOCAL ROLE "{name}"')
        removed = remove()
        cursor.execute("RESET ROLE")
        return removed
