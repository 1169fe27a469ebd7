"""Slows down who fails again and again; locks nobody out for good.

The counters are allauth's, in the table of the cache, under names of our own. allauth itself
would count passwords by name alone and codes by person alone, from wherever they come: then
whoever knows a name keeps its owner out for as long as they like.
"""

from allauth.core.internal import ratelimit
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from users.models import User

from . import known_browsers

PER_NAME, PER_ADDRESS = "5/5m/key,10/h/key", "30/h/key"
TOO_MANY_ATTEMPTS = "too_many_attempts"
WAIT = _(
    "That was too many tries. Please wait five minutes, then try again. It can take up to an hour."
)


def count_password_attempt(request: HttpRequest, *, username: str) -> list:
    """Count a password before it is checked, or refuse it.

    A browser that this person has signed in with is counted by itself, everyone else by name
    and address: so nobody elsewhere can keep people out of the browser that they use.
    """
    known = known_browsers.read_cookie(request)
    if known["users"] and User.objects.filter(pk__in=known["users"], username=username).exists():
        return count_attempt(
            request, {f"password {username.lower()} browser {known['name']}": PER_NAME}
        )
    address = f"address {known_browsers.client_address(request)}"
    return count_attempt(
        request, {address: PER_ADDRESS, f"password {username.lower()} {address}": PER_NAME}
    )


def count_code_attempt(request: HttpRequest, user: User) -> list:
    """Count a code before it is checked, or refuse it.

    Codes are guessed by who has the password: all places that we don't know count as one.
    """
    known = known_browsers.read_cookie(request)
    scope = f"browser {known['name']}" if user.pk in known["users"] else "elsewhere"
    return count_attempt(request, {f"code {user.pk} {scope}": PER_NAME})


def count_attempt(request: HttpRequest, limits: dict[str, str]) -> list:
    """Count a try under each name, so that a hundred at once count too; raise ValidationError
    where a limit is reached. Return what `forgive` takes."""
    counted = []
    for name, rates in limits.items():
        usage = ratelimit.consume(
            request, app="accounts", action="sign_in", config={"sign_in": rates}, key=name
        )
        if usage is None:
            raise ValidationError(WAIT, code=TOO_MANY_ATTEMPTS)
        counted.append(usage)
    return counted


def forgive(counted: list) -> None:
    """The try was a good one, and does not count."""
    for usage in counted:
        usage.rollback()


def hash_key(key: str, prefix: str, version: int) -> str:
    """The KEY_FUNCTION of the cache: keys hold addresses and names, the table shall not."""
    name = f"{prefix}:{version}:{key}"
    return salted_hmac("admissions.accounts.cache", name, algorithm="sha256").hexdigest()
