"""The pages on the way in, and those of a session: allauth's views in the frame of the desk."""

from typing import Any

from allauth.account.internal.decorators import login_stage_required
from allauth.account.internal.flows.login import record_authentication
from allauth.account.views import LoginView, ReauthenticateView
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.base.views import ReauthenticateView as ReauthenticateCodeView
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from allauth.mfa.webauthn.views import LoginWebAuthnView, ReauthenticateWebAuthnView
from django.contrib import admin, auth, messages
from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from django.views.generic.edit import FormView

from admissions.audit.models import AuditEvent

from . import (
    authentication,
    demo,
    known_browsers,
    notices,
    throttling,
    two_factor,
    unsent_forms,
)
from .adapters import EnrollStage
from .forms import (
    AppForm,
    CodeAgainForm,
    CodeForm,
    PasskeyAgainForm,
    PasskeyCodeForm,
    PasskeySignInForm,
    PasswordAgainForm,
    PasswordForm,
)
from .models import Session, hash_session_key
from .staff_request import StaffRequest, StageRequest

PASSKEY_FAILED = gettext_lazy("That passkey did not work. Please try again, or go on without it.")


def render_page(request: HttpRequest, name: str, title: str, **context: Any) -> HttpResponse:
    context = admin.site.each_context(request) | {"title": title} | context
    return render(request, f"admin/{name}.html", context)


class StaffPage:
    """A page with a title; 429 where a form was sent too often."""

    title: str | Promise
    template_name: str
    request: HttpRequest

    @method_decorator(sensitive_post_parameters())
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)  # type: ignore[misc]
        return admin.site.each_context(self.request) | {"title": self.title} | context

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        forms = [context["form"], context.get("webauthn_form")]
        status = 429 if any(form and throttling.is_refused(form) for form in forms) else 200
        return render(self.request, self.template_name, context, status=status)


# Signing in


class Entrance(StaffPage):
    """Sends on who is in; a session that has proven less ends here."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if authentication.is_fully_authenticated(request):
            return redirect(unsent_forms.safe_admin_url(request.GET.get("next", "")))
        if request.user.is_authenticated:
            auth.logout(request)
        return super().dispatch(request, *args, **kwargs)


class SignIn(Entrance, LoginView):
    """The first half: who are you? The answer is alike for everyone we don't let in."""

    title = gettext_lazy("Sign in")
    template_name = "admin/login.html"
    form_class = PasswordForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_kept = unsent_forms.UNSENT_SESSION_KEY in self.request.session
        return super().get_context_data(**kwargs) | {"has_unsent": is_kept}


class PasskeySignIn(Entrance, LoginWebAuthnView):
    """Both halves at once: a device that has asked its owner for a PIN, a finger or a face."""

    form_class = PasskeySignInForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return record_if_refused(request, super().dispatch(request, *args, **kwargs))

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        authentication.record_failure(self.request, "passkey", user=None)
        messages.error(self.request, PASSKEY_FAILED)
        return redirect("account_login")


