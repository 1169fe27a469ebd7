"""What a visitor's form says of where it comes from, and what they see beyond a limit."""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _lazy

from admissions.accounts.known_browsers import client_address
from admissions.booking import flood
from admissions.rate_limits.limits import EVERYONE, Origin, TooManyRequests

CALL_CHANGED_TOO_OFTEN = _lazy(
    "You have changed this call several times today, so we can't change it online again."
    " Please call one of the numbers."
)


def origin_of(request: HttpRequest) -> Origin:
    """The network as our own proxies saw it, and the browser's session."""
    return Origin(network=client_address(request), session=request.session.session_key or "")


def note_refusal(refused: TooManyRequests) -> None:
    """Ring once where it was everyone's limit: that is no person, and no family."""
    if refused.shared == EVERYONE:
        flood.report_flood()
