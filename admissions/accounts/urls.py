"""The addresses of signing in, which the desk takes up among its own."""

from django.contrib.admin import AdminSite
from django.urls import path

from . import security_views, views


def sign_in_urls(site: AdminSite) -> list:
    """Two that are open to those halfway in, and the others behind the desk's door."""
    guarded = site.admin_view
    return [
        path("login/code/", views.enter_code, name="enter_code"),
        path("login/set-up/", views.set_up_two_factor, name="set_up_two_factor"),
        path("confirm/", guarded(views.reauthenticate), name="reauthenticate"),
        path("unsent/", guarded(views.unsent_form), name="unsent_form"),
        path("stay/", guarded(views.extend_session), name="extend_session"),
        path("security/", guarded(security_views.account_security), name="account_security"),
        path("security/app/", guarded(security_views.replace_app), name="replace_app"),
        path(
            "security/codes/",
            guarded(security_views.renew_recovery_codes),
            name="renew_recovery_codes",
        ),
        path("security/sessions/", guarded(security_views.end_session), name="end_session"),
    ]
