"""A legal page is read from its day on; the privacy policy says what is counted."""

from datetime import date, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.utils import timezone

from programs import versioning
from programs.models import Page
from tests.support.factories import make_user

from .reading_page import words_of

pytestmark = pytest.mark.django_db
counting = import_module("programs.migrations.0008_say_that_page_openings_are_counted")
SAID = {
    "/about/privacy/": "We count how many times each kind of page is opened on a day",
    "/es/about/privacy/": "Contamos cuántas veces al día se abre cada tipo de página",
    "/": "We count how often a page is opened, never by whom.",
    "/es/": "Contamos cuántas veces se abre una página, nunca quién la abre.",
}


def publish(**changes):
    page, by = Page.objects.published().get(slug="privacy", language="en"), make_user()
    for name, value in changes.items():
        setattr(page, name, value)
    draft = versioning.save_draft(text=page, by=by, seen=page.changed_at)
    versioning.publish_draft(text=draft, by=by, seen=draft.changed_at)


def test_newest_version_is_read(client):
    publish(title="Privacy, said better")

    html = client.get("/about/privacy/").content

    assert b"<h1>Privacy, said better</h1>" in html
    assert b"Version 2, in effect from Jan. 1, 2026." in html


def test_version_waits_for_its_day(client):
    publish(title="Later", effective_on=timezone.localdate() + timedelta(days=1))

    assert b"<h1>Privacy policy</h1>" in client.get("/about/privacy/").content


def test_page_says_who_reviewed_it(client):
    publish(reviewed_by="Ana Ruiz, JD", reviewed_on=date(2026, 11, 1))

    assert b"Reviewed by Ana Ruiz, JD on Nov. 1, 2026." in client.get("/about/privacy/").content


def test_draft_is_not_read(client):
    Page.objects.create(slug="draft", title="Draft", body="-", effective_on=date(2026, 1, 1))

    assert client.get("/about/draft/").status_code == 404


# What is counted


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
