"""What a page says of itself to search engines, and to those who are sent its address."""

from html import unescape

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse, translate_url
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from programs import structured
from programs.models.wording import FALLBACK, page_language

register = template.Library()

DRAWN = {
    path.stem.removeprefix("card-") for path in (settings.BASE_DIR / "static").glob("card-*.png")
}


@register.simple_block_tag
def plainly(content) -> str:
    """What stands within as plain text on one line; to keep with `as`, and say in two places."""
    return " ".join(unescape(content).split())


@register.simple_tag(takes_context=True)
def addresses(context) -> dict:
    """The one full address of this page, and one for each language that it is written in.

    A view whose text may lack a language names those that it has as `languages`. The page
    of another language then stands in English, and is found under its English address.
    """
    path = context["request"].path
    known = context.get("languages") or [code for code, _name in settings.LANGUAGES]
    full = {code: settings.SITE_URL + translate_url(path, code) for code in sorted(known)}
    own = full.get(page_language()) or settings.SITE_URL + translate_url(path, FALLBACK)
    return {"own": own, "languages": full, "default": full.get(FALLBACK)}


@register.simple_tag
def card_picture() -> str:
    """The full address of the picture that stands beside a link to us elsewhere."""
    language = page_language() if page_language() in DRAWN else FALLBACK
    return settings.SITE_URL + static(f"card-{language}.png")


@register.simple_tag(takes_context=True)
def describe_centre(context) -> str:
    picture = settings.SITE_URL + static("touch-icon.png")
    return block(structured.organization(context["centre"], picture=picture))


@register.simple_tag
def describe_questions(questions) -> str:
    return block(structured.questions(questions)) if questions else ""


@register.simple_tag(takes_context=True)
def describe_article(context, article) -> str:
    fact = structured.article(
        article,
        facility=context["centre"].facility,
        url=addresses(context)["own"],
        picture=card_picture(),
    )
    return block(fact)


@register.simple_tag(takes_context=True)
def describe_trail(context, here: str, above: str = "", view: str = "") -> str:
    """The way from the first page to this one, by way of the page of a view."""
    steps = [(context["centre"].facility.name, structured.home())]
    if view:
        steps.append((above, settings.SITE_URL + reverse(view)))
    return block(structured.trail(*steps, (here, addresses(context)["own"])))


def block(fact: dict) -> str:
    """Data, not code: no browser runs it, and the content policy lets it stand."""
    text = mark_safe(structured.as_json(fact))  # noqa: S308  it escapes what could end the block
    return format_html('<script type="application/ld+json">{}</script>', text)
