"""Public pages need no collected static files in tests."""

import pytest


@pytest.fixture(autouse=True)
def plain_static_files(settings):
    backend = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": backend}}
