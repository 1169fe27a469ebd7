"""Slows down who fails again and again; locks nobody out for good.

The counters are allauth's, in the table of the cache, under names of our own. allauth itself
would count passwords by name alone and codes by person alone, from wherever they come: then
whoever knows a name keeps its owner out for as long as they like.
"""

from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from users.models import User

from . import authentication, known_browsers

# What was tried, and whose it is, where that is known.
Who = tuple[str, User | None]
PER_NAME, PER_ADDRESS = "5/5m/key,10/h/key", "30/h/key"
# Of wrong passwords for one name from everywhere, but for browsers that its owner has used.
PER_ACCOUNT = "50/d/key"
PER_PASSKEY_ADDRESS = "10/m/key"
LINKS_PER_ADDRESS, LINKS_PER_NAME = "10/h/key", "3/d/key"
REFUSAL_RECORDED_EVERY = 3600
REFUSAL_NOTED = "accounts_refusal_noted"
TOO_MANY_ATTEMPTS = "too_many_attempts"
WAIT = _(
    "That was too many tries. Please wait five minutes, then try again. It can take up to an hour."
)
WAIT_LONG = _(
    "There were too many wrong passwords for this name today. Use a browser that you have signed in"
    " with before, or a passkey; or ask below for a link by email."
)


def count_password_attempt(request: HttpRequest, *, username: str, named: User | None) -> list:
    """Count a password before it is checked, or refuse it.

    A browser that this person has signed in with is counted by itself, everyone else by name
    and address, and by name over all addresses: so nobody elsewhere can keep people out of the
    browser that they use.
    """
    name, known = f"password {username.lower()}", known_browsers.read_cookie(request)
    who: Who = ("password", named)
    if named and named.pk in known["users"]:
        return count_attempt(request, {f"{name} browser {known['name']}": PER_NAME}, who)
    address = f"address {known_browsers.client_address(request)}"
    limits = {address: PER_ADDRESS, f"{name} {address}": PER_NAME, name: PER_ACCOUNT}
    return count_attempt(request, limits, who)


def count_code_attempt(request: HttpRequest, user: User) -> list:
    """Count a code before it is checked, or refuse it.

    Codes are guessed by who has the password: all places that we don't know count as one.
    """
    known = known_browsers.read_cookie(request)
    scope = f"browser {known['name']}" if user.pk in known["users"] else "elsewhere"
    return count_attempt(request, {f"code {user.pk} {scope}": PER_NAME}, ("code", user))


def count_passkey_attempt(request: HttpRequest, user: User) -> list:
    """Count a passkey in the place of a code; by address, so that it keeps out nobody elsewhere."""
    address = f"passkey address {known_browsers.client_address(request)}"
    return count_attempt(request, {address: PER_PASSKEY_ADDRESS}, ("passkey", user))


def count_link_attempt(request: HttpRequest) -> list:
    """Count a link to choose a password before it is looked up."""
    address = f"link address {known_browsers.client_address(request)}"
    return count_attempt(request, {address: LINKS_PER_ADDRESS}, ("link", None))


def count_link_request(request: HttpRequest, name: str) -> list:
    """Count that someone asks for a link to this name, whoever's it is."""
    address = f"forgotten address {known_browsers.client_address(request)}"
    limits = {address: LINKS_PER_ADDRESS, f"forgotten {name.lower()}": LINKS_PER_NAME}
    return count_attempt(request, limits, ("forgotten", None))


def may_send_link(request: HttpRequest, name: str, owner: User | None) -> bool:
    """Count a link by whose the name is, and return whether they get it.

    Nobody is told of this limit: it would say which names are one person's, so that there is one.
    A name of nobody is counted alike.
    """
    whose = f"person {owner.pk}" if owner else f"nobody {name.lower()}"
    try:
        count_attempt(request, {f"forgotten by {whose}": LINKS_PER_NAME}, ("forgotten", owner))
    except ValidationError:
        return False
    return owner is not None


def count_attempt(request: HttpRequest, limits: dict[str, str], who: Who) -> list:
    """Count a try under each name, so that a hundred at once count too; raise ValidationError
    where a limit is reached. Return what `forgive` takes."""
    counted = []
    for name, rates in limits.items():
        usage = ratelimit.consume(
            request,
            app="accounts",
            action="sign_in",
            config={"sign_in": rates},
            key=name,
            limit_get=True,
        )
        if usage is None:
            record_refusal(request, name, who)
            raise ValidationError(
                WAIT_LONG if rates == PER_ACCOUNT else WAIT, code=TOO_MANY_ATTEMPTS
            )
        counted.append(usage)
    return counted


def record_refusal(request: HttpRequest, name: str, who: Who) -> None:
    """Record that a try was refused, once in an hour for each limit: a flood fills no audit."""
    setattr(request, REFUSAL_NOTED, True)
    if cache.add(f"refused {name}", 1, REFUSAL_RECORDED_EVERY):
        what, user = who
        authentication.record_failure(request, what, user=user, is_refused=True)


def is_refused(form: BaseForm) -> bool:
    """Whether a limit, and not what was typed, is what is wrong with it."""
    errors = form.errors.as_data().values()
    return TOO_MANY_ATTEMPTS in {each.code for found in errors for each in found}


def forgive(counted: list) -> None:
    """The try was a good one, and does not count."""
    for usage in counted:
        usage.rollback()


def hash_key(key: str, prefix: str, version: int) -> str:
    """The KEY_FUNCTION of the cache: keys hold addresses and names, the table shall not."""
    name = f"{prefix}:{version}:{key}"
    return salted_hmac("admissions.accounts.cache", name, algorithm="sha256").hexdigest()
