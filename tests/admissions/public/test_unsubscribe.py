"""The link that stops emails: one click by a mail program, one button for a person."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from admissions.intake import manage_links, suppressions
from admissions.intake.models import IdempotencyKey, ManageToken
from admissions.messaging import catalog, disclosure, rendering
from admissions.messaging.models import Message
from tests.admissions.intake.test_manage_links import kept
from tests.support.factories import make_consultation, make_due, make_request
from tests.support.visitor import MONDAY, TOMORROW_AT_TEN, read_form

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(MONDAY)]
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
TO_PEOPLE = [kind for kind in Message.Kind if kind not in Message.STAFF_KINDS]
FOLLOW_UPS = [kind for kind in TO_PEOPLE if catalog.CATALOG[kind].layout.has_unsubscribe_header]


@pytest.fixture
def request_of_jo():
    return make_consultation(starts_at=TOMORROW_AT_TEN).request


def link(request, *, manage=False):
    tokens = manage_links.issue_tokens(request)
    return reverse("admissions:open_unsubscribe_link", args=[tokens[0 if manage else 1]])


def mail_program():
    return Client(enforce_csrf_checks=True)


# One click (RFC 8058)


@pytest.mark.parametrize(
    "sent",
    [
        {"data": "List-Unsubscribe=One-Click", "content_type": "application/x-www-form-urlencoded"},
        {"data": ONE_CLICK},
    ],
    ids=["urlencoded", "multipart"],
)
def test_one_click_stops_without_cookies_or_token_of_a_form(request_of_jo, sent):
    answer = mail_program().post(link(request_of_jo), **sent)

    request_of_jo.refresh_from_db()
    assert answer.status_code == 200
    assert answer.content == b""
    assert not request_of_jo.may_email
    assert dict(answer.cookies) == {}


def test_one_click_again_changes_nothing(request_of_jo):
    address = link(request_of_jo)
    mail_program().post(address, ONE_CLICK)
    before = kept()

    answers = [mail_program().post(address, ONE_CLICK) for _click in range(3)]

    assert {answer.status_code for answer in answers} == {200}
    assert kept() == before


def test_one_click_stops_again_after_emails_were_allowed_anew(request_of_jo):
    address = link(request_of_jo)
    mail_program().post(address, ONE_CLICK)
    request_of_jo.refresh_from_db()
    request_of_jo.may_email = True
    request_of_jo.save()
    suppressions.lift_requester_stop(request_of_jo)

    mail_program().post(address, ONE_CLICK)

    request_of_jo.refresh_from_db()
    assert request_of_jo.may_email is False
    assert IdempotencyKey.objects.filter(request=None).count() == 0


def expired(request):
    address = link(request)
    ManageToken.objects.update(expires_at=MONDAY)
    return address


def malformed(request):
    return link(request)[:-2] + "x/"


def of_the_other_kind(request):
    return link(request, manage=True)


def unknown(request):
    return reverse("admissions:open_unsubscribe_link", args=["no-such-link"])


@pytest.mark.parametrize("make", [expired, malformed, of_the_other_kind, unknown])
@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_link_that_stops_nothing_looks_the_same_whatever_the_reason(request_of_jo, make, method):
    address = make(request_of_jo)
    before = kept()

    answer = getattr(Client(), method)(address, ONE_CLICK)

    same = getattr(Client(), method)("/consultation/stop/another/", ONE_CLICK)
    assert (answer.status_code, answer.content, kept()) == (404, same.content, before)


@pytest.mark.parametrize("sent", [{}, {"List-Unsubscribe": "x"}, {"list-unsubscribe": "One-Click"}])
def test_post_without_the_field_changes_nothing(request_of_jo, sent):
    address = link(request_of_jo)
    before = kept()

    answer = Client().post(address, sent)

    same = Client().post("/consultation/stop/another/", sent)
    assert (answer.status_code, answer.content, kept()) == (404, same.content, before)


@pytest.mark.parametrize("method", ["get", "head"])
def test_opening_the_link_changes_nothing(request_of_jo, method):
    address = link(request_of_jo)
    before = kept()

    answers = [getattr(Client(), method)(address, follow=True) for _look in range(3)]

    assert {answer.status_code for answer in answers} == {200}
    assert kept() == before


@pytest.mark.parametrize("method", ["put", "delete", "patch", "options"])
def test_any_other_method_changes_nothing(request_of_jo, method):
    address = link(request_of_jo)
    before = kept()

    answer = getattr(Client(), method)(address)

    assert (answer.status_code, kept()) == (405, before)


# In the letters


def token_of(address):
    return re.search(r"/consultation/stop/([\w-]+)/", address)[1]


@pytest.mark.parametrize("kind", FOLLOW_UPS)
def test_follow_up_names_one_link_in_its_headers_and_in_its_text(kind):
    message = make_due(kind, now=MONDAY)

    letter = rendering.render_email(message)

    headers, html = letter.extra_headers, letter.alternatives[0].content
    token = token_of(headers["List-Unsubscribe"])
    assert headers["List-Unsubscribe"].startswith(f"<{settings.SITE_URL}/")
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert (token_of(letter.body), token_of(html)) == (token, token)
    assert manage_links.find_request_by_token(token, "stop") == message.request


@pytest.mark.parametrize("kind", TO_PEOPLE)
def test_every_letter_has_a_link_that_stops_them(kind):
    message = make_due(kind, now=MONDAY)

    letter = rendering.render_email(message)

    assert manage_links.find_request_by_token(token_of(letter.body), "stop") == message.request


# The page


def opened(request):
    client = Client()
    client.get(link(request))
    return client


def test_page_stops_with_one_button(request_of_jo):
    client = opened(request_of_jo)
    address = reverse("admissions:unsubscribe")
    form = read_form(client.get(address), "unsubscribe")

    page = client.post(address, form.values, follow=True).content.decode()

    request_of_jo.refresh_from_db()
    assert request_of_jo.may_email is False
    assert "You won't get these emails anymore" in page
    assert "Your appointment stays as it is." in page


@pytest.mark.parametrize("key", ["", "forged"])
def test_page_with_a_key_that_is_not_ours_changes_nothing(request_of_jo, key):
    client = opened(request_of_jo)
    before = kept()

    client.post(reverse("admissions:unsubscribe"), {"key": key})

    assert kept() == before


def test_page_asks_for_its_form_token(request_of_jo):
    client = Client(enforce_csrf_checks=True)
    client.get(link(request_of_jo))

    assert client.post(reverse("admissions:unsubscribe"), {"key": "x"}).status_code == 403


def test_page_is_private_and_names_nothing(request_of_jo):
    page = opened(request_of_jo).get(reverse("admissions:unsubscribe"))

    title = re.search(r"<title>(.*?)</title>", page.content.decode(), re.DOTALL)[1].strip()
    assert (page["Cache-Control"], page["X-Robots-Tag"]) == (
        "no-store, private",
        "noindex, nofollow",
    )
    assert title == "Stop these emails"
    assert disclosure.find_revealing_words(title) == []
    assert "jo@example.com" not in page.content.decode()


def test_link_leads_to_an_address_without_its_token(request_of_jo):
    answer = Client().get(link(request_of_jo))

    assert (answer["Location"], answer["Cache-Control"]) == (
        reverse("admissions:unsubscribe"),
        "no-store, private",
    )


def test_link_to_stop_opens_no_request(request_of_jo):
    client = opened(request_of_jo)

    assert client.get(reverse("admissions:manage")).status_code == 410


def test_token_to_stop_opens_no_request(request_of_jo):
    _manage, stop = manage_links.issue_tokens(request_of_jo)

    assert Client().get(reverse("admissions:open_manage_link", args=[stop])).status_code == 404


def test_page_of_another_browser_is_closed(request_of_jo):
    assert Client().get(reverse("admissions:unsubscribe")).status_code == 410


def test_page_knows_that_another_request_has_stopped_the_address(request_of_jo):
    other = make_request(created_at=MONDAY - timedelta(days=1))
    Client().post(link(request_of_jo), ONE_CLICK)

    page = opened(other).get(reverse("admissions:unsubscribe"))

    assert b"You won't get these emails anymore" in page.content


def test_button_on_the_manage_page_stops_as_the_link_does(request_of_jo):
    client = Client()
    client.get(
        reverse("admissions:open_manage_link", args=[manage_links.issue_tokens(request_of_jo)[0]])
    )
    form = read_form(client.get(reverse("admissions:manage")), "stop_emails")

    client.post(reverse("admissions:stop_emails"), form.values)

    request_of_jo.refresh_from_db()
    assert not request_of_jo.may_email
    assert not suppressions.may_email_requester(request_of_jo)
    assert request_of_jo.suppressions.get().cause == "stopped"
