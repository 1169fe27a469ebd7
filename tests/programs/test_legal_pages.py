"""A published legal page stays as it was read; a change is a new version."""

from datetime import date, timedelta

import pytest
from django.db import InternalError, transaction
from django.utils import timezone

from programs.models import Page

pytestmark = pytest.mark.django_db


def versions(slug="privacy"):
    return list(
        Page.objects.filter(slug=slug, language="en")
        .order_by("version")
        .values_list("version", "title")
    )


def test_saving_a_published_page_makes_the_next_version():
    page = Page.objects.get(slug="privacy", language="en")
    page.title = "Privacy, said better"

    page.save()

    assert versions() == [(1, "Privacy policy"), (2, "Privacy, said better")]


def test_saving_an_old_version_counts_from_the_newest():
    for title in ("Second", "Third"):
        page = Page.objects.get(slug="privacy", language="en", version=1)
        page.title = title
        page.save()

    assert versions() == [(1, "Privacy policy"), (2, "Second"), (3, "Third")]


def test_saving_a_draft_changes_it_in_place():
    page = Page.objects.create(slug="draft", title="One", body="-", effective_on=date(2026, 1, 1))
    page.title = "Two"

    page.save()

    assert versions("draft") == [(1, "Two")]


def test_database_refuses_to_change_a_published_page():
    with pytest.raises(InternalError, match="page_published_never_changes"), transaction.atomic():
        Page.objects.filter(slug="privacy", language="en").update(body="Rewritten")

    assert Page.objects.filter(body="Rewritten").count() == 0


def test_database_refuses_to_delete_a_published_page():
    with pytest.raises(InternalError, match="page_published_never_changes"), transaction.atomic():
        Page.objects.filter(slug="privacy", language="en").delete()

    assert Page.objects.filter(slug="privacy", language="en").count() == 1


def test_newest_version_is_read(client):
    page = Page.objects.get(slug="privacy", language="en")
    page.title = "Privacy, said better"
    page.save()

    html = client.get("/about/privacy/").content

    assert b"<h1>Privacy, said better</h1>" in html
    assert b"Version 2, in effect from Jan. 1, 2026." in html


def test_version_waits_for_its_day(client):
    page = Page.objects.get(slug="privacy", language="en")
    page.title, page.effective_on = "Later", timezone.localdate() + timedelta(days=1)
    page.save()

    assert b"<h1>Privacy policy</h1>" in client.get("/about/privacy/").content


def test_draft_is_not_read(client):
    Page.objects.create(slug="draft", title="Draft", body="-", effective_on=date(2026, 1, 1))

    assert client.get("/about/draft/").status_code == 404
