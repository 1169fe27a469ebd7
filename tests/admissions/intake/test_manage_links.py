"""Links in letters only open pages: whoever follows them all, changes nothing."""

import re
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.conf import settings
from django.test import Client
from django.urls import reverse

from admissions.intake import manage_links
from admissions.messaging import rendering
from admissions.messaging.models import Message
from tests.support.factories import make_consultation, make_counselor, make_due, make_request
from tests.support.visitor import MONDAY, TOMORROW_AT_TEN

TO_PEOPLE = [kind for kind in Message.Kind if kind not in Message.STAFF_KINDS]


@pytest.fixture(autouse=True)
def monday(db, time_machine):
    time_machine.move_to(MONDAY, tick=False)
    make_counselor()


def kept():
    """Every row that admissions keeps; a visit's session is not one of them."""
    models = apps.get_app_config("admissions").get_models()
    return {model: list(model.objects.order_by("pk").values()) for model in models}


def links_of(letter) -> list[str]:
    """Every address of ours in the text, the HTML and the headers, without the host."""
    html = letter.alternatives[0].content
    said = " ".join([letter.body, html.replace("&amp;", "&"), *letter.extra_headers.values()])
    found = sorted(set(re.findall(rf"{re.escape(settings.SITE_URL)}(/[^\s\"'<>)]*)", said)))
    assert found != []
    return found


@pytest.mark.parametrize("kind", TO_PEOPLE)
@pytest.mark.parametrize("is_discreet", [True, False], ids=["discreet", "named"])
@pytest.mark.security(10)
def test_following_every_link_of_a_letter_changes_nothing(kind, is_discreet):
    letter = rendering.render_email(make_due(kind, now=MONDAY, is_discreet=is_discreet))
    links, before = links_of(letter), kept()

    for _scan in range(2):
        scanner = Client()
        answers = [
            getattr(scanner, method)(link, follow=True, headers={"purpose": "prefetch"})
            for link in links
            for method in ("get", "head")
        ]
        assert {answer.status_code for answer in answers} == {200}

    assert kept() == before


def opened(request, to) -> str:
    """Where the manage link with this `to` leads in the end."""
    token = manage_links.issue_tokens(request)[0]
    address = reverse("admissions:open_manage_link", args=[token])
    return Client().get(f"{address}?to={to}", follow=True).request["PATH_INFO"]


@pytest.mark.parametrize(
    ("to", "name"),
    [
        ("move", "move_consultation"),
        ("cancel", "cancel_consultation"),
        ("book", "manage"),
        ("", "manage"),
        ("https://evil.example/", "manage"),
        ("stop_emails", "manage"),
    ],
)
@pytest.mark.security(59)
def test_link_leads_on_to_the_page_it_names_while_a_time_stands(to, name):
    request = make_consultation(starts_at=TOMORROW_AT_TEN).request

    assert opened(request, to) == reverse(f"admissions:{name}")


@pytest.mark.parametrize(
    ("to", "name"),
    [("move", "manage"), ("cancel", "manage"), ("book", "rebook")],
)
def test_link_leads_on_to_the_page_it_names_without_a_time(to, name):
    assert opened(make_request(), to) == reverse(f"admissions:{name}")


def test_address_that_a_link_leads_to_holds_no_token():
    letter = rendering.render_email(make_due("reminder_day", now=MONDAY))
    links = [link for link in links_of(letter) if "/manage/" in link]

    for link in links:
        chain = Client().get(link, follow=True).redirect_chain
        assert {urlsplit(address).query for address, _status in chain} == {""}
        assert re.findall(r"manage/(\S{20,})", " ".join(address for address, _ in chain)) == []
