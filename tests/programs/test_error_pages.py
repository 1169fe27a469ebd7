"""Error pages need no database, and always give the number."""

import re

import pytest
from django.test import RequestFactory
from django.utils import translation

from recovery_site import error_views

PAGES = [400, 403, 404, 405, 410, 429, 500, 503]
OURS = {
    "en": "That is our admissions line.",
    "es": "Esa es nuestra línea de admisiones.",
}


@pytest.mark.parametrize("status", PAGES)
@pytest.mark.security(77)
def test_error_page_gives_the_number_without_the_database(status):
    html = error_views.render_error(status).content.decode()

    called = re.findall(r'href="(tel:[^"]+)"', html)

    assert called == ["tel:911", "tel:988", "tel:+1-714-555-0134"]


@pytest.mark.parametrize("status", PAGES)
def test_error_page_has_a_title_and_one_heading(status):
    html = error_views.render_error(status).content.decode()

    title = re.search(r"<title>\s*(.*?)\s*</title>", html, flags=re.S)[1]
    headings = [found.strip() for found in re.findall(r"<h1>(.*?)</h1>", html, flags=re.S)]

    assert headings == [title]


@pytest.mark.parametrize("status", PAGES)
@pytest.mark.parametrize(("address", "language"), [("/nowhere/", "en"), ("/es/nada/", "es")])
def test_error_page_speaks_the_language_of_its_address(status, address, language):
    """Whatever the language of the page before: some errors come before Django looks."""
    with translation.override("es" if language == "en" else "en"):
        response = error_views.render_error(status, RequestFactory().get(address))

    html = response.content.decode()
    assert (response["Content-Language"], html.count(f'<html lang="{language}">')) == (language, 1)
    assert [code for code, words in OURS.items() if words in html] == [language]


def test_error_page_leads_to_the_first_page_of_its_language():
    html = error_views.render_error(404, RequestFactory().get("/es/nada/")).content.decode()

    assert '<a class="btn quiet" href="/es/">' in html


def test_refused_verb_is_told_in_the_language_of_its_address(client):
    with translation.override("es"):
        response = client.generic("BREW", "/consultation/")

    assert (response.status_code, response["Content-Language"]) == (405, "en")


@pytest.mark.parametrize("status", PAGES)
@pytest.mark.parametrize(
    ("address", "text"), [("/nowhere/", "sms:988"), ("/es/nada/", "sms:988?&amp;body=AYUDA")]
)
def test_error_page_claims_nobody_and_leads_to_who_answers(status, address, text):
    html = error_views.render_error(status, RequestFactory().get(address)).content.decode()

    assert not re.search("day and night|24/7|call us now|de día y de noche|llámenos ahora", html)
    assert html.count(f'href="{text}"') == 1
