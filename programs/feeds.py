"""The articles of one language as an Atom feed, for those who read us in a program of their own."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.utils.translation import gettext
from django.utils.xmlutils import SimplerXMLGenerator

from .markdown import render_markdown
from .models import Article, Facility


class ArticleFeed(Atom1Feed):
    """Whole articles, whose links hold wherever they are read."""

    def root_attributes(self) -> dict[str, str]:
        return super().root_attributes() | {"xml:base": settings.SITE_URL + "/"}

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("content", item["html"], {"type": "html"})


def article_feed(language: str) -> ArticleFeed:
    """All that are published in a language; the one that changed last comes first."""
    facility, site = Facility.objects.get(), settings.SITE_URL
    feed = ArticleFeed(
        title=f"{facility.name}: {gettext('Learn')}",
        link=site + reverse("programs:learn"),
        description="",
        subtitle=gettext("Plain answers, so that you can choose for yourself."),
        feed_url=site + reverse("programs:articles_feed"),
        language=language,
        author_name=facility.name,
    )
    rows = Article.objects.published().filter(language=language)
    for article in sorted(rows, key=lambda row: row.changed_at, reverse=True):
        feed.add_item(
            title=article.title,
            link=site + article.get_absolute_url(),
            unique_id=site + article.get_absolute_url(),
            description=escape(article.summary),
            updateddate=article.changed_at,
            html=render_markdown(article.body),
        )
    return feed
