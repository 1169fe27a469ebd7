"""The public pages, in every language, for search engines."""

from django.contrib.sitemaps import Sitemap
from django.urls import reverse
from django.utils import timezone

from .models import Article, Page, Program


class PublicPages(Sitemap):
    """Every page that anyone may find; never the booking pages."""

    i18n = alternates = x_default = True
    protocol = "https"

    def items(self):
        return [
            *(("programs:" + name, ()) for name in FIXED),
            *(("programs:program", (slug,)) for slug in slugs(Program.objects.published())),
            *(("programs:article", (slug,)) for slug in slugs(Article.objects.published())),
            *(("programs:page", (slug,)) for slug in slugs(pages_in_force())),
        ]

    def location(self, item):
        name, args = item
        return reverse(name, args=args)


FIXED = ("home", "programs", "compare", "learn", "get_help")
SITEMAPS = {"public": PublicPages}


def pages_in_force():
    return Page.objects.in_force(on=timezone.localdate())


def slugs(rows) -> list[str]:
    return sorted(set(rows.values_list("slug", flat=True)))
