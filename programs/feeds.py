"""The articles of one language as an Atom feed, for those who read us in a program of their own."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import HttpRequest
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.utils.translation import gettext, gettext_lazy
from django.utils.xmlutils import SimplerXMLGenerator

from .markdown import render_markdown
from .models import Article, Facility, page_language


class WholeArticles(Atom1Feed):
    """Whole articles, whose links hold wherever they are read."""

    def root_attributes(self) -> dict[str, str]:
        return super().root_attributes() | {"xml:base": settings.SITE_URL + "/"}

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("content", item["html"], {"type": "html"})


class ArticleFeed(Feed):
    """All that are published in the page's language; the one that changed last comes first."""

    feed_type = WholeArticles
    description = ""
    subtitle = gettext_lazy("Plain answers, so that you can choose for yourself.")

    def get_object(self, request: HttpRequest) -> Facility:
        return Facility.objects.get()

    def title(self, facility: Facility) -> str:
        return f"{facility.name}: {gettext('Learn')}"

    def author_name(self, facility: Facility) -> str:
        return facility.name

    # Addresses carry our own host: Django would take the one that the request names.
    def link(self) -> str:
        return settings.SITE_URL + reverse("programs:learn")

    def feed_url(self) -> str:
        return settings.SITE_URL + reverse("programs:articles_feed")

    def items(self) -> list[Article]:
        articles = Article.objects.published().filter(language=page_language())
        return sorted(articles, key=lambda article: article.changed_at, reverse=True)

    def item_title(self, article: Article) -> str:
        return article.title

    def item_description(self, article: Article) -> str:
        return escape(article.summary)

    def item_link(self, article: Article) -> str:
        return settings.SITE_URL + article.get_absolute_url()

    def item_updateddate(self, article: Article) -> datetime:
        return article.changed_at

    def item_extra_kwargs(self, article: Article) -> dict[str, Any]:
        return {"html": render_markdown(article.body)}
