"""Asks people to prove again who they are, before what must not be done by a passer-by."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from . import authentication, unsent_forms

VALID_FOR = timedelta(minutes=10)


def require_recent_authentication(view: Callable) -> Callable:
    """A view that first asks for password, code or passkey, once in ten minutes.

    Put it inside `admin_view`: `admin_view(require_recent_authentication(export))`; for methods of
    an admin class there is `method_decorator(require_recent_authentication)`. What a form sent is
    kept and offered again afterwards; nothing is done without another click.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if authentication.is_recently_authenticated(request, VALID_FOR):
            return view(request, *args, **kwargs)
        if request.method == "POST":
            unsent_forms.save_form(request, owner=request.user.pk)
        place = unsent_forms.return_page(request)
        return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': place})}")

    return guarded
