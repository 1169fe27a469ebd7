"""Who sits at the desk, and when."""

import pytest
import time_machine

from tests import factories

from .desk_world import NOW


@pytest.fixture(autouse=True)
def frozen():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def coordinator(client):
    """A coordinator who is signed in."""
    user = factories.make_user("coordinator", first_name="Dana", last_name="Reyes")
    client.force_login(user)
    return user
