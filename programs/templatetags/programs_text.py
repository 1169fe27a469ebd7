"""How text from rows comes onto a page."""

from django import template
from django.conf import settings
from django.template import Context
from django.templatetags.static import static
from django.urls import translate_url
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from programs.markdown import estimate_minutes, extract_headings, render_markdown

register = template.Library()


@register.simple_tag
def site_style() -> str:
    """The public stylesheet inside the page, so that it is drawn as soon as it has come."""
    if settings.INLINE_CSS:
        return mark_safe(f"<style>{settings.INLINE_CSS}</style>")  # noqa: S308  our own file
    return format_html('<link rel="stylesheet" href="{}">', static("site.css"))


@register.filter
def markdown(text: str) -> str:
    """An editor's Markdown as HTML."""
    return mark_safe(render_markdown(text))  # noqa: S308  raw HTML is escaped by the reader


@register.filter(name="headings")
def heading_list(text: str) -> list[tuple[str, str]]:
    return extract_headings(text)


@register.filter
def reading_minutes(text: str) -> int:
    return estimate_minutes(text)


@register.simple_tag(takes_context=True)
def say(context: Context, line: str) -> str:
    """A row's short English line, in the language of the page where it is translated."""
    return context["center"].translations.get(str(line), line)


@register.simple_tag(takes_context=True)
def url_in_language(context: Context, language: str) -> str:
    """The address of this very page in another language, with its query or what is known of it."""
    request = context["request"]
    query = context.get("known_query", request.GET.urlencode())
    return translate_url(f"{request.path}?{query}" if query else request.path, language)
