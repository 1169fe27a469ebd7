"""Looks at everything that the site needs outside of its code; one screen, and an exit code."""

import functools
import urllib.error
import urllib.request
from collections.abc import Iterator
from textwrap import shorten
from typing import Any

from django.core import checks
from django.core.management.base import BaseCommand, CommandParser

from admissions.operations import findings, preflight
from admissions.operations.findings import Finding


class Command(BaseCommand):
    help = (
        "Looks at Postgres, Redis, mail, keys, proxy, people and hours, and says for each whether"
        " it is well, or else what to do. Ends with 1 where something must be mended before people"
        " come."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--mail-to", metavar="ADDRESS", help="Send one email there.")
        parser.add_argument(
            "--url", help="Ask the site there, as it is reached from outside: through the proxy."
        )

    def handle(self, *, mail_to: str | None, url: str | None, **options: Any) -> None:
        todo = [*preflight.CHECKS, check_django]
        if mail_to:
            todo.append(named("check_mail", functools.partial(preflight.check_mail, mail_to)))
        if url:
            todo.append(named("check_outside", functools.partial(check_outside, url)))
        found = list(findings.look(todo))
        for each in found:
            self.stdout.write(describe(each))
        broken = [each for each in found if each.problem and not each.is_warning]
        warnings = [each for each in found if each.problem and each.is_warning]
        self.stdout.write(f"{len(broken)} to mend, {len(warnings)} to look at, of {len(found)}.")
        if not mail_to:
            self.stdout.write("No email was sent: --mail-to ADDRESS tries it.")
        if broken:
            raise SystemExit(1)


def named(name: str, check: Any) -> Any:
    check.__name__ = name
    return check


def describe(found: Finding) -> str:
    if not found.problem:
        return f"  ok    {found.name}" + (f" {found.note}" if found.note else "")
    return f"{'  look ' if found.is_warning else 'MEND   '} {found.name} {found.problem}"


def check_django() -> Iterator[Finding]:
    """What `check --deploy` says, each in a line; it is silent in production."""
    serious = checks.run_checks(include_deployment_checks=True, databases=["default"])
    told = [each for each in serious if not each.is_silenced()]
    yield from (
        Finding("Django", shorten(each.msg, 90), is_warning=not each.is_serious()) for each in told
    )
    if not told:
        yield Finding("check --deploy")


def check_outside(url: str) -> Iterator[Finding]:
    """Whether the proxy says by which protocol a visitor came, and keeps /statusz/ inside."""
    code = status_of(f"{url.rstrip('/')}/healthz/")
    yield Finding("Site from outside", "" if code == 200 else f"/healthz/ answers {code}")
    # Without X-Forwarded-Proto the site would send a visitor of https to https for ever.
    code = status_of(f"{url.rstrip('/')}/robots.txt")
    lost = "does not set X-Forwarded-Proto: the site answers https with a redirect to itself"
    yield Finding("Proxy", "" if code == 200 else lost if code in (301, 302) else f"{code}")
    code = status_of(f"{url.rstrip('/')}/statusz/")
    yield Finding(
        "Proxy keeps /statusz/ inside", "" if code == 404 else f"answers {code}", is_warning=True
    )


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer like others."""

    def redirect_request(self, *args: Any) -> None:
        return None


def status_of(url: str) -> int | str:
    """The status, or in a word why there is none."""
    opener = urllib.request.build_opener(NoRedirects)
    try:
        return opener.open(url, timeout=5).status
    except urllib.error.HTTPError as answer:
        return answer.code
    except (OSError, ValueError) as away:
        return type(away).__name__
