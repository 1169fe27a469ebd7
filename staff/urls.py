"""The addresses of signing in, which the desk takes up among its own."""

from django.urls import path

from . import views


def within(site) -> list:
    """Two that are open to those halfway in, and the others behind the desk's door."""
    guarded = site.admin_view
    return [
        path("login/code/", views.code, name="code"),
        path("login/set-up/", views.set_up, name="set_up"),
        path("confirm/", guarded(views.confirm), name="confirm"),
        path("unsent/", guarded(views.unsent_form), name="unsent"),
        path("stay/", guarded(views.stay), name="stay"),
        path("security/", guarded(views.security), name="security"),
        path("security/app/", guarded(views.replace_app), name="replace_app"),
        path("security/codes/", guarded(views.make_codes), name="make_codes"),
        path("security/sessions/", guarded(views.end_session), name="end_session"),
    ]
