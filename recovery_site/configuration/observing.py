"""What the environment says of logs, reports and monitors, and what of it cannot be meant."""

from collections.abc import Iterator
from importlib.util import find_spec
from urllib.parse import urlsplit

from environ import Env

LOG_FORMATS = ("json", "lines")
THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}


def find_problems(env: Env) -> Iterator[str]:
    """One sentence for each variable; a value that may be a secret is not repeated."""
    form = env.str("LOG_FORMAT", default="")
    if form and form not in LOG_FORMATS:
        yield f"LOG_FORMAT must be json or lines, not {form!r}."
    switch = env.str("DEAD_MANS_SWITCH_URL", default="")
    if switch and not is_public_https(switch):
        yield "DEAD_MANS_SWITCH_URL must be like https://monitor.example.org/ping/key, on port 443."
    if dsn := env.str("SENTRY_DSN", default=""):
        if not is_dsn(dsn):
            yield "SENTRY_DSN must be like https://key@sentry.example.org/1."
        if find_spec("sentry_sdk") is None:
            yield (
                "SENTRY_DSN needs the package sentry-sdk:"
                " python -m pip install -r requirements-sentry.txt"
            )


def is_public_https(address: str) -> bool:
    """Whether it is what `calendars.safe_http` asks; that looks at its host's address again."""
    try:
        url = urlsplit(address)
        port = url.port or 443
    except ValueError:
        return False
    return (
        url.scheme == "https" and "." in (url.hostname or "") and port == 443 and not url.username
    )


def is_dsn(address: str) -> bool:
    try:
        url = urlsplit(address)
        is_safe = url.scheme == "https" or url.hostname in THIS_MACHINE
    except ValueError:
        return False
    return is_safe and bool(url.username) and bool(url.hostname) and url.path.strip("/") != ""
