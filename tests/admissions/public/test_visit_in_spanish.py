"""A whole visit in Spanish: nothing that a requester reads is left without its words."""

import pytest
import time_machine
from django.conf import settings
from django.utils import translation

from admissions.intake.models import ConsentEvent, ConsentVersion
from tests.support.factories import make_counselor
from tests.support.spanish_ear import listening
from tests.support.visitor import MONDAY, Visitor, details_url, url

pytestmark = pytest.mark.django_db

OTHERS = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
EMAIL = {"email": "jo@example.org"}
WRONG = {
    "is_in_danger": "",
    "for_whom": "x",
    "is_adult": "no",
    "preferred_name": "",
    "phone": "12",
    "email": "jo",
    "may_text": "on",
    "agrees_to_contact": "",
    "note": "x" * 2000,
}


@pytest.fixture
def visitor():
    make_counselor(languages=["en", *OTHERS])
    with time_machine.travel(MONDAY):
        yield Visitor()


def look(visitor, *names):
    return [visitor.get(url(name)).status_code for name in names]


@pytest.mark.parametrize("language", OTHERS)
def test_visit_asks_for_no_text_without_words(visitor, language):
    with translation.override(language), listening(language) as without_words:
        answers = look(visitor, "choose_time", "request_callback", "before_the_call", "manage")
        answers += [
            visitor.book(**WRONG).status_code,
            visitor.book(**EMAIL).status_code,
            visitor.get(details_url()).status_code,
            visitor.send_callback(visitor.open_callback(another="1") | WRONG).status_code,
        ]
        answers += look(
            visitor,
            "booked",
            "manage",
            "change_contact_plan",
            "correct_contact",
            "request_callback",
            "move_consultation",
            "cancel_consultation",
            "finished",
        )
        answers.append(visitor.post(url("change_contact_plan"), {"voicemail": "x"}).status_code)

    assert without_words == set()
    assert answers == [200, 200, 200, 410, 200, 302, *[200] * 11]


@pytest.mark.parametrize("language", OTHERS)
def test_every_consent_has_its_words(language):
    current = ConsentVersion.objects.current(language=language)

    assert {key: version.language for key, version in current.items()} == dict.fromkeys(
        ConsentVersion.Key.values, language
    )


def test_booking_in_spanish_agrees_to_the_spanish_words(visitor):
    with translation.override("es"):
        page = visitor.get(details_url())
        visitor.book(**EMAIL, agrees_to_email="on")

    agreed = set(ConsentEvent.objects.values_list("version__text", flat=True))
    assert {text for text in agreed if text in page.content.decode()} == agreed
    assert set(ConsentEvent.objects.values_list("version__language", flat=True)) == {"es"}
