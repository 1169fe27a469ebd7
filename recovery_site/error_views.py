"""Error pages: static, kind, and never without the phone number."""

from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import ResolverMatch, reverse
from django.utils import translation
from django.utils.translation import get_language_from_path
from phonenumber_field.phonenumber import to_python

from admissions import counters
from admissions.accounts import authentication, unsent_forms
from admissions.admin.accounts.forbidden import render_forbidden

# Forms in which a requester types, which say what is missing and never act without a key of ours.
GIVEN_BACK = {
    "admissions:details",
    "admissions:request_callback",
    "admissions:change_contact_plan",
    "admissions:change_callback",
    "admissions:correct_contact",
    "admissions:cancel_consultation",
}


def render_error(status: int, request: HttpRequest | None = None) -> HttpResponse:
    """The page for a status, drawn without the database, in the language of its address.

    It can be asked for before Django has found the language of a request.
    """
    default = settings.LANGUAGE_CODE
    language = get_language_from_path(request.path_info if request else "") or default
    home = "/" if language == default else f"/{language}/"
    with translation.override(language):
        words = {"line": to_python(settings.ADMISSIONS_LINE), "home": home}
        html = render_to_string(f"{status}.html", words)
    return HttpResponse(
        html,
        status=status,
        headers={"Cache-Control": "no-store", "Content-Language": language},
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render_error(400, request)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """For visitors the kind page; for colleagues, who have signed in, one of the desk's own."""
    at_the_desk = request.path.startswith(reverse("admin:index"))
    if at_the_desk and authentication.is_fully_authenticated(request):
        return render_forbidden(request)
    return render_error(403, request)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Refused; but what our own page was sending is given back, to be sent with a click.

    The browser vouches for the page. At the desk that is for who signed in again in another tab;
    on the site for who closed the browser, or finished on this device, and then went back.
    """
    counters.count_refusal(counters.Refusal.CSRF)
    if request.headers.get("Origin") != f"{request.scheme}://{request.get_host()}":
        return render_error(403, request)
    match = request.resolver_match
    if match and match.view_name in GIVEN_BACK:
        return give_back(request, match)
    at_the_desk = request.path.startswith(reverse("admin:index"))
    if at_the_desk and authentication.is_fully_authenticated(request):
        unsent_forms.save_form(request, owner=request.user.pk)
        return redirect("admin:unsent_form")
    return render_error(403, request)


def give_back(request: HttpRequest, match: ResolverMatch) -> HttpResponse:
    """The form as it was sent, checked, and nothing done with it.

    Its page says that cookies are needed, if none came: after the end of the browser one comes with
    this answer; a browser that refuses cookies would be shown this page for ever.
    """
    # Without its key a form counts as nothing, and is shown again with a new one.
    sent = request.POST.copy()
    sent["refused_key"] = sent.pop("key", [""])[-1]
    request.POST = sent  # type: ignore[assignment]  # a copy of it, without the key
    request.is_given_back = True  # type: ignore[attr-defined]
    request.lacks_cookies = settings.CSRF_COOKIE_NAME not in request.COOKIES  # type: ignore[attr-defined]
    response = match.func(request, *match.args, **match.kwargs)
    if response.status_code == HTTPStatus.OK:
        response.status_code = HTTPStatus.FORBIDDEN
    return response


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render_error(404, request)


def method_not_allowed(request: HttpRequest) -> HttpResponse:
    return render_error(405, request)


def too_many_requests(request: HttpRequest) -> HttpResponse:
    return render_error(429, request)


def server_error(request: HttpRequest) -> HttpResponse:
    return render_error(500, request)


def unavailable(request: HttpRequest) -> HttpResponse:
    return render_error(503, request)
