"""The least that Django can do: a page of so many bytes, and to book, a view that inserts the
same rows in one transaction.

No middleware, no session, no CSRF, no form, no search for a counselor, no page,
no task; it is told whose time to take. Its models are ours, so the tables, the
constraints and the triggers are the same.
"""

import functools
import os
import uuid
from datetime import UTC, datetime, timedelta

import django
import environ
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import transaction
from django.http import HttpResponse
from django.urls import path

settings.configure(
    DEBUG=False,
    SECRET_KEY=os.environ["SECRET_KEY"],
    FIELD_KEYS=[os.environ["FIELD_KEYS"]],
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.postgres",
        "phonenumber_field",
        "pgtrigger",
        "users",
        "programs",
        "admissions",
    ],
    AUTH_USER_MODEL="users.User",
    DATABASES={"default": environ.Env().db_url("DATABASE_URL") | {"CONN_MAX_AGE": 60}},
    LANGUAGES=[("en", "English"), ("es", "Spanish")],
    TIME_ZONE="America/Los_Angeles",
    USE_TZ=True,
    PHONENUMBER_DEFAULT_REGION="US",
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()
from admissions.audit.models import AuditEvent  # noqa: E402
from admissions.intake.models import (  # noqa: E402
    ConsentEvent,
    ConsentVersion,
    ConsultationRequest,
    IdempotencyKey,
)
from admissions.messaging.models import Message  # noqa: E402
from admissions.scheduling.models import Consultation  # noqa: E402
from programs.models import Location  # noqa: E402

GRANTED = {"contact": True, "email": True, "text": False, "news": False}
Kind = Message.Kind


@functools.cache
def known():
    """What every booking refers to: the location, and the wordings of the consents."""
    return Location.objects.first(), ConsentVersion.objects.current(language="en")


def book(request):
    """201 when the time is theirs, 409 when it was taken."""
    location, versions = known()
    stamp = datetime.strptime(request.POST["at"], "%Y%m%dT%H%M%SZ")
    with transaction.atomic():
        consultation_request = add_request(request.POST, stamp.replace(tzinfo=UTC))
        consultation = new_consultation(consultation_request, request.POST["counselor"], location)
        if not Consultation.objects.try_hold(consultation):
            transaction.set_rollback(True)
            return HttpResponse(status=409)
        add_the_rest(consultation_request, consultation, versions)
    return HttpResponse(status=201)


def add_request(typed, starts_at):
    return ConsultationRequest.objects.create(
        source=ConsultationRequest.Source.BOOKING,
        stage=ConsultationRequest.Stage.CONSULTATION_SCHEDULED,
        due_at=starts_at,
        preferred_name=typed["preferred_name"],
        phone=typed["phone"],
        may_call=True,
        email=typed["email"],
        may_email=True,
    )


def new_consultation(consultation_request, counselor, location):
    starts_at = consultation_request.due_at
    return Consultation(
        request=consultation_request,
        counselor_id=counselor,
        location=location,
        mode="phone",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=45),
        held=(starts_at, starts_at + timedelta(minutes=60)),
        assigned_because="bare",
    )


def add_the_rest(consultation_request, consultation, versions):
    """Consents, the audit event, the emails that are owed, and the key of the form."""
    ConsentEvent.objects.bulk_create(
        ConsentEvent(request=consultation_request, version=versions[key], is_granted=is_granted)
        for key, is_granted in GRANTED.items()
    )
    consultation_request.audit_events.create(
        type=AuditEvent.Type.CONSULTATION_REQUESTED,
        source=AuditEvent.Source.REQUESTER,
        consultation=consultation,
    )
    owed = [Kind.CONFIRMATION, Kind.REMINDER_DAY, Kind.REMINDER_HOURS]
    Message.objects.bulk_create(
        [
            Message(
                request=consultation_request,
                kind=Kind.STAFF_NEW_REQUEST,
                dedupe_key=f"request:{consultation_request.pk}:0",
                due_at=consultation_request.created_at,
            ),
            *(
                Message(
                    request=consultation_request,
                    consultation=consultation,
                    kind=kind,
                    dedupe_key=f"consultation:{consultation.pk}",
                    due_at=consultation_request.created_at,
                )
                for kind in owed
            ),
        ]
    )
    IdempotencyKey.objects.create(key=uuid.uuid4(), request=consultation_request)


@functools.lru_cache(maxsize=50)
def of_bytes(size):
    return b"x" * size


def page(request, size):
    return HttpResponse(of_bytes(size))


urlpatterns = [path("book", book), path("page/<int:size>", page)]
application = get_wsgi_application()
