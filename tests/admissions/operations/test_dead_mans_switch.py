"""A monitor outside hears from us only while letters are swept."""

import socket
from datetime import timedelta

import pytest
import trustme
from django.utils import timezone

from admissions.calendars import safe_http
from admissions.installation.models import TaskRun
from admissions.operations import tasks
from tests.support.outside_server import OutsideServer

pytestmark = pytest.mark.django_db
SWEEP = "admissions.messaging.tasks.send_due_messages"
HOST = "monitor.example"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"


@pytest.fixture
def monitor(settings, monkeypatch, tmp_path):
    """A monitor on loopback, which stands for the open internet."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    server = OutsideServer(authority.issue_cert(HOST))
    server.answer = lambda path, connection: connection.sendall(OK)
    place = (socket.AF_INET, socket.SOCK_STREAM, 6, "", server.place)
    monkeypatch.setattr(safe_http, "lookup", lambda host, port, **options: [place])
    monkeypatch.setattr(safe_http, "is_public_ip", lambda address: True)
    settings.DEAD_MANS_SWITCH_URL = f"https://{HOST}/ping/secret"
    yield server
    server.stop()


def swept(*, minutes_ago):
    at = timezone.now() - timedelta(minutes=minutes_ago)
    TaskRun.objects.update_or_create(name=SWEEP, defaults={"last_finished_at": at})


def test_monitor_is_called_while_letters_are_swept(monitor):
    swept(minutes_ago=1)

    assert tasks.call_dead_mans_switch() is True
    assert monitor.requests[0].startswith("GET /ping/secret HTTP/1.1")


def test_monitor_is_not_called_once_sweeps_stop(monitor):
    swept(minutes_ago=4)

    assert tasks.call_dead_mans_switch() is False
    assert monitor.connections == 0


def test_monitor_is_not_called_before_the_first_sweep(monitor):
    assert tasks.call_dead_mans_switch() is False
    assert monitor.connections == 0


def test_monitor_that_refuses_harms_nothing_and_its_address_stays_secret(monitor, caplog):
    swept(minutes_ago=1)
    monitor.answer = lambda path, connection: connection.sendall(OK.replace(b"200", b"500"))

    assert tasks.call_dead_mans_switch() is False
    assert "did not take our call" in caplog.text
    assert "secret" not in caplog.text


def test_nobody_is_called_without_an_address(monitor, settings):
    settings.DEAD_MANS_SWITCH_URL = ""
    swept(minutes_ago=1)

    assert tasks.call_dead_mans_switch() is False
    assert monitor.connections == 0
