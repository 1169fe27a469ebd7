"""Draws the pictures of this site that have to be files of dots.

`python -m recovery_site.dev.social_cards` draws, in Chromium and from our own SVG, the card that
stands beside a link to us elsewhere, in each language, and the icon of a phone's first screen.
Run it again after changing `templates/programs/_social_card.svg`, the scene, the mark or a text
of theirs; the site itself only serves the files.
"""

import os
import shutil
from pathlib import Path

import django
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from playwright.sync_api import Browser, sync_playwright

STATIC = settings.BASE_DIR / "static"
CARD_SIZE = (1200, 630)
ICON_SIZE = (180, 180)
PAGE_HTML = "<style>body{{margin:0;background:#fbf8f3}}body>svg{{display:block}}</style>{}"


def draw_all(folder: Path = STATIC) -> None:
    icon = pad_icon((STATIC / "favicon.svg").read_text())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
            args=["--no-sandbox"] if os.geteuid() == 0 else [],
        )
        draw_image(browser, icon, ICON_SIZE, folder / "touch-icon.png")
        for language, _name in settings.LANGUAGES:
            with translation.override(language):
                card = render_to_string("programs/_social_card.svg")
            draw_image(browser, card, CARD_SIZE, folder / f"card-{language}.png")
        browser.close()


def pad_icon(icon: str) -> str:
    """The mark with room around it: a phone cuts the corners off."""
    return icon.replace('viewBox="0 0 34 34"', 'viewBox="-3 -3 40 40" width="180" height="180"')


def draw_image(browser: Browser, svg: str, size: tuple[int, int], path: Path) -> None:
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.set_content(PAGE_HTML.format(svg))
    page.screenshot(path=path)
    page.close()


if __name__ == "__main__":
    django.setup()
    draw_all()
