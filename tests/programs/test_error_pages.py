"""Error pages need no database, and always give the number."""

import re

import pytest

from recovery_site import errors

PAGES = [400, 403, 404, 405, 410, 429, 500, 503]


@pytest.mark.parametrize("status", PAGES)
def test_error_page_gives_the_number_without_the_database(status):
    html = errors.page(status).content.decode()

    called = re.findall(r'href="(tel:[^"]+)"', html)

    assert called == ["tel:911", "tel:988", "tel:+1-714-555-0134"]


@pytest.mark.parametrize("status", PAGES)
def test_error_page_has_a_title_and_one_heading(status):
    html = errors.page(status).content.decode()

    title = re.search(r"<title>\s*(.*?)\s*</title>", html, flags=re.S)[1]
    headings = [found.strip() for found in re.findall(r"<h1>(.*?)</h1>", html, flags=re.S)]

    assert headings == [title]
