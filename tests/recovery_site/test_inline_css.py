"""The style that travels inside the pages says what the file says, and is the one allowed."""

import re

from django.conf import settings
from django.test import Client

from recovery_site import inline_css
from recovery_site.settings import BASE_DIR


def words_of(css):
    return re.sub(r"/\*.*?\*/|\s|;(?=\s*})", "", css, flags=re.DOTALL)


def test_tightened_style_has_every_word_of_the_file():
    file = (BASE_DIR / "static" / "site.css").read_text()

    assert words_of(settings.INLINE_CSS) == words_of(file)
    assert len(settings.INLINE_CSS) < len(file)


def test_policy_allows_the_style_of_the_page_and_no_other(db):
    page = Client().get("/")

    inside = re.findall(r"<style>(.*?)</style>", page.content.decode(), re.DOTALL)
    allowed = re.search(r"style-src ([^;]*)", page["Content-Security-Policy"]).group(1)
    assert [inline_css.csp_hash_source(each) for each in inside] == [
        allowed.removeprefix("'self' ")
    ]
