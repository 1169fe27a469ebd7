"""Writes the pages that the proxy shows while no web process answers."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.test import RequestFactory

from recovery_site import error_views, inline_css

STYLE_LINK = '<link rel="stylesheet" href="/static/site.css">'
ICON_LINK = '<link rel="icon" href="/static/favicon.svg" type="image/svg+xml">'


class Command(BaseCommand):
    help = "Write down.html, and one for each other language, into a folder of the proxy."
    # No page needs the database, nor do they change with it.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        """Replace each file whole, so that the proxy never reads half a page."""
        try:
            for code, _name in settings.LANGUAGES:
                name = "down.html" if code == settings.LANGUAGE_CODE else f"down.{code}.html"
                draft = folder / f"{name}.new"
                draft.write_text(render_down_page(code))
                draft.chmod(0o644)
                draft.replace(folder / name)
        except OSError as fault:
            raise CommandError(f"{folder} cannot be written: {fault.strerror}.") from None


def render_down_page(language: str) -> str:
    """The page for 503 in a language, with its style inside: nobody is there to ask for a file."""
    path = "/" if language == settings.LANGUAGE_CODE else f"/{language}/"
    html = error_views.render_error(503, RequestFactory().get(path)).content.decode()
    css = inline_css.read_minified_css(settings.BASE_DIR / "static" / "site.css")
    for link in (STYLE_LINK, ICON_LINK):
        if link not in html:
            raise CommandError(f"The error page no longer holds {link}.")
    return html.replace(STYLE_LINK, f"<style>{css}</style>").replace(ICON_LINK, "")
