"""How an editor's Markdown is read: words and safe links, and nothing else."""

from math import ceil

from markdown_it import MarkdownIt

from programs.models.wording import FALLBACK, page_language

# A link may start with one of these, and with nothing else.
SAFE_LINKS = ("https://", "http://", "mailto:", "tel:", "sms:", "/", "#")


def reader() -> MarkdownIt:
    """Markdown without raw HTML, pictures, or links that run code."""
    markdown_it = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    markdown_it.validateLink = lambda url: url.strip().lower().startswith(SAFE_LINKS)
    normalize = markdown_it.normalizeLink
    markdown_it.normalizeLink = lambda url: in_this_language(normalize(url))
    return markdown_it


def in_this_language(url: str) -> str:
    """An address of this site under the language of the page; any other as it is."""
    language = page_language()
    is_ours = url.startswith("/") and not url.startswith((f"/{language}/", "//"))
    return f"/{language}{url}" if is_ours and language != FALLBACK else url


READER = reader()
# Adults read some 240 words of prose a minute; people in distress read more slowly.
WORDS_A_MINUTE = 180


def as_html(text: str) -> str:
    """Markdown as HTML, in which raw HTML is escaped."""
    return READER.render(text or "")


def minutes(text: str) -> int:
    """How long a text takes to read, in whole minutes; at least one."""
    return max(1, ceil(len(text.split()) / WORDS_A_MINUTE))
