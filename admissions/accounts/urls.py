"""The addresses of signing in, all below those of the desk."""

from django.contrib.admin import AdminSite
from django.urls import path

from . import security_views, views
from .colleagues import link_views
from .reauthentication import require_recent_authentication


def allauth_urls(site: AdminSite) -> list:
    """Those that allauth leads to, under the names that it knows; no others of its are open."""
    guarded = site.admin_view
    return [
        path("login/", views.SignIn.as_view(), name="account_login"),
        path("login/code/", views.EnterCode.as_view(), name="mfa_authenticate"),
        path("login/passkey/", views.PasskeySignIn.as_view(), name="mfa_login_webauthn"),
        path("confirm/", guarded(views.Reauthenticate.as_view()), name="account_reauthenticate"),
        path(
            "confirm/code/",
            guarded(views.ReauthenticateByCode.as_view()),
            name="mfa_reauthenticate",
        ),
        path(
            "confirm/passkey/",
            guarded(views.ReauthenticateByPasskey.as_view()),
            name="mfa_reauthenticate_webauthn",
        ),
    ]


def sign_in_urls(site: AdminSite) -> list:
    """Our own: those of a link in an email and of those halfway in, and the others behind the
    desk's door."""
    guarded, security = site.admin_view, security_views
    replace_app = require_recent_authentication(security.ReplaceApp.as_view())
    add_passkey = require_recent_authentication(security.AddPasskey.as_view())
    return [
        path("login/set-up/", views.SetUpTwoFactor.as_view(), name="set_up_two_factor"),
        path("login/forgotten/", link_views.forgotten_password, name="forgotten_password"),
        path("login/link/<token>/", link_views.open_account_link, name="open_account_link"),
        path("login/choose/", link_views.choose_password, name="choose_password"),
        path("unsent/", guarded(views.unsent_form), name="unsent_form"),
        path("stay/", guarded(views.extend_session), name="extend_session"),
        path("security/", guarded(security.account_security), name="account_security"),
        path("security/app/", guarded(replace_app), name="replace_app"),
        path("security/passkeys/add/", guarded(add_passkey), name="add_passkey"),
        path(
            "security/passkeys/<int:pk>/remove/",
            guarded(security.remove_passkey),
            name="remove_passkey",
        ),
        path(
            "security/codes/", guarded(security.renew_recovery_codes), name="renew_recovery_codes"
        ),
        path("security/sessions/", guarded(security.end_session), name="end_session"),
    ]
