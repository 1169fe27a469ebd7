"""Whose browser gets alerts, and when it stops."""

import uuid

import pytest
from django.core import signing
from django.urls import reverse

from admissions.accounts.known_browsers import KNOWN_BROWSER_COOKIE, SALT
from admissions.alerts import devices, telling
from admissions.alerts.catalog import Kind
from admissions.alerts.models import Alert, AlertDevice, AlertPush
from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed
from tests.admissions.alerts.push_service import Browser
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db
ADD, PAGE = "/admin/alerts/devices/", "/admin/alerts/"


@pytest.fixture
def desk(client, kim):
    """Kim's browser, which the sign-in knows by its cookie."""
    client.force_login(kim)
    client.cookies[KNOWN_BROWSER_COOKIE] = signing.dumps(
        {"name": "b1", "users": [kim.pk]}, salt=SALT
    )
    return client


def test_device_is_turned_on_tried_and_removed(desk, kim, handset):
    desk.post(ADD, handset.subscription)
    device = AlertDevice.objects.get()
    page = desk.get(PAGE).content.decode()
    desk.post(f"{ADD}{device.pk}/test/")

    assert "Turn on again for this device" in page
    assert AlertPush.objects.get().alert.kind == Kind.TEST
    desk.post(f"{ADD}{device.pk}/remove/")
    assert not AlertPush.objects.exists()
    kinds = AuditEvent.objects.filter(type__startswith="device_").values_list("type", flat=True)
    assert set(kinds) == {"device_added", "device_removed"}


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/x",
        "webcal://fcm.googleapis.com/x",
        "https://fcm.googleapis.com:8443/x",
        "https://fcm.googleapis.com@127.0.0.1/x",
        "https://evilpush.apple.com.example.org/x",
        "https://notpush.apple.com/x",
        "https://169.254.169.254/latest",
        "https://fcm.googleapis.com/" + "x" * 1000,
    ],
)
def test_address_of_no_push_service_is_refused(kim, handset, endpoint):
    with pytest.raises(ActionNotAllowed):
        devices.add_device(by=kim, name="x", **handset.subscription | {"endpoint": endpoint})

    assert not AlertDevice.objects.exists()


@pytest.mark.parametrize("host", ["updates.push.services.mozilla.com", "web.push.apple.com"])
def test_other_push_services_are_known(kim, handset, host):
    given = handset.subscription | {"endpoint": f"https://{host}/x"}

    assert devices.add_device(by=kim, name="x", **given).pk


def test_page_says_why_a_browser_is_refused(desk, handset):
    answer = desk.post(ADD, handset.subscription | {"auth_secret": "x" * 200}, follow=True)

    assert "We cannot send alerts to this browser" in answer.content.decode()


def test_eleventh_device_is_refused(kim):
    for each in range(10):
        devices.add_device(by=kim, name="x", **Browser(path=str(each)).subscription)

    with pytest.raises(ActionNotAllowed):
        devices.add_device(by=kim, name="x", **Browser(path="11").subscription)


def test_browser_that_changes_hands_tells_its_last_owner_alone(phone, handset):
    dana = make_user()

    devices.add_device(by=dana, name="x", **handset.subscription)

    assert [each.user for each in AlertDevice.objects.all()] == [dana]


def test_signing_out_ends_alerts_on_that_browser_alone(desk, kim, handset):
    desk.post(ADD, handset.subscription)
    devices.add_device(by=kim, name="At home", browser="b2", **Browser(path="2").subscription)

    desk.post(reverse("admin:logout"))

    assert [each.name for each in AlertDevice.objects.all()] == ["At home"]


def test_device_of_a_colleague_is_nobody_elses(client, phone):
    client.force_login(make_user())

    answers = [client.post(f"{ADD}{phone.pk}/{step}/").status_code for step in ("remove", "test")]

    assert answers == [404, 404]
    assert AlertDevice.objects.exists()
    assert not Alert.objects.exists()


def test_what_a_phone_showed_leads_its_owner_alone_to_its_page(desk, kim, client):
    [own] = telling.tell(Kind.HANDED, [kim], key="1", page="/admin/x/")
    [other] = telling.tell(Kind.HANDED, [make_user()], key="1", page="/admin/x/")
    leads = {
        name: desk.get(f"{PAGE}open/{handle}/")["Location"]
        for name, handle in {"own": own.handle, "other": other.handle, "none": uuid.uuid4()}.items()
    }

    assert leads == {"own": "/admin/x/", "other": PAGE, "none": PAGE}
    assert Alert.objects.filter(seen_at=None).count() == 2
    desk.post(f"{PAGE}seen/")
    assert Alert.objects.get(seen_at=None) == other


def test_worker_of_the_browser_governs_no_page(client):
    answer = client.get("/push/worker.js")

    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert client.get("/push/").status_code == 404
