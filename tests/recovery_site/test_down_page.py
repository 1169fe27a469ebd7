"""The page that the proxy shows by itself needs nothing of the site."""

import re

import pytest
from django.core.management import CommandError, call_command


@pytest.fixture
def pages(tmp_path):
    call_command("write_down_page", tmp_path)
    return {file.name: file.read_text() for file in tmp_path.iterdir()}


def test_each_language_has_its_page(pages):
    languages = {name: re.search(r'<html lang="(\w+)"', text)[1] for name, text in pages.items()}

    assert languages == {"down.html": "en", "down.es.html": "es"}


def test_page_has_the_number_and_asks_for_no_file(pages, settings):
    for text in pages.values():
        assert "tel:+1-714-555-0134" in text
        assert "<style>" in text
        assert not re.search(r'(src|<link[^>]*href)="', text)


def test_folder_that_cannot_be_written_is_one_plain_line(tmp_path):
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("write_down_page", tmp_path / "nowhere")
