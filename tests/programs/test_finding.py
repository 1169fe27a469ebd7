"""Who looks for help finds each page under one address, and knows beforehand what it is."""

import json
import re
import struct
import xml.etree.ElementTree as ET
from collections import Counter
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.utils import timezone
from django.utils.http import http_date

from programs import structured_data
from programs.models import Article, Location, Membership, Question, SocialLink

from .page_head import Head

SITE = settings.SITE_URL
ATOM = "{http://www.w3.org/2005/Atom}"
# What each kind of fact needs before search engines take it.
REQUIRED = {
    "MedicalOrganization": {"name", "url", "telephone", "address", "contactPoint", "logo"},
    "FAQPage": {"mainEntity"},
    "Article": {"headline", "description", "dateModified", "image", "author", "publisher"},
    "BreadcrumbList": {"itemListElement"},
}


def sitemap(client) -> dict[str, ET.Element]:
    tree = ET.fromstring(client.get("/sitemap.xml").content)  # noqa: S314  our own
    return {url.findtext("{*}loc"): url for url in tree}


@pytest.fixture(scope="module")
def walk(django_db_setup, django_db_blocker):
    """The head of every page of the sitemap by its full address; read once, and nothing changed."""
    plain = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    with django_db_blocker.unblock(), override_settings(STORAGES=settings.STORAGES | plain):
        client = Client()
        return {place: Head(client.get(urlsplit(place).path)) for place in sitemap(client)}


def test_every_page_has_a_title_and_a_description_of_its_own(walk):
    said = Counter()
    for head in walk.values():
        said.update([head.title, head.meta("description")])

    assert len(walk) > 20
    assert [text for text, times in said.items() if times > 1] == []


def test_titles_and_descriptions_fit_a_list_of_results(walk):
    """About 600 and 1,000 pixels; what is longer is cut off in the midst of a sentence."""
    misfits = [
        (place, head.title, head.meta("description"))
        for place, head in walk.items()
        if not 10 <= len(head.title) <= 75 or not 45 <= len(head.meta("description")) <= 200
    ]

    assert misfits == []


def test_every_page_is_found_under_its_own_address(walk):
    assert {place: head.canonical for place, head in walk.items()} == {
        place: place for place in walk
    }


def test_languages_of_a_page_lead_to_each_other(walk):
    """A one-way hreflang is ignored by search engines."""
    for place, head in walk.items():
        others = {code: address for code, address in head.languages.items() if code != "x-default"}
        assert place in others.values()
        assert set(others.values()) <= set(walk)
        assert [walk[address].languages for address in others.values()] == [head.languages] * len(
            others
        )
        assert head.languages["x-default"] == head.languages["en"]


def test_sitemap_tells_the_same_languages_as_the_pages(walk, client, db):
    told = {
        place: {link.get("hreflang"): link.get("href") for link in url.findall("{*}link")}
        for place, url in sitemap(client).items()
    }

    assert told == {place: head.languages for place, head in walk.items()}


def test_every_page_of_the_sitemap_may_be_indexed(walk):
    assert {head.meta("robots") for head in walk.values()} == {"index, follow"}


def test_card_of_a_page_says_what_the_page_says(walk):
    for place, head in walk.items():
        assert head.meta("og:title") == head.title
        assert head.meta("og:description") == head.meta("description")
        assert head.meta("og:url") == place


def test_card_shows_the_picture_of_its_language(walk):
    shown = {place.startswith(f"{SITE}/es/"): head.meta("og:image") for place, head in walk.items()}

    assert re.fullmatch(rf"{SITE}/static/card-en[.\w]*png", shown[False])
    assert re.fullmatch(rf"{SITE}/static/card-es[.\w]*png", shown[True])


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_picture_of_each_language_is_drawn_as_wide_as_the_card_says(language):
    head = (settings.BASE_DIR / "static" / f"card-{language}.png").read_bytes()[:24]

    assert (head[1:4], struct.unpack(">II", head[16:])) == (b"PNG", (1200, 630))


