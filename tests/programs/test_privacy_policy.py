"""The privacy policy says what is counted, on a new site and on one that began before."""

from importlib import import_module

import pytest
from django.apps import apps

from programs.models import Page

from .reading_page import words_of

counting = import_module("programs.migrations.0006_say_that_page_openings_are_counted")

pytestmark = pytest.mark.django_db
SAID = {
    "/about/privacy/": "We count how many times each kind of page is opened on a day",
    "/es/about/privacy/": "Contamos cuántas veces al día se abre cada tipo de página",
    "/": "We count how often a page is opened, never by whom.",
    "/es/": "Contamos cuántas veces se abre una página, nunca quién la abre.",
}


def begin_before(language, *, last="", **columns):
    """The policy as it was seeded before, perhaps with words of an editor."""
    page = Page.objects.get(slug="privacy", language=language)
    for old, new in counting.PASSAGES[language]:
        page.body = page.body.replace(new, old)
    page.body += last
    page.pk, page._state.adding, page.version = None, True, page.version + 1
    for name, value in columns.items():
        setattr(page, name, value)
    page.save()
    return page


def newest(language):
    return Page.objects.filter(slug="privacy", language=language).order_by("version").last()


@pytest.mark.parametrize("address", SAID)
def test_new_site_says_that_openings_are_counted(client, address):
    assert SAID[address] in words_of(client.get(address))


@pytest.mark.parametrize("language", ["en", "es"])
def test_older_site_publishes_a_version_that_says_so(language):
    before = begin_before(language, last="\nAnd the words of an editor.\n")

    counting.publish(apps, None)

    now = newest(language)
    seeded = Page.objects.get(slug="privacy", language=language, version=1)
    assert (now.version, now.is_published) == (before.version + 1, True)
    assert now.body == seeded.body + "\nAnd the words of an editor.\n"


def test_migration_adds_no_version_twice_and_none_beside_a_draft():
    begin_before("en", is_published=False)
    before = Page.objects.count()

    counting.publish(apps, None)

    assert Page.objects.count() == before


def test_review_of_the_words_before_is_not_one_of_these(client):
    begin_before("en", reviewed_by="Ana Ruiz", reviewed_on="2026-11-02")

    counting.publish(apps, None)

    assert (newest("en").reviewed_by, newest("en").reviewed_on) == ("", None)
