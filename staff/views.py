"""The pages of signing in, and of keeping one's sign-in safe; they route, `door` decides."""

from math import ceil

from django.contrib import admin, messages
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from admissions.models import NotReadable
from admissions.models.encrypted import seal, unseal

from . import codes, demo, devices, door, factors, sessions, throttle, unsent
from .confirming import recently_confirmed
from .forms import (
    WRONG_CODE,
    WRONG_PASSWORD,
    CodeForm,
    NewPasswordForm,
    PasswordForm,
    ProofForm,
)
from .models import Session

SECRET = "new_secret"  # noqa: S105  the name of a place in the session


def page(request, name: str, title: str, *, status: int = 200, **context) -> HttpResponse:
    context = admin.site.each_context(request) | {"title": title} | context
    return render(request, f"admin/{name}.html", context, status=status)


# Signing in


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request):
    """The first half: who are you? The answer is alike for everyone we don't let in."""
    leads_to = unsent.within_desk(request.POST.get("next") or request.GET.get("next", ""))
    if request.method != "POST" and door.is_open_to(request):
        return redirect(leads_to)
    form = PasswordForm(request.POST if request.method == "POST" else None)
    status = 200
    if form.is_valid():
        now = timezone.now()
        try:
            user = door.check_password(request, **form.cleaned_data, now=now)
        except throttle.TooSoon as wait:
            form.add_error(None, patience(wait))
            status = 429
        else:
            if user:
                door.begin(request, user, leads_to=leads_to, now=now)
                return redirect("admin:code" if factors.id_of(user) else "admin:set_up")
            form.add_error(None, WRONG_PASSWORD)
    return page(
        request,
        "login",
        _("Sign in"),
        status=status,
        form=form,
        next=leads_to,
        app_path=request.path,
        has_unsent=unsent.KEY in request.session,
    )


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code(request):
    """The second half: a code from the app, or one of the recovery codes."""
    now = timezone.now()
    user, kept = door.begun(request, now=now)
    if user is None:
        return redirect("admin:login")
    if not factors.id_of(user):
        return redirect("admin:set_up")
    form, status = CodeForm(request.POST if request.method == "POST" else None), 200
    if form.is_valid():
        try:
            how = door.check_code(request, user, code=form.cleaned_data["code"], now=now)
        except throttle.TooSoon as wait:
            form.add_error(None, patience(wait))
            status = 429
        else:
            if how:
                return let_in(request, user, how=how, leads_to=kept["leads_to"], now=now)
            form.add_error("code", WRONG_CODE)
    hint = demo.code_for(user, now=now)
    return page(request, "code", _("Your code"), status=status, form=form, demo=hint)


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def set_up(request):
    """In place of the second half, once: an app is set up before anything else opens."""
    now = timezone.now()
    user, kept = door.begun(request, now=now)
    if user is None:
        return redirect("admin:login")
    form = CodeForm(request.POST if request.method == "POST" else None)
    fresh = taken_over(request, form, user=user, now=now)
    if fresh == []:
        return redirect("admin:code")
    if fresh:
        door.enter(request, user, how="app", now=now)
        leads_to = where_to(request, user, leads_to=kept["leads_to"], now=now)
        return with_known_browser(request, user, codes_page(request, fresh, leads_to=leads_to))
    return app_page(request, form, user=user, is_first=True)


def let_in(request, user, *, how: str, leads_to: str, now) -> HttpResponseRedirect:
    door.enter(request, user, how=how, now=now)
    if how == "recovery_code":
        messages.warning(request, codes_are_running_out(factors.codes_left(user)))
    leads_to = where_to(request, user, leads_to=leads_to, now=now)
    return with_known_browser(request, user, redirect(leads_to))


def where_to(request, user, *, leads_to: str, now) -> str:
    """Where they wanted to go; first to what they were sending when they were signed out."""
    if unsent.of(request, owner=user.pk, now=now):
        return reverse("admin:unsent")
    unsent.forget(request)
    return leads_to


def with_known_browser(request, user, response):
    devices.remember(response, request, user)
    return response


def patience(wait: throttle.TooSoon) -> str:
    minutes = ceil(wait.seconds / 60)
    return ngettext(
        "That was too many tries. Please wait a minute, then try again.",
        "That was too many tries. Please wait %(minutes)s minutes, then try again.",
        minutes,
    ) % {"minutes": minutes}


def codes_are_running_out(left: int) -> str:
    if not left:
        return _("That was your last recovery code. Please make new ones.")
    return ngettext(
        "You signed in with a recovery code. One is left.",
        "You signed in with a recovery code. %(left)s are left.",
        left,
    ) % {"left": left}


# The app


