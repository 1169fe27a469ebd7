"""How an editor's Markdown is read: words and safe links, and nothing else."""

from itertools import pairwise
from math import ceil

from django.utils.text import slugify
from markdown_it import MarkdownIt
from mdit_py_plugins.anchors import anchors_plugin

from .models import FALLBACK_LANGUAGE, page_language

# A link may start with one of these, and with nothing else.
SAFE_LINKS = ("https://", "http://", "mailto:", "tel:", "sms:", "/", "#")


def build_parser() -> MarkdownIt:
    """Markdown without raw HTML, pictures, or links that run code."""
    markdown_it = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    # The parser's own way to be told which links are safe, and how they read.
    markdown_it.validateLink = is_safe_link  # type: ignore[method-assign]
    normalize = markdown_it.normalizeLink
    markdown_it.normalizeLink = lambda url: localize_link(normalize(url))  # type: ignore[method-assign]
    # A link may lead to each heading of the second level; of two alike, the later is numbered.
    return markdown_it.use(anchors_plugin, min_level=2, max_level=2, slug_func=slugify)


def is_safe_link(url: str) -> bool:
    return url.strip().lower().startswith(SAFE_LINKS)


def localize_link(url: str) -> str:
    """An address of this site under the language of the page; any other as it is."""
    language = page_language()
    is_ours = url.startswith("/") and not url.startswith((f"/{language}/", "//"))
    return f"/{language}{url}" if is_ours and language != FALLBACK_LANGUAGE else url


PARSER = build_parser()
# Adults read some 240 words of prose a minute; people in distress read more slowly.
WORDS_PER_MINUTE = 180


def render_markdown(text: str) -> str:
    """Markdown as HTML, in which raw HTML is escaped."""
    return PARSER.render(text or "")


def extract_headings(text: str) -> list[tuple[str, str]]:
    """(anchor, words) of each heading of the second level, in order."""
    tokens = PARSER.parse(text or "")
    return [
        (str(token.attrGet("id")), "".join(part.content for part in words.children or []))
        for token, words in pairwise(tokens)
        if token.type == "heading_open" and token.tag == "h2"
    ]


def estimate_minutes(text: str) -> int:
    """How long a text takes to read, in whole minutes; at least one."""
    return max(1, ceil(len(text.split()) / WORDS_PER_MINUTE))
