"""The page on which staff keep their own sign-in: password, app, codes, sessions."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from . import authentication, sessions, two_factor
from .forms import CodeForm, NewPasswordForm
from .reauthentication import require_recent_authentication
from .staff_request import StaffRequest
from .views import enroll_submitted_app, render_page, render_recovery_codes, render_set_up


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@require_recent_authentication
def replace_app(request: StaffRequest) -> HttpResponse:
    """Another app in place of the one there is; all other sessions end."""
    now, user = timezone.now(), request.user
    form = CodeForm(request.POST if request.method == "POST" else None)
    fresh = enroll_submitted_app(
        request, form, user=user, now=now, replaces=authentication.current_factor_id(request)
    )
    if not fresh:
        return render_set_up(request, form, user=user, is_first=False)
    request.session[authentication.FACTOR_KEY] = two_factor.factor_id(user)
    request.session.cycle_key()
    return render_recovery_codes(request, fresh, leads_to=reverse("admin:account_security"))


@require_POST
@require_recent_authentication
def renew_recovery_codes(request: StaffRequest) -> HttpResponse:
    return render_recovery_codes(
        request,
        two_factor.issue_recovery_codes(by=request.user),
        leads_to=reverse("admin:account_security"),
    )


# While signed in


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
    """Sign-in and security: the app, the recovery codes, the sessions."""
    now, this = timezone.now(), request.session.session_key or ""
    return render_page(
        request,
        "account_security",
        _("Sign-in and security"),
        in_use_since=two_factor.factor_enrolled_at(request.user),
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
