"""The other language over every page, and over a form with all that was typed."""

from datetime import time

import pytest
import time_machine
from django.utils import translation

from admissions.intake.models import ConsultationRequest
from tests.support.factories import make_counselor
from tests.support.visitor import MONDAY, Visitor, details_url, read_form, url

pytestmark = pytest.mark.django_db
TYPED = {
    "is_in_danger": "no",
    "for_whom": "loved_one",
    "preferred_name": "Ann",
    "phone": "714 555 0199",
    "may_text": "on",
    "voicemail": "number_only",
    "note": "Afternoons are hard",
    "time_zone": "Asia/Kathmandu",
}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(MONDAY, tick=False) as at, translation.override("en"):
        yield at


@pytest.fixture
def visitor():
    make_counselor(languages=["en", "es"])
    return Visitor()


def spanish(address):
    """The address in Spanish, whatever language the last page left behind."""
    return "/es/" + address.removeprefix("/es").removeprefix("/")


def switch(visitor, page, name, typed):
    """Press Español over the form, and return the page in Spanish and its form."""
    values = {key: value for key, value in read_form(page, name).values.items() if key not in BOXES}
    answer = visitor.post(spanish(url(name)), values | typed | {"switches_language": "1"})
    with translation.override("es"):
        return answer, read_form(answer, name).values


BOXES = {"may_call", "is_discreet", "agrees_to_contact"}


def test_details_half_typed_come_along_into_the_other_language(visitor):
    page = visitor.get(details_url())

    answer, values = switch(visitor, page, "details", TYPED)

    assert answer.status_code == 200
    assert {name: values.get(name) for name in TYPED} == TYPED
    assert values["at"] == "20261124T180000Z"
    assert BOXES & {name for name, value in values.items() if value} == set()
    assert answer.context["form"].is_bound is False
    assert ConsultationRequest.objects.count() == 0


def test_details_that_came_along_are_sent_in_the_other_language(visitor):
    typed = TYPED | {"is_adult": "yes", "agrees_to_contact": "on"}
    _answer, values = switch(visitor, visitor.get(details_url()), "details", typed)

    visitor.post(spanish(url("details")), values)

    request = ConsultationRequest.objects.get()
    assert (request.language, request.note) == ("es", "Afternoons are hard")
    assert request.time_zone == "Asia/Kathmandu"


def test_switch_to_a_language_in_which_the_time_is_not_open_offers_others():
    make_counselor(languages=["en"])
    make_counselor(languages=["es"], opens=time(15))
    visitor = Visitor()

    answer, values = switch(visitor, visitor.get(details_url()), "details", TYPED)

    assert answer.status_code == 409
    assert values["note"] == "Afternoons are hard"
    assert len(answer.context["nearest"]) == 3


def test_callback_half_typed_comes_along_into_the_other_language(visitor):
    typed = {"preferred_name": "Ann", "phone": "714 555", "voicemail": "number_only"}

    answer, values = switch(
        visitor, visitor.get(url("request_callback")), "request_callback", typed
    )

    assert {name: values[name] for name in typed} == typed
    assert answer.context["form"].is_bound is False
    assert ConsultationRequest.objects.count() == 0


@pytest.mark.parametrize("address", ["/", "/consultation/?mode=video&for=self&zone=Asia%2FTokyo"])
def test_header_leads_to_the_same_page_with_all_that_it_asks(visitor, address):
    page = visitor.get(address).content.decode()

    header = page.split("<header")[1].split("</header>")[0]
    link = header.split('class="lang"')[1].split('href="')[1].split('"')[0]
    assert link.replace("&amp;", "&") == "/es" + address


@pytest.mark.parametrize(
    ("address", "asked", "invitation"),
    [
        ("/", "es-US,en;q=0.5", "Leer esta página en español"),
        ("/es/consultation/", "fr,en;q=0.9,es;q=0.5", "Read this page in English"),
        ("/consultation/", "en-US,es;q=0.5", ""),
        ("/es/", "es", ""),
        ("/es/", "", ""),
    ],
)
def test_invitation_needs_no_script_and_is_for_who_prefers_it(visitor, address, asked, invitation):
    page = visitor.get(address, headers={"accept-language": asked})

    found = page.content.decode().split('invite"')[1:]
    assert [invitation in each.split("</nav>")[0] for each in found] == [True] * bool(invitation)
    assert "Accept-Language" in page["Vary"]
