"""The frame of every page says what the rows say, as the law asks."""

from datetime import date, time, timedelta

import pytest
import time_machine
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from programs import context_processors
from programs.models import (
    Article,
    Credential,
    Facility,
    Location,
    Membership,
    SocialLink,
)
from tests.support.factories import change_crisis_line, make_counselor, make_user
from tests.support.visitor import MONDAY

from .reading_page import foot_of, words_of

pytestmark = pytest.mark.django_db


def test_foot_says_who_certifies_until_when(client):
    foot = foot_of(client.get("/"))

    said = [
        "Certified by the State Department of Health Care Services.",
        "License: 300011EP",
        "Expiry date: 5/31/2025",
        "Check our status",
        "3919 W Hazard Ave, Santa Ana, CA 92703",
        "(714) 555-0134",
    ]
    assert [sentence for sentence in said if sentence not in foot] == []


def test_foot_leaves_a_past_expiry_date_to_the_reader(client):
    Credential.objects.update(expires_on=date(2020, 5, 31))

    assert "passed" not in foot_of(client.get("/"))


@pytest.mark.parametrize("address", ["/", "/get-help/", "/es/", "/es/get-help/"])
def test_line_for_jobs_and_press_is_shown_once_it_is_known(client, address):
    words = "Empleo, proveedores y prensa:" if "/es/" in address else "Jobs, vendors, press:"
    before = words_of(client.get(address))
    Facility.objects.update(office_phone="+17145550100", office_email="office@example.org")

    after = words_of(client.get(address))

    assert words not in before
    shown = f"{words} (714) 555-0100 office@example.org"
    assert after.count(shown) == (2 if "get-help" in address else 1)


def test_foot_follows_the_credential(client):
    Credential.objects.update(kind="licensed", number="990099AP", expires_on=date(2099, 2, 1))

    foot = foot_of(client.get("/"))

    assert (
        "Licensed by the State Department of Health Care Services. License: 990099AP"
        " Expiry date: 2/1/2099" in foot
    )


def test_foot_follows_the_address_and_the_line(client):
    Location.objects.update(street_address="1 Elm St", city="Tustin", postal_code="92780")
    Facility.objects.update(admissions_line="+17145550199")

    foot = foot_of(client.get("/es/"))

    assert "1 Elm St, Tustin, CA 92780" in foot
    assert "(714) 555-0199" in foot


def test_foot_links_the_status_list(client):
    Facility.objects.update(status_check_url="https://example.org/list")

    assert b'href="https://example.org/list"' in client.get("/").content


def test_foot_links_every_legal_page(client):
    html = client.get("/").content.decode()

    pages = ["privacy", "terms", "privacy-practices", "accessibility", "client-bill-of-rights"]
    assert [page for page in pages if f'href="/about/{page}/"' not in html] == []


def test_members_are_shown_only_while_current(client):
    today = timezone.localdate()
    Membership.objects.create(name="Current Body", expires_on=today)
    Membership.objects.create(name="Former Body", expires_on=today - timedelta(days=1))

    foot = foot_of(client.get("/"))

    assert "Current Body" in foot
    assert "Former Body" not in foot


def test_members_strip_is_absent_without_members(client):
    assert "Proud members" not in foot_of(client.get("/"))


def test_social_links_are_shown_once_they_have_an_address(client):
    SocialLink.objects.filter(name="LinkedIn").update(url="https://example.org/er", is_shown=True)

    foot = foot_of(client.get("/"))

    assert "LinkedIn" in foot
    assert "Facebook" not in foot


def test_every_page_begins_with_urgent_help(client):
    words = words_of(client.get("/learn/"))

    assert (
        "In danger or an overdose: call 911 Thoughts of suicide: call 988 or text 988 More help"
        in words
    )


def test_urgent_line_follows_its_rows(client):
    change_crisis_line("911", compact_situation="Danger:")
    change_crisis_line("988", is_active=False)

    assert "Danger: call 911 More help" in words_of(client.get("/learn/"))


def test_phone_bar_calls_and_books(client):
    make_counselor(opens=time(0), closes=time(23, 30))
    html = client.get("/").content.decode()
    bar = html[html.index('<nav class="bar"') :]

    assert bar.count('href="tel:+1-714-555-0134"') == 1
    assert bar.count('href="/consultation/"') == 1


def test_center_asks_nothing_until_it_is_drawn(django_assert_num_queries):
    with django_assert_num_queries(0):
        context_processors.center(RequestFactory().get("/admin/"))


def test_frame_is_read_once_a_second_however_many_pages_are_rendered(
    client, page_caching, settings, django_assert_num_queries
):
    settings.PAGE_CACHE_SECONDS = 0
    with time_machine.travel(MONDAY, tick=False) as clock:
        with django_assert_num_queries(12):
            client.get("/get-help/")
        with django_assert_num_queries(0):
            client.get("/get-help/")
        clock.shift(1)
        with django_assert_num_queries(12):
            client.get("/get-help/")


def test_frame_of_a_preview_is_live(client, page_caching, settings):
    settings.FRAME_CACHE_SECONDS = 60
    client.force_login(make_user("content editor"))
    client.get("/")
    Facility.objects.update(admissions_line="+17145550199")
    text = Article.objects.filter(slug="what-is-iop", language="en").get()

    preview = client.get(reverse("admin:programs_article_preview", args=[text.pk]))

    assert "(714) 555-0199" in foot_of(preview)
    assert "(714) 555-0199" not in foot_of(client.get("/"))
