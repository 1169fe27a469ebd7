"""Texts that nobody has reviewed: told to the editor, and to no visitor."""

import datetime

import pytest

from programs.models import Article, Page
from tests.support.factories import make_user

from .reading_page import words_of

pytestmark = pytest.mark.django_db
LIST = "/admin/programs/page/?review=missing"


@pytest.fixture
def editor(client):
    client.force_login(make_user("content editor"))
    return client


def review(*texts):
    """As an editor's draft that came back with a name and was published."""
    for text in texts:
        text.pk, text._state.adding, text.version = None, True, text.version + 1
        text.reviewed_by, text.reviewed_on = "Ana Ruiz, LMFT", datetime.date(2026, 11, 2)
        text.save()


def test_first_page_of_the_desk_counts_them_by_kind(editor):
    review(Page.objects.get(slug="terms", language="en"))

    page = words_of(editor.get("/admin/"))

    assert "Texts to review Programs' texts: 6 Articles: 12 Pages: 11" in page


def test_link_leads_to_those_and_no_others(editor):
    review(*Page.objects.exclude(slug="privacy", language="es"))

    page = editor.get(LIST)

    assert f'href="{LIST}"' in editor.get("/admin/").content.decode()
    assert [(text.slug, text.language) for text in page.context["cl"].result_list] == [
        ("privacy", "es")
    ]


def test_desk_is_quiet_once_all_are_reviewed(editor):
    review(*Page.objects.all())

    assert LIST not in editor.get("/admin/").content.decode()


def test_no_page_tells_visitors_that_it_waits(client):
    words = words_of(client.get("/learn/what-is-iop/"))

    assert "review" not in words.lower()
    review(Article.objects.get(slug="what-is-iop", language="en"))
    assert "Reviewed by Ana Ruiz, LMFT on Nov. 2, 2026." in words_of(
        client.get("/learn/what-is-iop/")
    )
