"""The way to a password of one's own: by a link that came in an email. GET shows, POST acts.

The link only leaves a mark in the server's session and sends the browser on to an address without
the token, so that no history, log or referrer keeps it.
"""

from django.contrib import auth, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from .. import authentication, known_browsers, throttling
from ..forms import ForgottenPasswordForm, NewPasswordForm
from ..views import render_page
from . import account_links

LINK_SESSION_KEY = "account_link"


@never_cache
@require_safe
def open_account_link(request: HttpRequest, token: str) -> HttpResponse:
    """Mail scanners follow every link: this changes nothing but its own session."""
    try:
        counted = throttling.count_link_attempt(request)
    except ValidationError as refused:
        return render_link_over(request, status=429, notice=refused.messages[0])
    link = account_links.find_link(token)
    if link is None:
        authentication.record_failure(request, "link", user=None)
        return render_link_over(request)
    throttling.forgive(counted)
    request.session[LINK_SESSION_KEY] = link.pk
    return redirect("admin:choose_password")


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def choose_password(request: HttpRequest) -> HttpResponse:
    """A password of one's own; signing in, and setting up the second step, come after it."""
    links = account_links.find_live_links()
    link = links.filter(pk=request.session.get(LINK_SESSION_KEY, 0)).first()
    if link is None:
        return render_link_over(request)
    form = NewPasswordForm(link.user, request.POST if request.method == "POST" else None)
    if not form.is_valid():
        title = _("Choose your password")
        return render_page(
            request, "choose_password", title, form=form, username=link.user.username
        )
    try:
        user = account_links.use_link(link_id=link.pk, password=form.cleaned_data["new_password1"])
    except account_links.LinkNotLive:
        return render_link_over(request)
    # Of whoever was signed in here, and the mark of the link.
    auth.logout(request)
    messages.success(request, _("Your password is chosen. Sign in with it now."))
    response = redirect("account_login")
    # Who reads the mail of the account is no stranger: nobody's guesses keep them out now.
    known_browsers.remember_browser(response, request, user)
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def forgotten_password(request: HttpRequest) -> HttpResponse:
    """A link to the address on file; the answer is alike whoever is named."""
    title = _("A link to a new password")
    form = ForgottenPasswordForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render_page(request, "forgotten_password", title, form=form)
    name = form.cleaned_data["name"]
    try:
        throttling.count_link_request(request, name)
    except ValidationError as refused:
        form.add_error(None, refused)
        response = render_page(request, "forgotten_password", title, form=form)
        response.status_code = 429
        return response
    owner = account_links.find_owner(name)
    if throttling.may_send_link(request, name, owner) and owner:
        account_links.send_link(user_id=owner.pk, by=None)
    return render_page(request, "forgotten_password", title, is_sent=True)


def render_link_over(request: HttpRequest, *, status: int = 404, notice: str = "") -> HttpResponse:
    """Unknown, used, void and expired links look the same."""
    page = render_page(
        request, "account_link_over", _("This link is not good any more"), notice=notice
    )
    page.status_code = status
    return page
