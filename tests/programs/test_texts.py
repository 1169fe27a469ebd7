"""Markdown by editors reaches the page without code, and plain enough to read."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from programs.markdown import extract_headings
from programs.models import Article, ProgramText, Question
from programs.templatetags.programs_text import markdown


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>\n"),
        ("<script>x</script>", "<p>&lt;script&gt;x&lt;/script&gt;</p>\n"),
        ("[x](javascript:alert)", "<p>[x](javascript:alert)</p>\n"),
        ("[x](JAVASCRIPT:alert)", "<p>[x](JAVASCRIPT:alert)</p>\n"),
        ("[x](data:text/html,x)", "<p>[x](data:text/html,x)</p>\n"),
        ("![x](https://example.org/x.png)", '<p>!<a href="https://example.org/x.png">x</a></p>\n'),
        ("[x](tel:911)", '<p><a href="tel:911">x</a></p>\n'),
        ("[x](https://example.org)", '<p><a href="https://example.org">x</a></p>\n'),
        ("[x](/learn/)", '<p><a href="/learn/">x</a></p>\n'),
        ("", ""),
    ],
)
@pytest.mark.security(54)
def test_markdown_lets_through_words_and_safe_links_only(text, html):
    with translation.override("en"):
        assert markdown(text) == html


def test_headings_can_be_led_to():
    text = "# Top\n\n## A *week*\n\nOne.\n\n## A week\n\n### Less\n\n## ¿Qué sigue?\n"

    ids = ["a-week", "a-week-1", "que-sigue"]
    assert extract_headings(text) == list(
        zip(ids, ["A week", "A week", "¿Qué sigue?"], strict=True)
    )
    assert re.findall(r'id="([^"]+)"', markdown(text)) == ids


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("A week at home.", "Begin with a heading: “## What a week looks like”."),
        (
            "## A week\n\nOne.\n\n## A week\n\nTwo.",
            "Two parts have the same heading. Give each its own.",
        ),
    ],
)
def test_program_text_is_parts_with_a_heading_of_their_own(db, body, complaint):
    text = ProgramText.objects.first()
    text.body = body

    with pytest.raises(ValidationError) as refused:
        text.clean_fields()

    assert refused.value.message_dict == {"body": [complaint]}


def test_no_sentence_is_copied_from_the_old_page(db):
    """Phrases of the page that this site replaces; its promise alone is kept."""
    old = [
        "comes in many forms",
        "a little less rigorous",
        "always get to go home and sleep in your own bed",
        "the go-to method",
        "completely break free",
        "The bottom line is",
        "mastering some basic life skills",
        "seeking freedom from addiction",
        "getting sober",
    ]
    said = " ".join(
        [
            *Article.objects.values_list("body", flat=True),
            *ProgramText.objects.values_list("body", flat=True),
            *Question.objects.values_list("answer", flat=True),
        ]
    )

    assert [phrase for phrase in old if phrase.lower() in said.lower()] == []
