"""The person's language wins, in every word of every letter."""

import re
from datetime import timedelta
from itertools import product

import pytest
from django.conf import settings
from django.utils import translation
from icalendar import Calendar

from admissions.booking import by_staff
from admissions.messaging import disclosure
from admissions.messaging.models import Message, MessageTemplate
from admissions.scheduling.models import Counselor, Mode
from programs.models import Facility, Location
from tests.support.factories import make_counselor, make_user
from tests.support.visitor import MONDAY, Visitor

from .test_rendering import (
    FOR_REQUESTERS,
    LANGUAGES,
    NOW,
    all_that_shows,
    arrive,
    html,
    promise,
    text,
    without_tokens,
)

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NOW)]

Kind = Message.Kind
PLANS = list(product([True, False], Mode))
# What is the same in every language: addresses, numbers, and clocks by their short names.
SAME = re.compile(r"https?://\S+|\S+@\S+|\(\w+\)|Video\b")


def event(letter):
    """The calendar entry of a letter, or nothing."""
    for part in letter.walk():
        if part.get_content_type() == "text/calendar":
            (found,) = Calendar.from_ical(part.get_content()).walk("VEVENT")
            return found
    return {}


def sentences(letter):
    """Every stretch of words that a letter shows, without names, numbers and addresses."""
    shown = re.sub(r"<style.*?</style>", " ", html(letter), flags=re.DOTALL)
    pieces = [letter["Subject"], letter["From"], text(letter), re.sub(r"<[^>]+>", "\n", shown)]
    pieces += [str(event(letter).get(name, "")) for name in ("SUMMARY", "LOCATION", "DESCRIPTION")]
    names = ["Dana", "Jo", Facility.objects.get().name, Location.objects.get().address]
    words = SAME.sub("\n", "\n".join(pieces))
    for name in names:
        words = words.replace(name, "\n")
    found = {" ".join(re.findall(r"[^\W\d]+", each)) for each in re.split(r"[\n.:?!]", words)}
    return found - {""}


@pytest.mark.parametrize("kind", FOR_REQUESTERS)
@pytest.mark.parametrize(("is_discreet", "mode"), PLANS)
def test_spanish_letter_shares_no_words_with_the_english_one(kind, is_discreet, mode):
    english, spanish = (
        sentences(arrive(promise(kind, language=language, is_discreet=is_discreet, mode=mode)))
        for language in ("en", "es")
    )

    assert english & spanish == set()
    assert len(english) > 5
    assert len(spanish) > 5


@pytest.mark.parametrize(("language", "kind"), list(product(LANGUAGES, FOR_REQUESTERS)))
def test_letter_names_its_language_and_leads_to_pages_of_it(language, kind):
    letter = arrive(promise(kind, language=language))

    home = settings.SITE_URL + ("/consultation/" if language == "en" else "/es/consultation/")
    links = re.findall(rf"{re.escape(settings.SITE_URL)}/\S*", text(letter))
    assert letter["Content-Language"] == language
    assert f'<html lang="{language}">' in html(letter)
    assert links != []
    assert [link for link in links if not link.startswith(home)] == []


def test_spanish_letter_tells_the_time_as_spanish_speakers_do():
    letter = arrive(promise(language="es", time_zone="America/Los_Angeles"))

    assert "\nMartes 5 de enero, 9:00\u00a0a.\u00a0m. (PST)\n" in text(letter)


def test_spanish_invitation_is_spanish():
    letter = arrive(promise(language="es"))

    said = event(letter)
    assert (said["SUMMARY"], said["LOCATION"]) == ("Cita", "Teléfono")


def test_discreet_spanish_letter_comes_from_a_neutral_sender_in_spanish():
    letter = arrive(promise(language="es", is_discreet=True))

    assert letter["From"] == f"Citas <{settings.MAIL_FROM}>"


