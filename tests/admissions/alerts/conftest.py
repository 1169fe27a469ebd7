"""A push service on loopback, which stands for the open internet."""

import socket

import pytest
import trustme

from admissions.alerts import devices
from admissions.calendars import safe_http
from tests.admissions.alerts.push_service import HOST, Browser, PushService
from tests.support.factories import make_user


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def push_service(authority, monkeypatch, tmp_path):
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    service = PushService(authority.issue_cert(HOST))
    place = (socket.AF_INET, socket.SOCK_STREAM, 6, "", service.server_address)
    monkeypatch.setattr(safe_http, "lookup", lambda host, port, **options: [place])
    monkeypatch.setattr(safe_http, "is_public_ip", lambda address: True)
    yield service
    service.stop()


@pytest.fixture
def handset():
    return Browser()


@pytest.fixture
def kim():
    return make_user("counselor", first_name="Kim")


@pytest.fixture
def phone(kim, handset):
    """Kim's, with alerts turned on."""
    return devices.add_device(by=kim, name="Chrome on Android", **handset.subscription)
