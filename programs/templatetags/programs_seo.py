"""What a page says of itself to search engines, and to those who are sent its address."""

from html import unescape

from django import template
from django.conf import settings
from django.template import Context
from django.templatetags.static import static
from django.urls import reverse, translate_url
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from programs import structured_data
from programs.models import FALLBACK_LANGUAGE, Article, Question, page_language

register = template.Library()

CARD_LANGUAGES = {
    path.stem.removeprefix("card-") for path in (settings.BASE_DIR / "static").glob("card-*.png")
}


@register.simple_block_tag
def plaintext(content: str) -> str:
    """What stands within as plain text on one line; to keep with `as`, and say in two places."""
    return " ".join(unescape(content).split())


@register.simple_tag(takes_context=True)
def page_urls(context: Context) -> dict:
    """The one full address of this page, and one for each language that it is written in.

    A view whose text may lack a language names those that it has as `languages`. The page
    of another language then stands in English, and is found under its English address.
    """
    path = context["request"].path
    known = context.get("languages") or [code for code, _name in settings.LANGUAGES]
    full = {code: settings.SITE_URL + translate_url(path, code) for code in sorted(known)}
    own = full.get(page_language()) or settings.SITE_URL + translate_url(path, FALLBACK_LANGUAGE)
    return {"own": own, "languages": full, "default": full.get(FALLBACK_LANGUAGE)}


@register.simple_tag
def social_card_url() -> str:
    """The full address of the picture that stands beside a link to us elsewhere."""
    language = page_language() if page_language() in CARD_LANGUAGES else FALLBACK_LANGUAGE
    return settings.SITE_URL + static(f"card-{language}.png")


@register.simple_tag(takes_context=True)
def organization_json(context: Context) -> str:
    picture = settings.SITE_URL + static("touch-icon.png")
    hours = context["phone_line"].always_in
    fact = structured_data.organization(context["center"], picture=picture, hours=hours)
    return json_ld_script(fact)


@register.simple_tag
def faq_json(questions: list[Question]) -> str:
    return json_ld_script(structured_data.faq_page(questions)) if questions else ""


@register.simple_tag(takes_context=True)
def article_json(context: Context, article: Article) -> str:
    fact = structured_data.article_data(
        article,
        facility=context["center"].facility,
        url=page_urls(context)["own"],
        picture=social_card_url(),
    )
    return json_ld_script(fact)


@register.simple_tag(takes_context=True)
def breadcrumb_json(context: Context, here: str, above: str = "", view: str = "") -> str:
    """The way from the first page to this one, by way of the page of a view."""
    steps = [(context["center"].facility.name, structured_data.home_url())]
    if view:
        steps.append((above, settings.SITE_URL + reverse(view)))
    return json_ld_script(
        structured_data.breadcrumb_list(*steps, (here, page_urls(context)["own"]))
    )


def json_ld_script(fact: dict) -> str:
    """Data, not code: no browser runs it, and the content policy lets it stand."""
    text = mark_safe(structured_data.to_script_json(fact))  # noqa: S308  it escapes what could end the block
    return format_html('<script type="application/ld+json">{}</script>', text)
