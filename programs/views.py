"""The public pages: each reads rows and draws them."""

from collections.abc import Iterable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import conditional_page, require_http_methods, require_safe

from . import feeds
from . import guide as table
from .forms.guide_form import GuideForm
from .guide import GuideResult
from .models import (
    Article,
    ComparisonRow,
    Page,
    Program,
    ProgramText,
    Question,
    VersionedText,
    best_language_texts,
)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(
        request,
        "programs/home.html",
        {
            "programs": Program.objects.published(),
            "questions": Question.objects.published().filter(is_on_home=True).in_page_language(),
        },
    )


@require_safe
def programs(request: HttpRequest) -> HttpResponse:
    return render(request, "programs/programs.html", {"programs": Program.objects.published()})


@require_safe
def program(request: HttpRequest, slug: str) -> HttpResponse:
    program = get_object_or_404(Program.objects.published(), slug=slug)
    texts = list(program.texts.published())
    shown = program_context(program, next(iter(best_language_texts(texts)), None))
    languages = [text.language for text in texts]
    return render(request, "programs/program.html", shown | {"languages": languages})


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    programs = list(Program.objects.published())
    rows = [(row, row.answers(programs)) for row in ComparisonRow.objects.prefetch_related("cells")]
    return render(request, "programs/compare.html", {"programs": programs, "rows": rows})


@csrf_exempt  # exempt: nothing is stored, and a token would set a cookie before anything is
@require_http_methods(["GET", "HEAD", "POST"])
def guide(request: HttpRequest) -> HttpResponse:
    """Which program? A form, and where its answers lead; they end with the page."""
    is_sent = request.method == "POST"
    asked = request.POST if is_sent else request.GET
    for_whom = "loved_one" if asked.get("for") == "loved_one" else "self"
    form = GuideForm(request.POST if is_sent else None, for_whom=for_whom)
    programs = {each.slug: each for each in Program.objects.published()}
    found = (
        table.evaluate_answers(form.answers, for_whom=for_whom, offered=list(programs))
        if is_sent
        else None
    )
    # Danger is answered at once, whatever else is missing.
    if found is not None and not (found.is_danger or form.is_valid()):
        found = None
    context = {
        "form": form,
        "for_whom": for_whom,
        "questions": table.QUESTIONS,
        "programs": programs,
        "found": found,
        "worth_asking": recommended_programs(found, programs),
    }
    response = render(request, "programs/guide.html", context)
    return never_cached(response) if is_sent else response


def recommended_programs(found: GuideResult | None, programs: dict[str, Program]) -> list:
    """Each program that the answers lead to, with the answers that do."""
    return [(programs[slug], reasons) for slug, reasons in found.programs.items()] if found else []


def never_cached(response: HttpResponse) -> HttpResponse:
    """An answer with something personal in it: in no cache, and found by no search engine."""
    add_never_cache_headers(response)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


@require_safe
def learn(request: HttpRequest) -> HttpResponse:
    return render(request, "programs/learn.html", learn_context())


@require_safe
def article(request: HttpRequest, slug: str) -> HttpResponse:
    article, languages = text_or_404(Article.objects.published().filter(slug=slug))
    shown = {
        "article": article,
        "languages": languages,
        "next_articles": next_articles_after(slug),
    }
    return render(request, "programs/article.html", shown)


@require_safe
@conditional_page
def articles_feed(request: HttpRequest) -> HttpResponse:
    response = feeds.ArticleFeed()(request)
    # Withdrawing an article moves this date back: readers would be told that nothing changed.
    del response["Last-Modified"]
    return response


@require_safe
def get_help(request: HttpRequest) -> HttpResponse:
    return render(request, "programs/get_help.html")


@require_safe
def help_for_someone(request: HttpRequest) -> HttpResponse:
    """The same doors for a loved one: what they choose here goes along into the forms."""
    # A page of its own, not a query of get_help: only an address without a query can be found,
    # cached and translated.
    return render(request, "programs/help_for_someone.html", {"for_whom": "loved_one"})


@require_safe
def page(request: HttpRequest, slug: str) -> HttpResponse:
    page, languages = text_or_404(Page.objects.published().filter(slug=slug))
    return render(request, "programs/page.html", {"page": page, "languages": languages})


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    others = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
    prefixes = ["", *(f"/{code}" for code in others)]
    lines = [
        "User-agent: *",
        "Disallow: /admin/",
        "Disallow: /feeds/",
        *(f"Disallow: {prefix}/consultation/" for prefix in prefixes),
        f"Sitemap: {settings.SITE_URL}/sitemap.xml",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain")


def program_context(program: Program, text: ProgramText | None) -> dict:
    """What a program's page shows around its text, which may still be missing."""
    schedule = list(program.schedule.all())
    return {
        "program": program,
        "text": text,
        "schedule": schedule,
        "schedule_has_times": any(row.times for row in schedule),
        "others": Program.objects.published().exclude(pk=program.pk),
    }


def learn_context() -> dict:
    return {
        "articles": Article.objects.published().defer("body").in_page_language(),
        "questions": Question.objects.published().in_page_language(),
    }


def text_or_404(texts: Iterable[VersionedText]) -> tuple:
    """The text to read in the page's language, and all that it has; or a plain 404."""
    texts = list(texts)
    found = best_language_texts(texts)
    if not found:
        raise Http404
    return found[0], [text.language for text in texts]


def next_articles_after(slug: str, count: int = 3) -> list:
    """What to read next: those that follow in the list, and then from its beginning."""
    articles = Article.objects.published().defer("body").in_page_language()
    slugs = [article.slug for article in articles]
    at = slugs.index(slug) if slug in slugs else len(slugs)
    return (articles[at + 1 :] + articles[:at])[:count]