def taken_over(request, form, *, user, now, replaces=None) -> list[str] | None:
    """The new recovery codes, if the app shows a right code; [] if someone was quicker."""
    if request.method != "POST" or not form.is_valid():
        return None
    try:
        fresh = factors.set_up(
            user_id=user.pk,
            secret=secret_in(request),
            code=form.cleaned_data["code"],
            now=now,
            replaces=replaces,
        )
    except factors.HasFactor:
        return []
    except factors.WrongCode:
        form.add_error("code", WRONG_CODE)
        return None
    del request.session[SECRET]
    return fresh


def app_page(request, form, *, user, is_first: bool):
    """The square to point a phone at; the same until it is used, in every tab."""
    secret = secret_in(request)
    if not secret:
        secret = codes.new_secret()
        request.session[SECRET] = seal(secret)
    return page(
        request,
        "set_up",
        _("Set up your second step") if is_first else _("Use another app"),
        form=form,
        is_first=is_first,
        square=codes.square(codes.app_address(secret, user.username)),
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
    )


def secret_in(request) -> str:
    """The secret that this browser was shown; none before the page was open."""
    try:
        return unseal(request.session.get(SECRET, ""))
    except NotReadable:
        return ""


def codes_page(request, fresh: list[str], *, leads_to: str):
    return page(request, "codes", _("Your recovery codes"), codes=fresh, leads_to=leads_to)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@recently_confirmed
def replace_app(request):
    """Another app in place of the one there is; all other sessions end."""
    now, user = timezone.now(), request.user
    form = CodeForm(request.POST if request.method == "POST" else None)
    fresh = taken_over(request, form, user=user, now=now, replaces=door.factor_of(request))
    if not fresh:
        return app_page(request, form, user=user, is_first=False)
    request.session[door.FACTOR] = factors.id_of(user)
    request.session.cycle_key()
    return codes_page(request, fresh, leads_to=reverse("admin:security"))


@require_POST
@recently_confirmed
def make_codes(request):
    return codes_page(
        request, factors.make_codes(by=request.user), leads_to=reverse("admin:security")
    )


# While signed in


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@recently_confirmed
def change_password(request):
    """A new password of one's own; every other session ends."""
    form = NewPasswordForm(request.user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        door.change_password(request, form.cleaned_data["new_password1"])
        messages.success(request, _("Your new password counts from now on."))
        return redirect("admin:security")
    return page(request, "new_password", _("New password"), form=form)


def security(request):
    """Sign-in and security: the app, the recovery codes, the sessions."""
    now, this = timezone.now(), request.session.session_key
    return page(
        request,
        "security",
        _("Sign-in and security"),
        in_use_since=factors.in_use_since(request.user),
        codes_left=factors.codes_left(request.user),
        sessions=sessions.open_of(request.user, this=this, now=now),
    )


@require_POST
def end_session(request):
    """One session of one's own, or all others."""
    if request.POST.get("which") == "others":
        sessions.end_others(by=request.user, this=request.session.session_key)
        messages.success(request, _("All your other sessions have ended."))
    elif sessions.end(handle=request.POST.get("which", ""), by=request.user):
        messages.success(request, _("That session has ended."))
    return redirect("admin:security")


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request):
    """Password or code once more, before something that a passer-by must not do."""
    leads_to = unsent.within_desk(request.POST.get("next") or request.GET.get("next", ""))
    form = ProofForm(request.POST if request.method == "POST" else None)
    now, status = timezone.now(), 200
    if form.is_valid():
        try:
            is_right = door.confirm(request, proof=form.cleaned_data["proof"], now=now)
        except throttle.TooSoon as wait:
            form.add_error(None, patience(wait))
            status = 429
        else:
            if is_right:
                return redirect(where_to(request, request.user, leads_to=leads_to, now=now))
            form.add_error("proof", _("That is neither your password nor a code of now."))
    title = _("Please confirm that it is you")
    return page(request, "confirm", title, status=status, form=form, next=leads_to)


@require_http_methods(["GET", "HEAD", "POST"])
def unsent_form(request):
    """What they were sending when they were signed out: send it, or let it go."""
    kept = unsent.of(request, owner=request.user.pk, now=timezone.now())
    if kept is None:
        return redirect("admin:index")
    if request.method == "POST":
        unsent.forget(request)
        return redirect(kept["page"])
    pairs = [(name, value) for name, values in kept["fields"].items() for value in values]
    return page(
        request,
        "unsent",
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
def stay(request):
    """How many seconds are left; a POST begins them anew."""
    key, now = request.session.session_key, timezone.now()
    if request.method == "POST":
        request.session.save()
    ends_at = Session.objects.values_list("expire_date", flat=True).get(session_key=key)
    return JsonResponse({"left": int((ends_at - now).total_seconds())})


@require_POST
def sign_out(request):
    door.leave(request)
    return page(request, "signed_out", _("You are signed out"))
