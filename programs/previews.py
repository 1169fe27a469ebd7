"""How a version would look on its page, for staff alone."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import translation

from . import views
from .context_processors import Center
from .models import Article, Page, ProgramText, Question, VersionedText


def article_preview(article: Article) -> tuple[str, dict]:
    return "programs/article.html", {
        "article": article,
        "languages": [article.language],
        "next_articles": views.next_articles_after(article.slug),
    }


def page_preview(page: Page) -> tuple[str, dict]:
    return "programs/page.html", {"page": page, "languages": [page.language]}


def program_preview(text: ProgramText) -> tuple[str, dict]:
    return "programs/program.html", views.program_context(text.program, text)


def question_preview(question: Question) -> tuple[str, dict]:
    """Among its neighbors, and open."""
    question.is_open = True
    context = views.learn_context()
    others = [each for each in context["questions"] if each.slug != question.slug]
    in_order = sorted([*others, question], key=lambda each: (each.sort_order, each.slug))
    return "programs/learn.html", context | {"questions": in_order}


PREVIEWS: dict[type[VersionedText], Callable[[Any], tuple[str, dict]]] = {
    Article: article_preview,
    Page: page_preview,
    ProgramText: program_preview,
    Question: question_preview,
}


def render_preview(
    request: HttpRequest, text: VersionedText, *, back: str, edit: str
) -> TemplateResponse:
    """The page around this version, marked as a preview; nobody may keep or index it."""
    own = {
        "preview": {"text": text, "back": back, "edit": edit},
        # An editor sees at once what they have just saved.
        "center": Center(is_live=True),
    }
    with translation.override(text.language):
        template, context = PREVIEWS[type(text)](text)
        response = TemplateResponse(request, template, context | own)
        response.render()
    response["Content-Language"] = text.language
    response["Cache-Control"] = "no-store, private"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
