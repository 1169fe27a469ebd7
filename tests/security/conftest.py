"""What the cases of docs/security-cases.md share."""

import pytest


@pytest.fixture(autouse=True)
def static_files_are_found_when_asked_for():
    """Not here: an address is answered from the list of files made at the start, as on the site."""
