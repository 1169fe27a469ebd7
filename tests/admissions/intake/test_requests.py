"""What a request says about itself."""

import pytest

from tests.support.factories import make_request

pytestmark = pytest.mark.django_db


def test_open_request_has_a_due_time():
    request = make_request()

    assert request.open_due_at == request.due_at


def test_due_time_of_a_closed_request_is_not_to_be_asked_for():
    request = make_request()
    request.due_at = None

    with pytest.raises(ValueError, match=f"^Nothing is due of request {request.pk}"):
        request.open_due_at  # noqa: B018  reading it is what raises
