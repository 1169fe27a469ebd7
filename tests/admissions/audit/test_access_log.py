"""Whose look is written down."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory

from admissions.audit import access_log
from admissions.audit.models import AuditEvent
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db


def request_of(user):
    request = RequestFactory().get("/")
    request.user = user
    return request


def test_view_of_nobody_signed_in_is_refused():
    with pytest.raises(PermissionDenied):
        access_log.log_view(request_of(AnonymousUser()), code="desk")

    assert AuditEvent.objects.count() == 0


def test_view_is_kept_with_its_request():
    dana = make_user()
    request = request_of(dana)

    event = access_log.log_request_view(request, None, code="reports", fields=["language"])

    event.refresh_from_db()
    assert (event.actor, event.code, event.fields) == (dana, "reports", ["language"])
    assert access_log.is_logged(request) is True
