"""Every public page answers, in both languages, with what its rows say."""

import re
from itertools import pairwise

import pytest

from programs import versioning
from programs.models import Article, ComparisonRow, Page, Program, Question, Translation
from tests.support.factories import make_user
from tests.support.queries import queries

from .reading_page import words_of

pytestmark = pytest.mark.django_db

PAGES = [
    "/",
    "/programs/",
    "/programs/iop/",
    "/programs/residential/",
    "/programs/iop-after-residential/",
    "/programs/compare/",
    "/programs/guide/",
    "/learn/",
    "/learn/what-is-iop/",
    "/learn/helping-someone/",
    "/learn/first-conversation/",
    "/learn/paying-for-care/",
    "/learn/stopping-safely/",
    "/learn/under-18/",
    "/get-help/",
    "/get-help/for-someone/",
    "/about/privacy/",
    "/about/terms/",
    "/about/privacy-practices/",
    "/about/accessibility/",
    "/about/client-bill-of-rights/",
    "/about/credentials/",
]


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("prefix", ["", "/es"])
def test_page_answers(client, prefix, address):
    assert client.get(prefix + address).status_code == 200


def test_page_for_the_young_offers_no_times_for_adults(client):
    pages = [client.get(f"/learn/{slug}/").content for slug in ("what-is-iop", "under-18")]

    assert [b'class="soon"' in page for page in pages] == [True, False]


@pytest.mark.parametrize("address", PAGES)
def test_page_has_one_heading_and_no_level_skipped(client, address):
    html = client.get(address).content.decode()
    main = re.search(r"<main.*</main>", html, flags=re.S)[0]

    levels = [int(level) for level in re.findall(r"<h([1-6])\b", main)]

    assert levels.count(1) == 1
    assert [(a, b) for a, b in pairwise(levels) if b > a + 1] == []


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.security(68)
def test_page_asks_nothing_of_other_sites(client, settings, address):
    html = client.get(address).content.decode().replace(settings.INLINE_CSS, "", 1)

    fetched = re.findall(r"<(?:script|img|iframe|source)[^>]+src=\"([^\"]+)|<link[^>]+", html)
    styled = re.findall(r"\sstyle=|\son[a-z]+=|javascript:", html)

    assert [source for source in fetched if source.startswith(("http", "//"))] == []
    assert styled == []


def test_unknown_page_is_not_found(client):
    assert [
        client.get(address).status_code
        for address in ("/nothing/", "/programs/no/", "/learn/no/", "/about/no/")
    ] == [404] * 4


def test_public_pages_only_read(client):
    assert client.post("/get-help/").status_code == 405


def test_unpublished_rows_stay_hidden(client):
    Program.objects.filter(slug="residential").update(is_published=False)
    for text in [
        *Question.objects.filter(slug="work"),
        *Article.objects.filter(slug="what-is-iop"),
    ]:
        versioning.withdraw_text(text=text, by=make_user("content editor"))

    answers = [
        client.get("/programs/residential/").status_code,
        client.get("/learn/what-is-iop/").status_code,
        b"/programs/residential/" in client.get("/programs/").content,
        b"/programs/residential/" in client.get("/programs/compare/").content,
        b"keep working or studying?" in client.get("/").content,
        b"keep working or studying?" in client.get("/learn/").content,
        b"/learn/what-is-iop/" in client.get("/sitemap.xml").content,
    ]

    assert answers == [404, 404, False, False, False, False, False]


def test_home_asks_few_queries(client):
    assert queries(client, "/") <= 14


def test_home_asks_as_much_for_many_questions(client):
    before = queries(client, "/")
    Question.objects.bulk_create(
        Question(slug=f"q{n}", question="?", answer="!", is_on_home=True, is_published=True)
        for n in range(30)
    )

    assert queries(client, "/") == before


def test_learn_asks_as_much_for_many_rows(client):
    before = queries(client, "/learn/")
    Question.objects.bulk_create(
        Question(slug=f"q{n}", question="?", answer="!", is_published=True) for n in range(30)
    )
    Article.objects.bulk_create(
        Article(slug=f"a{n}", title="A", summary="B", body="C", is_published=True)
        for n in range(30)
    )

    assert queries(client, "/learn/") == before


def test_compare_asks_as_much_for_many_rows(client):
    before = queries(client, "/programs/compare/")
    for n in range(30):
        row = ComparisonRow.objects.create(slug=f"r{n}", label="R")
        row.cells.create(program=Program.objects.get(slug="iop"), text="T")

    assert queries(client, "/programs/compare/") == before


def test_foot_asks_as_much_for_many_pages(client):
    before = queries(client, "/get-help/")
    Page.objects.bulk_create(
        Page(slug=f"p{n}", title="P", effective_on="2026-01-01", is_published=True)
        for n in range(30)
    )

    assert queries(client, "/get-help/") == before


