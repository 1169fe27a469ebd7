"""A legal page is read from its day on, in the version of that day."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from programs import versioning
from programs.models import Page
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db


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