class EnterCode(StaffPage, AuthenticateView):
    """The second half: a code from the app, one of the recovery codes, or a passkey."""

    title = gettext_lazy("Your code")
    template_name = "admin/enter_code.html"
    form_class = CodeForm
    webauthn_form_class = PasskeyCodeForm

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A passkey in the place of a code is counted here, where even one without content is."""
        if isinstance(self.form, PasskeyCodeForm):
            try:
                throttling.count_passkey_attempt(request, self.stage.login.user)
            except ValidationError as refused:
                self.form.add_error(None, refused)
        return super().post(request, *args, **kwargs)

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        if isinstance(form, PasskeyCodeForm) and not throttling.is_refused(form):
            user = self.stage.login.user
            authentication.record_failure(self.request, "passkey", user=user)
        return super().form_invalid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.stage.login.user
        return super().get_context_data(**kwargs) | {
            "demo": demo.current_code(user, now=timezone.now()),
            "has_passkeys": two_factor.find_passkeys(user).exists(),
        }


class AppPage(StaffPage, FormView):
    """The square to point a phone at."""

    template_name = "admin/set_up_two_factor.html"
    form_class = AppForm
    is_first = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        secret = context["form"].secret
        return context | {
            "is_first": self.is_first,
            "square": two_factor.qr_code_uri(context["form"].user, secret),
            "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        }

    def show_codes(self, codes: list[str], *, leads_to: str) -> HttpResponse:
        del self.request.session[SECRET_SESSION_KEY]
        return render_recovery_codes(self.request, codes, leads_to=leads_to)


@method_decorator(
    login_stage_required(stage=EnrollStage.key, redirect_urlname="account_login"), name="dispatch"
)
class SetUpTwoFactor(AppPage):
    """In place of the second half, once: an app is set up before anything else opens."""

    title = gettext_lazy("Set up your second step")

    request: StageRequest

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.request._login_stage.login.user}

    def form_valid(self, form: AppForm) -> HttpResponse:
        try:
            codes = two_factor.enroll_app(
                by=form.user, secret=form.secret, code=form.cleaned_data["code"]
            )
        except two_factor.FactorExists:
            return redirect("account_login")
        record_authentication(self.request, form.user, "mfa", type=Authenticator.Type.TOTP)
        entered = self.request._login_stage.exit()
        page = self.show_codes(codes, leads_to=entered.url)
        page.cookies = entered.cookies
        return page


def render_recovery_codes(request: HttpRequest, codes: list[str], *, leads_to: str) -> HttpResponse:
    return render_page(
        request, "recovery_codes", _("Your recovery codes"), codes=codes, leads_to=leads_to
    )


# While signed in


def record_if_refused(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Record what allauth itself refuses, by address or by person."""
    if response.status_code == 429 and not hasattr(request, throttling.REFUSAL_NOTED):
        place = request.user.pk or known_browsers.client_address(request)
        throttling.record_refusal(request, f"{request.path} {place}", ("passkey", None))
    return response


class Confirmation(StaffPage):
    """Password, code or passkey once more, before something that a passer-by must not do."""

    request: StaffRequest
    title = gettext_lazy("Please confirm that it is you")
    template_name = "admin/reauthenticate.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return record_if_refused(request, super().dispatch(request, *args, **kwargs))

    def form_valid(self, form: BaseForm) -> HttpResponse:
        user = self.request.user
        confirmed = super().form_valid(form)  # type: ignore[misc]
        used = getattr(form, "authenticator", None)
        by_recovery_code = used is not None and used.type == Authenticator.Type.RECOVERY_CODES
        AuditEvent.objects.create(
            type=AuditEvent.Type.CONFIRMED_AGAIN,
            actor=user,
            staff=user,
            code="recovery code" if by_recovery_code else "",
        )
        if by_recovery_code:
            notices.tell(user, notices.News.RECOVERY_CODE_USED)
        return redirect(unsent_forms.next_page(self.request, owner=user.pk, leads_to=confirmed.url))


class Reauthenticate(Confirmation, ReauthenticateView):
    form_class = PasswordAgainForm


class ReauthenticateByCode(Confirmation, ReauthenticateCodeView):
    form_class = CodeAgainForm


class ReauthenticateByPasskey(Confirmation, ReauthenticateWebAuthnView):
    form_class = PasskeyAgainForm

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        authentication.record_failure(self.request, "passkey", user=None)
        messages.error(self.request, PASSKEY_FAILED)
        return redirect(self.request.get_full_path())


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
    key, now = hash_session_key(request.session.session_key or ""), timezone.now()
    if request.method == "POST":
        request.session.save()
    ends_at = Session.objects.values_list("expire_date", flat=True).get(session_key=key)
    return JsonResponse({"left": int((ends_at - now).total_seconds())})


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    authentication.close_session(request)
    return render_page(request, "signed_out", _("You are signed out"))
