"""Who acts for the center in most tests of what staff may do."""

import pytest

from tests.support.factories import make_user


@pytest.fixture
def staff():
    return make_user("coordinator")
