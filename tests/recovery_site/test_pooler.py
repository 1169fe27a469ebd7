"""The site behind a pooler in transaction mode, where no session is one's own."""

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from admissions.audit import seal_chain
from admissions.audit.models import AuditEvent
from admissions.intake.models import ConsultationRequest
from admissions.messaging import tasks
from admissions.messaging.models import Message
from admissions.scheduling.models import Consultation
from admissions.scheduling.models.consultations import Status
from admissions.time_limits import has_statement_timeout
from tests.recovery_site.pooler import Pooler
from tests.support.factories import StaffClient, make_counselor, make_user
from tests.support.visitor import Visitor, browser, read_form, url

pytestmark = pytest.mark.usefixtures("real_commits")


@pytest.fixture
def pooler(real_commits, django_db_blocker):
    """The site's connection goes through it."""
    with django_db_blocker.unblock():
        parameters = connection.get_connection_params()
        known = ("dbname", "user", "password", "host", "port")
        started = Pooler({name: parameters[name] for name in known if name in parameters})
        connection.close()
        kept = dict(connection.settings_dict)
        connection.settings_dict.update(HOST="127.0.0.1", PORT=started.port)
        yield started
        connection.close()
        connection.settings_dict.update(kept)
        started.stop()


def test_every_form_of_a_booking_works_and_leaves_nothing_to_the_next(pooler, inbox):
    make_counselor()
    visitor = Visitor()

    visitor.book(email="jo@example.test", may_email="on")
    tasks.send_messages(list(Message.objects.values_list("pk", flat=True)))
    owner = browser(ConsultationRequest.objects.get())
    page = owner.get(url("cancel_consultation"))
    owner.post(url("cancel_consultation"), read_form(page, "cancel_consultation").values)
    Visitor().send_callback(Visitor().open_callback())

    assert Consultation.objects.get().status == Status.CANCELED_BY_PERSON
    assert ConsultationRequest.objects.count() == 2
    assert len(inbox) >= 1
    assert pooler.left_behind == []
    assert pooler.transactions > 20


def test_desk_and_the_audit_work_too(pooler):
    director = make_user("director")
    desk = StaffClient()
    desk.force_login(director)

    pages = [desk.get(address).status_code for address in ("/admin/", "/admin/reports/")]
    seal_chain.seal_next_batch()
    call_command("verify_audit")

    assert pages == [200, 200]
    assert AuditEvent.objects.filter(code="whole").exists()
    assert pooler.left_behind == []


def test_statements_still_end_in_time(pooler):
    assert has_statement_timeout()


def test_pooler_notices_what_a_session_keeps(pooler):
    """The control: without it the tests above would prove nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '1s'")
        cursor.execute("SELECT pg_advisory_lock(4711)")

    assert pooler.left_behind == ["SET lock_timeout", "ADVISORY LOCK"]


def test_pooler_refuses_options(pooler):
    connection.settings_dict["OPTIONS"] |= {"options": "-c jit=off"}
    try:
        with pytest.raises(Exception, match="unsupported startup parameter"), transaction.atomic():
            pass
    finally:
        del connection.settings_dict["OPTIONS"]["options"]