def test_facts_for_search_engines_are_whole(walk):
    for place, head in walk.items():
        for kind, fact in head.facts.items():
            assert fact["@context"] == "https://schema.org"
            assert [name for name in REQUIRED[kind] if not fact.get(name)] == [], place


def test_each_kind_of_page_tells_its_facts(walk):
    kinds = {urlsplit(place).path: set(head.facts) for place, head in walk.items()}

    assert kinds["/"] == {"MedicalOrganization"}
    assert kinds["/es/learn/"] == {"FAQPage", "BreadcrumbList"}
    assert kinds["/learn/what-is-iop/"] == {"Article", "BreadcrumbList"}
    assert kinds["/es/programs/iop/"] == {"BreadcrumbList"}


def test_way_to_each_page_begins_at_home_and_ends_at_the_page(walk):
    homes = {f"{SITE}/", f"{SITE}/es/"}
    for place in set(walk) - homes:
        trail = walk[place].facts["BreadcrumbList"]["itemListElement"]
        steps = [step["item"] for step in trail]
        assert (steps[0], steps[-1]) == (f"{SITE}{'/es' * ('/es/' in place)}/", place)
        assert set(steps) <= set(walk)


@pytest.mark.django_db
def test_every_published_question_is_told_whole(client):
    Question.objects.create(
        slug="odd",
        question="Is <b> & </script> safe?",
        answer="Yes, *it* is:\n\n- “<i>”\n\n[a](/x/)",
        is_published=True,
    )

    page = Head(client.get("/learn/"))

    told = {each["name"]: each["acceptedAnswer"] for each in page.facts["FAQPage"]["mainEntity"]}
    assert len(told) == len(Question.objects.published().in_page_language())
    assert told["Is <b> & </script> safe?"]["text"] == "Yes, it is: “<i>” a"


@pytest.mark.security(56)
def test_data_never_ends_its_own_block():
    text = structured_data.to_script_json({"name": "</script><!--&\u2028"})

    assert re.findall("[<>&]", text) == []
    assert json.loads(text)["name"] == "</script><!--&\u2028"


@pytest.mark.django_db
def test_center_is_told_as_its_rows_say(client):
    Location.objects.create(
        name="Closed", street_address="1 Elm St", city="Tustin", postal_code="92780", is_open=False
    )
    Membership.objects.create(name="Former Body", expires_on="2020-01-01")
    SocialLink.objects.filter(name="LinkedIn").update(url="https://example.org/er", is_shown=True)

    fact = Head(client.get("/")).facts["MedicalOrganization"]

    assert [place["streetAddress"] for place in fact["address"]] == ["3919 W Hazard Ave"]
    assert (fact["memberOf"], fact["sameAs"]) == ([], ["https://example.org/er"])


def publish(**row) -> str:
    """An article in English; returns its full address."""
    plain = {"slug": "new", "title": "New", "summary": "-", "body": "-", "is_published": True}
    return SITE + Article.objects.create(**plain | row).get_absolute_url()


@pytest.mark.django_db
def test_review_of_an_article_is_told_once_there_is_one(client):
    publish(slug="not-yet")
    publish(reviewed_by="R. Vega, LMFT", reviewed_on="2026-03-04")

    told = [
        Head(client.get(f"/learn/{slug}/")).facts["Article"]["mainEntityOfPage"]
        for slug in ("not-yet", "new")
    ]

    assert told == [
        {"@type": "MedicalWebPage", "@id": f"{SITE}/learn/not-yet/"},
        {
            "@type": "MedicalWebPage",
            "@id": f"{SITE}/learn/new/",
            "reviewedBy": {"@type": "Person", "name": "R. Vega, LMFT"},
            "lastReviewed": "2026-03-04",
        },
    ]


@pytest.mark.django_db
def test_text_in_one_language_only_is_found_in_that_language(client):
    place = publish()

    shown_in_english = Head(client.get("/es/learn/new/"))

    assert shown_in_english.canonical == place
    assert shown_in_english.languages == {"en": place, "x-default": place}
    assert [each for each in sitemap(client) if each.endswith("/learn/new/")] == [place]