@pytest.mark.parametrize(
    "telling",
    [
        "su recuperación", "la casa residencial", "el grupo ambulatorio", "la adicción",
        "alguien adicta", "la dependencia", "el tratamiento", "las drogas", "el alcohol",
        "los opioides", "la rehabilitación", "sin sobriedad", "la abstinencia",
        "la desintoxicación", "su consejera", "la línea de admisiones", "su internamiento",
        "la Clínica", "una clinica", "la terapia", "otros pacientes", "nuestros programas",
        "lo que consume", "una recaída", "volver a recaer", "las sustancias", "una sobredosis",
        "el nivel de atención", "su diagnóstico", "el seguro médico", "la aseguradora",
    ],
)  # fmt: skip
def test_word_that_tells_in_spanish_is_found(telling):
    assert len(disclosure.find_revealing_words(f"Le escribimos sobre {telling}.")) == 1


@pytest.mark.parametrize("kind", FOR_REQUESTERS)
def test_word_that_tells_would_be_found_in_a_spanish_letter(kind):
    """The control of the discreet letters: a name that is such a word is seen in each."""
    letter = arrive(promise(kind, language="es", preferred_name="Sobriedad"))

    assert set(disclosure.REVEALING_WORDS.findall(without_tokens(all_that_shows(letter)))) == {
        "Sobri"
    }


def test_own_words_that_tell_in_spanish_are_not_said():
    message = promise(language="es")
    words = {"subject": "Su cita", "heading": "Su cita", "text": "Sobre su recuperación."}
    MessageTemplate.objects.create(
        kind=message.kind, language="es", version=1, made_by=make_user("director"), **words
    )

    said = text(arrive(message))

    assert "recuperación" not in said
    assert "Su cita ya quedó reservada." in said


# Whatever anyone else speaks


@pytest.mark.parametrize(("own", "around"), [("es", "en"), ("en", "es"), ("es", "fr")])
def test_letter_is_in_the_persons_language_whatever_the_worker_speaks(own, around, monkeypatch):
    monkeypatch.setenv("LANGUAGE", around)
    message = promise(language=own)

    with translation.override(around):
        letter = arrive(message)
        after = translation.get_language()

    subject = {"en": "Your appointment", "es": "Su cita"}[own]
    assert (letter["Subject"], letter["Content-Language"], after) == (subject, own, around)


@pytest.mark.parametrize("kind", sorted(Message.STAFF_KINDS))
def test_letter_to_staff_is_english_whatever_the_person_and_the_worker_speak(kind):
    with translation.override("es"):
        letter = arrive(promise(kind, language="es"))

    assert letter["Content-Language"] == "en"
    assert '<html lang="en">' in html(letter)


@pytest.mark.parametrize(
    ("language", "preferred", "greeting"), [("en", "es", "Hello Jo."), ("es", "en", "Hola, Jo.")]
)
def test_letter_is_in_the_language_of_the_page_that_was_used(
    language, preferred, greeting, time_machine
):
    """Addresses of forms come from the page's language; the browser prefers another."""
    time_machine.move_to(MONDAY, tick=False)
    make_counselor(languages=["en", "es"])
    visitor = Visitor(headers={"accept-language": preferred})

    with translation.override(language):
        visitor.book(email="jo@example.com")

    letter = arrive(Message.objects.get(kind=Kind.CONFIRMATION))
    assert (letter["Content-Language"], text(letter).split("\n")[0]) == (language, greeting)


def test_change_by_staff_is_told_in_the_persons_language():
    consultation = promise(language="es").consultation
    Counselor.objects.update(languages=["en", "es"])

    with translation.override("en"):
        by_staff.reschedule_consultation(
            request_id=consultation.request_id,
            starts_at=consultation.starts_at + timedelta(days=1),
            by=make_user("coordinator"),
        )

    letter = arrive(Message.objects.get(kind=Kind.MOVED))
    assert letter["Subject"] == "Su cita tiene un nuevo horario"
