"""How text from rows comes onto a page."""

from django import template
from django.urls import translate_url
from django.utils.safestring import mark_safe
from markdown_it import MarkdownIt

register = template.Library()

# A link may start with one of these, and with nothing else.
SAFE_LINKS = ("https://", "http://", "mailto:", "tel:", "sms:", "/", "#")


def reader() -> MarkdownIt:
    """Markdown without raw HTML, pictures, or links that run code."""
    markdown_it = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    markdown_it.validateLink = lambda url: url.strip().lower().startswith(SAFE_LINKS)
    return markdown_it


READER = reader()


@register.filter
def markdown(text: str) -> str:
    """An editor's Markdown as HTML."""
    return mark_safe(READER.render(text or ""))  # noqa: S308  raw HTML is escaped by the reader


@register.simple_tag(takes_context=True)
def say(context, line: str) -> str:
    """A row's short English line, in the language of the page where it is translated."""
    return context["centre"].lines.get(str(line), line)


@register.simple_tag(takes_context=True)
def here_in(context, language: str) -> str:
    """The address of this very page in another language."""
    return translate_url(context["request"].get_full_path(), language)


@register.simple_tag(takes_context=True)
def canonical(context, language: str) -> str:
    """The one full address of this page in a language, for search engines."""
    return context["centre"].site_url + translate_url(context["request"].path, language)
