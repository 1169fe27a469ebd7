"""Where allauth asks us: who may sign in, what a session begins with, how secrets are stored."""

import base64
import logging
import secrets
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.stagekit import clear_login
from allauth.account.stages import LoginStage
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from django.conf import settings
from django.contrib import auth, messages
from django.contrib.auth.backends import ModelBackend
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from admissions.audit.models import AuditEvent
from admissions.encryption import DecryptionError, decrypt_text, encrypt_text
from users.models import User

from . import (
    authentication,
    known_browsers,
    notices,
    throttling,
    two_factor,
    unsent_forms,
)
from .session_backend import BROWSER_KEY, SIGNED_IN_AT_KEY

logger = logging.getLogger(__name__)
Type = AuditEvent.Type
PASSWORD_HASH_KEY = "password_hash"  # noqa: S105  the name of a place in the session
WRONG_PASSWORD = gettext_lazy(
    "That username and password don’t match. Please check both and try again."
)
WRONG_CODE = gettext_lazy("That code is not right, or was used already. Please try the next one.")


class StaffBackend(ModelBackend):
    """Passwords of active staff, and their sessions; everyone else fails alike.

    allauth's own backend lets an inactive person through to a page that says so, which
    tells a stranger that the password was right.
    """

    def user_can_authenticate(self, user: User | None) -> bool:  # type: ignore[override]
        if user is None or not user.is_staff or (settings.PRODUCTION and user.is_demo):
            return False
        return super().user_can_authenticate(user)


class EnrollStage(LoginStage):
    """Whoever has no second factor sets up an app before anything else opens."""

    key = "enroll_app"
    urlname = "admin:set_up_two_factor"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        if two_factor.has_factor(self.login.user):
            return None, True
        return redirect(self.urlname), True


class AccountAdapter(DefaultAccountAdapter):
    """Staff only, by username; nobody signs up."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": WRONG_PASSWORD,
        "incorrect_password": gettext_lazy("That is not your password."),
    }

    def get_login_stages(self) -> list[str]:
        return ["allauth.mfa.stages.AuthenticateStage", "admissions.accounts.adapters.EnrollStage"]

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """The staff user with this name and password; each try counts before it is made."""
        username = credentials["username"]
        named = User.objects.filter(username=username).first()
        counted = throttling.count_password_attempt(request, username=username, named=named)
        user = auth.authenticate(request, **credentials)
        if user is None:
            authentication.record_failure(request, "password", user=named)
            return None
        throttling.forgive(counted)
        return user

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> None:
        """The first half was right: from here on the session has another id."""
        request.session.cycle_key()
        # Of a colleague who began to set up an app in this browser: they may have kept it.
        request.session.pop(SECRET_SESSION_KEY, None)
        request.session[PASSWORD_HASH_KEY] = user.get_session_auth_hash()

    def login(self, request: HttpRequest, user: User) -> None:
        """Let in whom the first half named; who is no staff any more, or got another password
        since then, begins anew."""
        hash_before = request.session.pop(PASSWORD_HASH_KEY, "")
        is_same = constant_time_compare(hash_before, user.get_session_auth_hash())
        if not is_same or not StaffBackend().user_can_authenticate(user):
            raise ImmediateHttpResponse(refuse(request, user))
        self.open_session(request, user)

    @transaction.atomic
    def open_session(self, request: HttpRequest, user: User) -> None:
        """Its id is a new one, and only the server knows how long it lasts."""
        super().login(request, user)
        request.session[SIGNED_IN_AT_KEY] = timezone.now().timestamp()
        request.session[BROWSER_KEY] = known_browsers.describe_browser(request)

        last = get_authentication_records(request, user)[-1]
        by_recovery_code = last.get("type") == Authenticator.Type.RECOVERY_CODES
        AuditEvent.objects.create(
            type=Type.RECOVERY_CODE_USED if by_recovery_code else Type.SIGNED_IN,
            actor=user,
            staff=user,
            code="passkey" if last.get("passwordless") else "",
        )
        if by_recovery_code:
            notices.tell(user, notices.News.RECOVERY_CODE_USED)
            messages.warning(request, codes_left_message(two_factor.count_recovery_codes(user)))

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """Where they wanted to go, with the cookie by which this browser is known."""
        leads_to = super().post_login(request, user, **kwargs).url
        response = redirect(unsent_forms.next_page(request, owner=user.pk, leads_to=leads_to))
        known_browsers.remember_browser(response, request, user)
        return response

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return reverse("admin:index")

    def is_safe_url(self, url: str) -> bool:
        """Addresses of the desk alone."""
        return unsent_forms.safe_admin_url(url) == url

    def get_client_ip(self, request: HttpRequest) -> str:
        """Where tries with a passkey are counted: a known browser by itself."""
        known = known_browsers.read_cookie(request)
        return known["name"] if known["users"] else known_browsers.client_address(request)

    def is_ajax(self, request: HttpRequest) -> bool:
        """The one question that a script asks: the challenge for a passkey."""
        return request.method == "GET" and request.path == reverse("mfa_login_webauthn")

    def add_message(self, request: HttpRequest, level: int, *args: Any, **kwargs: Any) -> None:
        """What a page itself has to say; allauth's own news stand in templates that we lack."""
        if kwargs.get("message"):
            messages.add_message(request, level, kwargs["message"])


class FactorAdapter(DefaultMFAAdapter):
    """Secrets under the keys of our encrypted texts; discreet names, as others may see the app."""

    error_messages = DefaultMFAAdapter.error_messages | {"incorrect_code": WRONG_CODE}

    def encrypt(self, text: str) -> str:
        return encrypt_text(text)

    def decrypt(self, encrypted_text: str) -> str:
        """The secret; a random one that nobody has if no key opens it.

        Anyone can work out the codes of an empty secret.
        """
        try:
            return decrypt_text(encrypted_text)
        except DecryptionError:
            logger.error("A second factor was sealed with a key that is gone")
            return base64.b32encode(secrets.token_bytes(20)).decode()

    def get_totp_label(self, user: User) -> str:
        return f"{self.get_totp_issuer()}:{user.username}"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return super().get_public_key_credential_rp_entity() | {"name": self.get_totp_issuer()}

    def get_public_key_credential_user_entity(self, user: User) -> dict:
        entity = super().get_public_key_credential_user_entity(user)
        return entity | {"name": user.username, "display_name": user.username}


def refuse(request: HttpRequest, user: User) -> HttpResponse:
    """Back to the home page, in the words that everyone hears who may not in."""
    clear_login(request)
    authentication.record_failure(request, "password", user=user)
    messages.error(request, WRONG_PASSWORD)
    return redirect("account_login")


def codes_left_message(left: int) -> str:
    if not left:
        return _("That was your last recovery code. Please make new ones.")
    return ngettext(
        "You signed in with a recovery code. One is left.",
        "You signed in with a recovery code. %(left)s are left.",
        left,
    ) % {"left": left}
