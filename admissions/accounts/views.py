"""The pages of signing in; they route, `authentication` decides."""

from datetime import datetime
from math import ceil
from typing import Any, TypeVar

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from admissions.encryption import DecryptionError, decrypt_text, encrypt_text
from users.models import User

from . import authentication, demo, known_browsers, throttling, totp, two_factor, unsent_forms
from .forms import WRONG_CODE, WRONG_PASSWORD, CodeForm, PasswordForm, ReauthenticationForm
from .models import Session
from .staff_request import StaffRequest

NEW_SECRET_KEY = "new_secret"  # noqa: S105  the name of a place in the session

Response = TypeVar("Response", bound=HttpResponse)


def render_page(
    request: HttpRequest, name: str, title: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    context = admin.site.each_context(request) | {"title": title} | context
    return render(request, f"admin/{name}.html", context, status=status)


# Signing in


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The first half: who are you? The answer is alike for everyone we don't let in."""
    leads_to = unsent_forms.safe_admin_url(request.POST.get("next") or request.GET.get("next", ""))
    if request.method != "POST" and authentication.is_fully_authenticated(request):
        return redirect(leads_to)
    form = PasswordForm(request.POST if request.method == "POST" else None)
    status = 200
    if form.is_valid():
        now = timezone.now()
        try:
            user = authentication.verify_password(request, **form.cleaned_data, now=now)
        except throttling.TooManyAttempts as wait:
            form.add_error(None, wait_message(wait))
            status = 429
        else:
            if user:
                authentication.begin_sign_in(request, user, leads_to=leads_to, now=now)
                return redirect(
                    "admin:enter_code" if two_factor.factor_id(user) else "admin:set_up_two_factor"
                )
            form.add_error(None, WRONG_PASSWORD)
    return render_page(
        request,
        "login",
        _("Sign in"),
        status=status,
        form=form,
        next=leads_to,
        app_path=request.path,
        has_unsent=unsent_forms.UNSENT_SESSION_KEY in request.session,
    )


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enter_code(request: HttpRequest) -> HttpResponse:
    """The second half: a code from the app, or one of the recovery codes."""
    now = timezone.now()
    user, kept = authentication.pending_sign_in(request, now=now)
    if user is None:
        return redirect("admin:login")
    if not two_factor.factor_id(user):
        return redirect("admin:set_up_two_factor")
    form, status = CodeForm(request.POST if request.method == "POST" else None), 200
    if form.is_valid():
        try:
            how = authentication.verify_code(request, user, code=form.cleaned_data["code"], now=now)
        except throttling.TooManyAttempts as wait:
            form.add_error(None, wait_message(wait))
            status = 429
        else:
            if how:
                return finish_sign_in(request, user, how=how, leads_to=kept["leads_to"], now=now)
            form.add_error("code", WRONG_CODE)
    hint = demo.current_code(user, now=now)
    return render_page(request, "enter_code", _("Your code"), status=status, form=form, demo=hint)


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def set_up_two_factor(request: HttpRequest) -> HttpResponse:
    """In place of the second half, once: an app is set up before anything else opens."""
    now = timezone.now()
    user, kept = authentication.pending_sign_in(request, now=now)
    if user is None:
        return redirect("admin:login")
    form = CodeForm(request.POST if request.method == "POST" else None)
    fresh = enroll_submitted_app(request, form, user=user, now=now)
    if fresh == []:
        return redirect("admin:enter_code")
    if fresh:
        authentication.complete_sign_in(request, user, how="app", now=now)
        leads_to = next_page(request, user, leads_to=kept["leads_to"], now=now)
        return with_known_browser(
            request, user, render_recovery_codes(request, fresh, leads_to=leads_to)
        )
    return render_set_up(request, form, user=user, is_first=True)


def finish_sign_in(
    request: HttpRequest, user: User, *, how: str, leads_to: str, now: datetime
) -> HttpResponseRedirect:
    authentication.complete_sign_in(request, user, how=how, now=now)
    if how == "recovery_code":
        messages.warning(request, codes_left_message(two_factor.count_recovery_codes(user)))
    leads_to = next_page(request, user, leads_to=leads_to, now=now)
    return with_known_browser(request, user, redirect(leads_to))


def next_page(request: HttpRequest, user: User, *, leads_to: str, now: datetime) -> str:
    """Where they wanted to go; first to what they were sending when they were signed out."""
    if unsent_forms.load_form(request, owner=user.pk, now=now):
        return reverse("admin:unsent_form")
    unsent_forms.discard_form(request)
    return leads_to


def with_known_browser(request: HttpRequest, user: User, response: Response) -> Response:
    known_browsers.remember_browser(response, request, user)
    return response


def wait_message(wait: throttling.TooManyAttempts) -> str:
    minutes = ceil(wait.retry_after / 60)
    return ngettext(
        "That was too many tries. Please wait a minute, then try again.",
        "That was too many tries. Please wait %(minutes)s minutes, then try again.",
        minutes,
    ) % {"minutes": minutes}


def codes_left_message(left: int) -> str:
    if not left:
        return _("That was your last recovery code. Please make new ones.")
    return ngettext(
        "You signed in with a recovery code. One is left.",
        "You signed in with a recovery code. %(left)s are left.",
        left,
    ) % {"left": left}


# The app


def enroll_submitted_app(
    request: HttpRequest, form: CodeForm, *, user: User, now: datetime, replaces: int | None = None
) -> list[str] | None:
    """The new recovery codes, if the app shows a right code; [] if someone was quicker."""
    if request.method != "POST" or not form.is_valid():
        return None
    try:
        fresh = two_factor.enroll_factor(
            user_id=user.pk,
            secret=pending_secret(request),
            code=form.cleaned_data["code"],
            now=now,
            replaces=replaces,
        )
    except two_factor.FactorExists:
        return []
    except two_factor.WrongCode:
        form.add_error("code", WRONG_CODE)
        return None
    del request.session[NEW_SECRET_KEY]
    return fresh


def render_set_up(
    request: HttpRequest, form: CodeForm, *, user: User, is_first: bool
) -> HttpResponse:
    """The square to point a phone at; the same until it is used, in every tab."""
    secret = pending_secret(request)
    if not secret:
        secret = totp.new_secret()
        request.session[NEW_SECRET_KEY] = encrypt_text(secret)
    return render_page(
        request,
        "set_up_two_factor",
        _("Set up your second step") if is_first else _("Use another app"),
        form=form,
        is_first=is_first,
        square=totp.qr_code_uri(totp.provisioning_uri(secret, user.username)),
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
    )


def pending_secret(request: HttpRequest) -> str:
    """The secret that this browser was shown; none before the page was open."""
    try:
        return decrypt_text(request.session.get(NEW_SECRET_KEY, ""))
    except DecryptionError:
        return ""


def render_recovery_codes(request: HttpRequest, fresh: list[str], *, leads_to: str) -> HttpResponse:
    return render_page(
        request, "recovery_codes", _("Your recovery codes"), codes=fresh, leads_to=leads_to
    )


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def reauthenticate(request: StaffRequest) -> HttpResponse:
    """Password or code once more, before something that a passer-by must not do."""
    leads_to = unsent_forms.safe_admin_url(request.POST.get("next") or request.GET.get("next", ""))
    form = ReauthenticationForm(request.POST if request.method == "POST" else None)
    now, status = timezone.now(), 200
    if form.is_valid():
        try:
            is_right = authentication.verify_identity(
                request, proof=form.cleaned_data["proof"], now=now
            )
        except throttling.TooManyAttempts as wait:
            form.add_error(None, wait_message(wait))
            status = 429
        else:
            if is_right:
                return redirect(next_page(request, request.user, leads_to=leads_to, now=now))
            form.add_error("proof", _("That is neither your password nor a code of now."))
    title = _("Please confirm that it is you")
    return render_page(request, "reauthenticate", title, status=status, form=form, next=leads_to)


@require_http_methods(["GET", "HEAD", "POST"])
def unsent_form(request: StaffRequest) -> HttpResponse:
    """What they were sending when they were signed out: send it, or let it go."""
    kept = unsent_forms.load_form(request, owner=request.user.pk, now=timezone.now())
    if kept is None:
        return redirect("admin:index")
    if request.method == "POST":
        unsent_forms.discard_form(request)
        return redirect(kept["page"])
    pairs = [(name, value) for name, values in kept["fields"].items() for value in values]
    return render_page(
        request,
        "unsent_form",
        _("Not sent yet"),
        path=kept["path"],
        back=kept["page"],
        words=[pair for pair in pairs if is_prose(pair[1])],
        others=[pair for pair in pairs if not is_prose(pair[1])],
    )


def is_prose(value: str) -> bool:
    """Whether a person wrote this, rather than chose it or never saw it."""
    return " " in value.strip() or "\n" in value.strip()


@require_http_methods(["GET", "HEAD", "POST"])
def extend_session(request: HttpRequest) -> JsonResponse:
    """How many seconds are left; a POST begins them anew."""
    key, now = request.session.session_key, timezone.now()
    if request.method == "POST":
        request.session.save()
    ends_at = Session.objects.values_list("expire_date", flat=True).get(session_key=key)
    return JsonResponse({"left": int((ends_at - now).total_seconds())})


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    authentication.close_session(request)
    return render_page(request, "signed_out", _("You are signed out"))
