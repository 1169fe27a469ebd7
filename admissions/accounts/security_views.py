"""The page on which staff keep their own sign-in: password, app, passkeys, codes, sessions."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal.auth import begin_registration
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from django.views.generic.edit import FormView

from . import authentication, sessions, two_factor
from .forms import AppForm, NewPasswordForm, PasskeyForm
from .reauthentication import require_recent_authentication
from .staff_request import StaffRequest
from .views import AppPage, StaffPage, render_page, render_recovery_codes


class ReplaceApp(AppPage):
    """Another app in place of the one there is; all other sessions end."""

    title = gettext_lazy("Use another app")
    is_first = False

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.request.user}

    def form_valid(self, form: AppForm) -> HttpResponse:
        self.request.session.cycle_key()
        codes = two_factor.enroll_app(
            by=form.user,
            secret=form.secret,
            code=form.cleaned_data["code"],
            replaces_in=self.request.session.session_key or "",
        )
        return self.show_codes(codes, leads_to=reverse("admin:account_security"))


class AddPasskey(StaffPage, FormView):
    """One more passkey: it opens the desk without the password."""

    title = gettext_lazy("Add a passkey")
    template_name = "admin/add_passkey.html"
    form_class = PasskeyForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.request.user, "initial": {"name": ""}}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        options = begin_registration(self.request.user, passwordless=True)
        return super().get_context_data(**kwargs) | {"js_data": {"creation_options": options}}

    def form_valid(self, form: PasskeyForm) -> HttpResponse:
        two_factor.add_passkey(
            by=form.user,
            name=form.cleaned_data["name"],
            credential=form.cleaned_data["credential"],
        )
        messages.success(self.request, _("From now on your passkey signs you in."))
        return redirect("admin:account_security")


@require_POST
@require_recent_authentication
def remove_passkey(request: StaffRequest, pk: int) -> HttpResponse:
    """A passkey that is lost, or not wanted any more; all other sessions end."""
    try:
        two_factor.remove_passkey(by=request.user, key=pk, this=request.session.session_key or "")
    except Authenticator.DoesNotExist:
        raise Http404 from None
    except two_factor.LastFactor:
        messages.error(request, _("This is your only second step. Set up another one first."))
    else:
        messages.success(request, _("That passkey opens nothing any more."))
    return redirect("admin:account_security")


@require_POST
@require_recent_authentication
def renew_recovery_codes(request: StaffRequest) -> HttpResponse:
    return render_recovery_codes(
        request,
        two_factor.issue_recovery_codes(by=request.user),
        leads_to=reverse("admin:account_security"),
    )


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@require_recent_authentication
def change_password(request: StaffRequest) -> HttpResponse:
    """A new password of one's own; every other session ends."""
    form = NewPasswordForm(request.user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        authentication.change_password(request, form.cleaned_data["new_password1"])
        messages.success(request, _("Your new password counts from now on."))
        return redirect("admin:account_security")
    return render_page(request, "change_password", _("New password"), form=form)


def account_security(request: StaffRequest) -> HttpResponse:
    """Sign-in and security: the app, the passkeys, the recovery codes, the sessions."""
    now, this = timezone.now(), request.session.session_key or ""
    return render_page(
        request,
        "account_security",
        _("Sign-in and security"),
        in_use_since=two_factor.app_enrolled_at(request.user),
        passkeys=two_factor.find_passkeys(request.user),
        codes_left=two_factor.count_recovery_codes(request.user),
        sessions=sessions.open_sessions(request.user, this=this, now=now),
    )


@require_POST
def end_session(request: StaffRequest) -> HttpResponse:
    """One session of one's own, or all others."""
    if request.POST.get("which") == "others":
        sessions.end_other_sessions(by=request.user, this=request.session.session_key or "")
        messages.success(request, _("All your other sessions have ended."))
    elif sessions.end_own_session(handle=request.POST.get("which", ""), by=request.user):
        messages.success(request, _("That session has ended."))
    return redirect("admin:account_security")