def test_article_says_how_long_it_takes_and_what_to_read_next(client):
    for order, slug in enumerate(("aa", "bb", "cc", "dd", "ee"), 1000):
        Article.objects.create(
            slug=slug, title=slug, summary="-", body="word " * 181, sort_order=order,
            is_published=True,
        )  # fmt: skip

    first, last = (client.get(f"/learn/{slug}/") for slug in ("aa", "ee"))

    assert "About 2 minutes to read." in words_of(first)
    assert [each.slug for each in first.context["next_articles"]] == ["bb", "cc", "dd"]
    assert [each.slug for each in last.context["next_articles"]] == [
        each.slug for each in Article.objects.published().in_page_language()[:3]
    ]


def test_article_asks_as_much_for_many_rows(client):
    before = queries(client, "/learn/what-is-iop/")
    Article.objects.bulk_create(
        Article(slug=f"a{n}", title="A", summary="B", body="C", is_published=True)
        for n in range(30)
    )

    assert queries(client, "/learn/what-is-iop/") == before


def test_example_week_is_a_real_table(client):
    html = client.get("/programs/iop/").content.decode()

    assert html.count("<caption>") == 1
    assert html.count('<th scope="row">') == 5
    assert html.count('<th scope="col">') == 3


def test_comparison_names_its_program_in_every_cell(client):
    html = client.get("/programs/compare/").content.decode()

    labels = re.findall(r'<td data-label="([^"]+)"', html)

    assert labels == [program.name for program in Program.objects.published()] * 7


def test_get_help_offers_three_doors(client):
    html = client.get("/get-help/").content.decode()
    main = re.search(r"<main.*</main>", html, flags=re.S)[0]

    doors = re.findall(r'<a class="btn[^"]*"\s+href="([^"]+)"', main)

    assert doors[:3] == ["tel:+1-714-555-0134", "/consultation/callback/", "/consultation/"]


def test_safety_block_reads_as_the_clinicians_wrote_it(client):
    words = words_of(client.get("/get-help/")).replace(" .", ".")

    said = [
        "In danger, an overdose, or a seizure? Call 911.",
        "Thoughts of suicide or a crisis: call 988 or text 988 (Spanish available).",
        "Poisoning: 1-800-222-1222.",
        "Free treatment referral, 24/7, English/Spanish: SAMHSA 1-800-662-4357.",
        "Orange County behavioral health line, 24/7: OC Links 855-625-4657.",
    ]

    assert [sentence for sentence in said if sentence not in words] == []


def test_spanish_text_is_read_where_there_is_one(client):
    Article.objects.create(slug="new", title="New", summary="-", body="-", is_published=True)

    titles = [
        re.search(rb"<h1>(.*?)</h1>", client.get(address).content)[1].decode()
        for address in ("/learn/what-is-iop/", "/es/learn/what-is-iop/", "/es/learn/new/")
    ]

    assert titles == ["What is IOP, and how does it help?", "¿Qué es el IOP y cómo ayuda?", "New"]


def test_spanish_line_is_read_where_there_is_one(client):
    Translation.objects.filter(english="Live at home").update(text="Vive en casa")

    seen = [
        (b"Vive en casa" in page.content, b"Live at home" in page.content)
        for page in (client.get("/programs/"), client.get("/es/programs/"))
    ]

    assert seen == [(False, True), (True, False)]


def test_language_switch_keeps_the_place(client):
    html = client.get("/learn/what-is-iop/").content.decode()

    assert re.findall(r'href="([^"]+)"\s+lang="es"', html) == ["/es/learn/what-is-iop/"]


def test_page_names_its_one_address(client, settings):
    html = client.get("/es/programs/iop/?x=1").content.decode()
    site = settings.SITE_URL

    links = re.findall(r'<link rel="(canonical|alternate)"[^>]*href="([^"]+)"', html)

    assert links == [
        ("canonical", f"{site}/es/programs/iop/"),
        ("alternate", f"{site}/programs/iop/"),
        ("alternate", f"{site}/es/programs/iop/"),
        ("alternate", f"{site}/programs/iop/"),
    ]


def test_robots_may_not_see_bookings(client):
    lines = client.get("/robots.txt").content.decode().splitlines()

    assert [line for line in lines if line.startswith("Disallow")] == [
        "Disallow: /admin/",
        "Disallow: /feeds/",
        "Disallow: /consultation/",
        "Disallow: /es/consultation/",
    ]


def test_sitemap_lists_every_page(client, settings):
    """In the languages that its text has, which is held page by page in test_finding."""
    xml = client.get("/sitemap.xml").content.decode()

    places = re.findall(rf"<loc>{settings.SITE_URL}(.*?)</loc>", xml)

    assert sorted(place for place in places if not place.startswith("/es/")) == sorted(PAGES)
    assert {"/es/", "/es/programs/iop/"} <= set(places)