@pytest.mark.django_db
def test_description_with_quotes_and_blanks_stays_one_line(client):
    publish(summary='Say "yes" & <b>more</b>.\n  Then rest.')

    head = Head(client.get("/learn/new/"))

    assert head.meta("description") == 'Say "yes" & <b>more</b>. Then rest.'


@pytest.mark.django_db
def test_sitemap_says_when_a_text_last_changed(client):
    article = Article.objects.get(slug="what-is-iop", language="en")

    places = sitemap(client)

    changed = places[f"{SITE}/learn/what-is-iop/"].findtext("{*}lastmod")
    assert changed == timezone.localdate(article.changed_at).isoformat()
    assert places[f"{SITE}/about/terms/"].findtext("{*}lastmod") == "2026-01-01"
    assert places[f"{SITE}/get-help/"].findtext("{*}lastmod") is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    ["/consultation/", "/es/consultation/callback/", "/consultation/before-the-call/", "/no/such/"],
)
def test_forms_and_errors_are_found_by_nobody_and_show_no_card(client, address):
    head = Head(client.get(address))

    assert head.meta("robots").startswith("noindex")
    assert ([link for link in head.links if link["rel"] == "canonical"], head.blocks) == ([], [])
    assert [name for name in head.metas if name.startswith("og:")] == []


# The feed


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "es"])
def test_feed_holds_the_whole_articles_of_its_language(client, language):
    Article.objects.create(
        slug="hola", language="es", title="Hola", summary="-", body="[x](/es/)", is_published=True
    )
    Article.objects.create(slug="draft", language=language, title="Draft", summary="-", body="-")
    prefix = "" if language == "en" else "/es"

    answer = client.get(f"{prefix}/learn/articles.xml")

    feed = ET.fromstring(answer.content)  # noqa: S314  our own
    articles = Article.objects.published().filter(language=language).order_by("-changed_at")
    assert answer["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert feed.findtext(ATOM + "id") == f"{SITE}{prefix}/learn/"
    entries = [
        (e.findtext(ATOM + "id"), e.findtext(ATOM + "title")) for e in feed.iter(ATOM + "entry")
    ]
    assert entries == [(f"{SITE}{prefix}/learn/{each.slug}/", each.title) for each in articles]
    assert feed.get("{http://www.w3.org/XML/1998/namespace}base") == SITE + "/"
    assert [link.get("href") for link in feed.findall(ATOM + "link")] == [
        f"{SITE}{prefix}/learn/",
        f"{SITE}{prefix}/learn/articles.xml",
    ]


@pytest.mark.django_db
def test_feed_takes_a_summary_as_words(client):
    publish(summary="Less < more & <b>calm</b>")

    feed = ET.fromstring(client.get("/learn/articles.xml").content)  # noqa: S314  our own

    summaries = [entry.findtext(ATOM + "summary") for entry in feed.iter(ATOM + "entry")]
    assert "Less &lt; more &amp; &lt;b&gt;calm&lt;/b&gt;" in summaries


@pytest.mark.django_db
def test_feed_is_sent_once_while_nothing_changes(client):
    first = client.get("/learn/articles.xml")

    again = client.get("/learn/articles.xml", headers={"If-None-Match": first["ETag"]})

    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.django_db
def test_feed_from_which_an_article_was_taken_is_sent_anew(client):
    publish(slug="withdrawn")
    read_at = http_date(timezone.now().timestamp())
    publish(slug="withdrawn", version=2, is_withdrawn=True)

    answer = client.get("/learn/articles.xml", headers={"If-Modified-Since": read_at})

    assert answer.status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/learn/", "/es/learn/what-is-iop/"])
def test_pages_of_articles_lead_to_the_feed_of_their_language(client, address):
    head = Head(client.get(address))

    feeds = [link["href"] for link in head.links if link.get("type") == "application/atom+xml"]
    assert feeds == [("/es" if "/es/" in address else "") + "/learn/articles.xml"]
