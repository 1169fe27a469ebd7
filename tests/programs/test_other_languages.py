"""Whatever a visitor may read exists in every language of the site."""

import re

import pytest
from django.apps import apps
from django.conf import settings
from django.test import RequestFactory
from django.utils import translation

from programs.models import Article, ComparisonCell, Translation
from programs.templatetags.programs_text import markdown, url_in_language
from programs.translatable_fields import untranslated_lines
from tests.support.spanish_ear import listening

pytestmark = pytest.mark.django_db

OTHERS = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def texts(language: str) -> set[tuple]:
    """Every published long text of a language, by its model and its key."""
    kinds = [each for each in apps.get_app_config("programs").get_models() if is_text(each)]
    return {
        (kind.__name__, key)
        for kind in kinds
        for key in kind.objects.filter(language=language, is_published=True).values_list(
            kind.TEXT_KEY, flat=True
        )
    }


def is_text(model) -> bool:
    return hasattr(model, "TEXT_KEY") and hasattr(model, "is_published")


def addresses(client, language: str) -> list[str]:
    """Every page of a language that search engines are told of."""
    found = re.findall(r"<loc>https?://[^/]+(/[^<]*)", client.get("/sitemap.xml").content.decode())
    return [address for address in found if address.startswith(f"/{language}/")]


@pytest.mark.parametrize("language", OTHERS)
def test_every_long_text_has_its_words(language):
    assert sorted(texts("en") - texts(language)) == []
    assert len(texts("en")) > 20


@pytest.mark.parametrize("language", OTHERS)
def test_every_short_line_has_its_words(language):
    assert untranslated_lines(language) == []


def test_line_that_an_editor_changes_waits_for_its_words():
    ComparisonCell.objects.filter(text="Usually higher").update(text="Often higher")

    assert untranslated_lines("es") == ["Often higher"]


def test_number_alone_needs_no_words():
    Translation.objects.all().delete()

    assert "1-800-222-1222" not in untranslated_lines("es")


@pytest.mark.parametrize("language", OTHERS)
def test_pages_ask_for_no_text_without_words(client, language):
    pages = addresses(client, language)

    with listening(language) as without_words:
        answers = {client.get(address).status_code for address in pages}
        lost = client.get(f"/{language}/nothing/").status_code

    assert without_words == set()
    assert answers == {200}
    assert lost == 404
    assert len(pages) > 15


@pytest.mark.parametrize("language", OTHERS)
def test_pages_hold_nothing_marked_as_english_but_the_words_of_the_state(client, language):
    """A text that stands in for a missing one is marked with its language."""
    english = {
        found
        for address in addresses(client, language)
        for found in re.findall(r'<[^>]+\slang="en"[^>]*>\s*([^<\n]*)', page_of(client, address))
    }

    assert english == {
        "Certified by the State Department of Health Care Services.",
        "English",
    }


def page_of(client, address: str) -> str:
    return client.get(address).content.decode()


@pytest.mark.parametrize("language", OTHERS)
def test_links_in_texts_stay_in_the_language(client, language):
    leaving = {
        (address, link)
        for address in addresses(client, language)
        for link in re.findall(r'href="(/[^"]*)"', page_of(client, address))
        if not link.startswith((f"/{language}/", settings.STATIC_URL))
    }

    assert {link for address, link in leaving} == {
        address.removeprefix(f"/{language}") for address, link in leaving
    }


@pytest.mark.parametrize(
    ("link", "seen"),
    [
        ("/learn/#work", "/es/learn/#work"),
        ("/es/learn/", "/es/learn/"),
        ("//example.org/", "//example.org/"),
        ("https://example.org/learn/", "https://example.org/learn/"),
        ("tel:911", "tel:911"),
        ("#top", "#top"),
    ],
)
def test_link_of_a_text_leads_to_the_same_page_in_the_language_of_the_page(link, seen):
    with translation.override("es"):
        drawn = markdown(f"[x]({link})")
    with translation.override("en"):
        plain = markdown(f"[x]({link})")

    assert (drawn, plain) == (
        f'<p><a href="{seen}">x</a></p>\n',
        f'<p><a href="{link}">x</a></p>\n',
    )


def test_switch_keeps_the_page_and_what_was_asked_of_it():
    def switched(language, address, to):
        with translation.override(language):
            return url_in_language({"request": RequestFactory().get(address)}, to)

    assert [
        switched("en", "/consultation/?mode=video&zone=Asia%2FTokyo", "es"),
        switched("es", "/es/learn/what-is-iop/", "en"),
        switched("es", "/es/consultation/details/?at=20261124T180000Z&mode=phone", "en"),
    ] == [
        "/es/consultation/?mode=video&zone=Asia%2FTokyo",
        "/learn/what-is-iop/",
        "/consultation/details/?at=20261124T180000Z&mode=phone",
    ]


def test_state_is_quoted_in_its_own_words_and_then_explained(client):
    html = page_of(client, "/es/")

    quoted = '<span lang="en">Certified by the State Department of Health Care Services.</span>'
    assert html.count(quoted) == html.count("Con certificación del Departamento") == 2


# A third language is a catalog and rows


@pytest.fixture
def vietnamese(settings):
    """The site with one language more, of which only a line and a text exist."""
    settings.LANGUAGES = [*settings.LANGUAGES, ("vi", "Vietnamese")]
    Translation.objects.create(language="vi", english="Live at home", text="Sống ở nhà")
    Article.objects.create(
        language="vi", slug="what-is-iop", title="IOP là gì?", summary="-", body="[x](/learn/)",
        is_published=True,
    )  # fmt: skip


def test_third_language_reads_its_rows_and_english_for_the_rest(client, vietnamese):
    pages = {path: client.get(f"/vi/{path}") for path in ("programs/", "learn/what-is-iop/")}
    article = pages["learn/what-is-iop/"].content.decode()

    assert "Sống ở nhà" in pages["programs/"].content.decode()
    assert "Support day and night" in pages["programs/"].content.decode()
    assert '<html lang="vi"' in article and "IOP là gì?" in article
    assert '<a href="/vi/learn/">x</a>' in article
    assert 'hreflang="vi" href="http' in article


def test_third_language_answers_on_every_page(client, vietnamese):
    pages = [f"/vi/{address.removeprefix('/es/')}" for address in addresses(client, "es")]

    answers = [client.get(address) for address in [*pages, "/vi/consultation/"]]

    assert {page.status_code for page in answers} == {200}
    assert {page.headers["Content-Language"] for page in answers} == {"vi"}
