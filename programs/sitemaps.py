"""The public pages, in every language, for search engines."""

from datetime import date, datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from .models import Article, Page, Program, ProgramText


class SitemapEntry(NamedTuple):
    """One page, the languages that it is written in, and when each last changed, if known."""

    name: str
    args: tuple = ()
    changed: dict[str, date | datetime] | None = None

    @property
    def languages(self) -> list[str]:
        return list(self.changed) if self.changed else [code for code, _name in settings.LANGUAGES]


class PublicSitemap(Sitemap):
    """Every page that anyone may find; never the booking pages."""

    i18n = alternates = x_default = True
    protocol = urlsplit(settings.SITE_URL).scheme

    def get_domain(self, site: Any = None) -> str:
        """The one name of the site, whatever host was asked."""
        return urlsplit(settings.SITE_URL).netloc

    def items(self) -> list[SitemapEntry]:
        about = ProgramText.objects.published().filter(program__in=Program.objects.published())
        return [
            *(SitemapEntry("programs:" + name) for name in FIXED_PAGES),
            *text_entries("programs:program", about, "changed_at", slug="program__slug"),
            *text_entries("programs:article", Article.objects.published(), "changed_at"),
            *text_entries("programs:page", pages_in_force(), "effective_on"),
        ]

    def get_languages_for_item(self, item: SitemapEntry) -> list[str]:
        return item.languages

    def location(self, place: SitemapEntry) -> str:
        return reverse(place.name, args=place.args)

    def _get(self, name: str, item: Any, default: Any = None) -> Any:
        """When a page changed depends on its language, which Django does not tell `lastmod`."""
        if name == "lastmod":
            place, language = item
            return place.changed and place.changed[language]
        return super()._get(name, item, default)  # type: ignore[misc]  # unknown to the stubs


FIXED_PAGES = ("home", "programs", "compare", "guide", "learn", "get_help", "help_for_someone")
SITEMAPS = {"public": PublicSitemap}


def text_entries(name: str, rows: QuerySet, changed: str, slug: str = "slug") -> list[SitemapEntry]:
    """A place for each text, with the languages that it has."""
    found: dict[str, dict[str, date | datetime]] = {}
    for words, language, moment in rows.values_list(slug, "language", changed):
        found.setdefault(words, {})[language] = moment
    return [SitemapEntry(name, (slug,), changes) for slug, changes in sorted(found.items())]


def pages_in_force() -> QuerySet[Page]:
    return Page.objects.in_force(on=timezone.localdate())
