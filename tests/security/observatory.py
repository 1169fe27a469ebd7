"""Score an answer as the Mozilla HTTP Observatory does, without asking anybody.

Its rules and modifiers as published in "Tests & Scoring"
(https://developer.mozilla.org/en-US/observatory/docs/tests_and_scoring) and carried out by its
scanner (https://github.com/mdn/mdn-http-observatory, src/grader/charts.js and src/analyzer/tests).
All begin with 100 points; penalties are taken off first, and what still has 90 is given its
bonuses. Left out is what one answer cannot tell, and earns us nothing: whether browsers have us
in their preload list (5 more), and whether a certificate is valid.
"""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

from django.http import HttpResponse

BASELINE = 100
MIN_FOR_BONUSES = 90
SIX_MONTHS = 15768000
PRIVATE = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}
LEAKING = {"origin", "origin-when-cross-origin", "unsafe-url", "no-referrer-when-downgrade"}
BROAD = {
    "ftp:", "http:", "https:", "*", "http://*", "http://*.*", "https://*", "https://*.*",
}  # fmt: skip
INLINE = {"'unsafe-inline'", "data:"}
HASHED = ("'sha256-", "'sha384-", "'sha512-", "'nonce-")


@dataclass
class Score:
    """What each rule gives or takes, by the name of its result."""

    modifiers: dict[str, int] = field(default_factory=dict)

    @property
    def points(self) -> int:
        penalties = sum(each for each in self.modifiers.values() if each < 0)
        bonuses = sum(each for each in self.modifiers.values() if each > 0)
        base = BASELINE + penalties
        return max(base + (bonuses if base >= MIN_FOR_BONUSES else 0), 0)


def score(answer: HttpResponse, *, over_http: HttpResponse | None = None) -> Score:
    """Score an answer that came over https; `over_http` is what its address says without TLS."""
    results = [
        policy_result(answer),
        cookie_result(answer),
        sharing_result(answer),
        embedding_result(answer),
        referrer_result(answer),
        transport_result(answer),
        script_result(answer),
        sniffing_result(answer),
        framing_result(answer),
    ]
    if over_http is not None:
        results.append(redirection_result(over_http))
    return Score(dict(results))


def directives_of(policy: str) -> dict[str, set[str]]:
    """The sources of each directive, lower case but for hashes; of two of one name the first."""
    found: dict[str, set[str]] = {}
    for part in policy.split(";"):
        name, *sources = part.split() or [""]
        if name:
            found.setdefault(name.lower(), set(sources) or {"'none'"})
    return found


def policy_result(answer: HttpResponse) -> tuple[str, int]:
    policy = directives_of(answer.get("Content-Security-Policy", ""))
    if not policy:
        return "csp-not-implemented", -25
    fallback = policy.get("default-src", {"*"})
    scripts, styles, objects = (
        without_void_inline(policy.get(name, fallback))
        for name in ("script-src", "style-src", "object-src")
    )
    passive = policy.get("img-src", fallback) | policy.get("media-src", fallback)
    active = scripts.union(
        *(policy[name] for name in policy if name not in {"img-src", "media-src", "script-src"})
    )
    # The first that is true, in the scanner's order.
    faults = {
        ("csp-implemented-with-unsafe-inline", -20): scripts & (BROAD | INLINE) or objects & BROAD,
        ("csp-implemented-with-insecure-scheme", -20): has_plain_http(active),
        ("csp-implemented-with-unsafe-eval", -10): "'unsafe-eval'" in scripts | styles,
        ("csp-implemented-with-insecure-scheme-in-passive-content-only", -10): has_plain_http(
            passive
        ),
        ("csp-implemented-with-unsafe-inline-in-style-src-only", 0): styles & (BROAD | INLINE),
        ("csp-implemented-with-no-unsafe-default-src-none", 10): fallback == {"'none'"},
    }
    found = next((result for result, holds in faults.items() if holds), None)
    return found or ("csp-implemented-with-no-unsafe", 5)


def without_void_inline(sources: set[str]) -> set[str]:
    """Browsers ignore 'unsafe-inline' beside a hash or a nonce."""
    is_hashed = any(source.startswith(HASHED) for source in sources)
    return sources - {"'unsafe-inline'"} if is_hashed else sources


def has_plain_http(sources: set[str]) -> bool:
    return any(source.startswith(("http:", "ftp:")) for source in sources)


def cookie_result(answer: HttpResponse) -> tuple[str, int]:
    """The worst that is true of any cookie."""
    if not answer.cookies:
        return "cookies-not-found", 0
    is_strict = transport_result(answer)[1] == 0
    found = {("cookies-secure-with-httponly-sessions-and-samesite", 5)}
    for name, cookie in answer.cookies.items():
        is_session = "sess" in name.lower() or "login" in name.lower()
        kind = "-session" if is_session else ""
        if not cookie["secure"] and is_strict:
            found.add(
                (f"cookies{kind}-without-secure-flag-but-protected-by-hsts", -10 if kind else -5)
            )
        elif not cookie["secure"]:
            found.add((f"cookies{kind}-without-secure-flag", -40 if kind else -20))
        if is_session and not cookie["httponly"]:
            found.add(("cookies-session-without-httponly-flag", -30))
        if cookie["samesite"].lower() not in {"lax", "strict", "none", ""} or (
            cookie["samesite"].lower() == "none" and not cookie["secure"]
        ):
            found.add(("cookies-samesite-flag-invalid", -20))
        if not cookie["samesite"]:
            found.add(
                ("cookies-anticsrf-without-samesite-flag", -20)
                if "csrf" in name.lower()
                else ("cookies-secure-with-httponly-sessions", 0)
            )
    return min(found, key=lambda result: result[1])


def sharing_result(answer: HttpResponse) -> tuple[str, int]:
    if "Access-Control-Allow-Origin" not in answer:
        return "cross-origin-resource-sharing-not-implemented", 0
    if answer.get("Access-Control-Allow-Credentials", "").strip().lower() == "true":
        return "cross-origin-resource-sharing-implemented-with-universal-access", -50
    return "cross-origin-resource-sharing-implemented-with-public-access", 0


def embedding_result(answer: HttpResponse) -> tuple[str, int]:
    told = answer.get("Cross-Origin-Resource-Policy", "").strip().lower()
    return {
        "": ("corp-not-implemented", 0),
        "same-origin": ("corp-implemented-with-same-origin", 10),
        "same-site": ("corp-implemented-with-same-site", 10),
        "cross-origin": ("corp-implemented-with-cross-origin", 0),
    }.get(told, ("corp-header-invalid", -5))


def referrer_result(answer: HttpResponse) -> tuple[str, int]:
    """The last policy that browsers know counts."""
    told = [each.strip().lower() for each in answer.get("Referrer-Policy", "").split(",")]
    known = [each for each in told if each in PRIVATE | LEAKING]
    if not known:
        has_any = "Referrer-Policy" in answer
        return (
            ("referrer-policy-header-invalid", -5)
            if has_any
            else ("referrer-policy-not-implemented", 0)
        )
    is_private = known[-1] in PRIVATE
    return ("referrer-policy-private", 5) if is_private else ("referrer-policy-unsafe", -5)


def transport_result(answer: HttpResponse) -> tuple[str, int]:
    told = answer.get("Strict-Transport-Security")
    if told is None:
        return "hsts-not-implemented", -20
    age = re.search(r"max-age=\"?(\d+)", told)
    if age is None:
        return "hsts-header-invalid", -20
    if int(age[1]) < SIX_MONTHS:
        return "hsts-implemented-max-age-less-than-six-months", -10
    return "hsts-implemented-max-age-at-least-six-months", 0


class ScriptReader(HTMLParser):
    """Collects (address, has a hash of its content) of every script that a page loads."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.scripts: list[tuple[str, bool]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "script" and given.get("src"):
            self.scripts.append((given["src"] or "", "integrity" in given))


def script_result(answer: HttpResponse) -> tuple[str, int]:
    if not answer.get("Content-Type", "").startswith("text/html"):
        return "sri-not-implemented-response-not-html", 0
    scripts = ScriptReader(answer.content.decode()).scripts
    foreign = [each for each in scripts if urlsplit(each[0]).netloc]
    insecure = [each for each in foreign if urlsplit(each[0]).scheme != "https"]
    if insecure:
        has_hashes = all(has_hash for _address, has_hash in insecure)
        return (
            ("sri-implemented-but-external-scripts-not-loaded-securely", -20)
            if has_hashes
            else ("sri-not-implemented-and-external-scripts-not-loaded-securely", -50)
        )
    if any(not has_hash for _address, has_hash in foreign):
        return "sri-not-implemented-but-external-scripts-loaded-securely", -5
    if scripts and all(has_hash for _address, has_hash in scripts):
        return "sri-implemented-and-all-scripts-loaded-securely", 5
    return "sri-not-implemented-but-all-scripts-loaded-from-secure-origin", 0


def sniffing_result(answer: HttpResponse) -> tuple[str, int]:
    told = answer.get("X-Content-Type-Options")
    if told is None:
        return "x-content-type-options-not-implemented", -5
    if told.strip().lower() != "nosniff":
        return "x-content-type-options-header-invalid", -5
    return "x-content-type-options-nosniff", 0


def framing_result(answer: HttpResponse) -> tuple[str, int]:
    ancestors = directives_of(answer.get("Content-Security-Policy", "")).get("frame-ancestors")
    if ancestors and not ancestors & BROAD:
        return "x-frame-options-implemented-via-csp", 5
    told = answer.get("X-Frame-Options", "").strip().lower()
    if not told:
        return "x-frame-options-not-implemented", -20
    if told not in {"deny", "sameorigin"}:
        return "x-frame-options-header-invalid", -20
    return "x-frame-options-sameorigin-or-deny", 0


def redirection_result(over_http: HttpResponse) -> tuple[str, int]:
    """What a plain http address leads to; the test client keeps the request that was answered."""
    leads_to = urlsplit(over_http.get("Location", ""))
    if over_http.status_code not in {301, 302, 307, 308}:
        return "redirection-missing", -20
    if leads_to.scheme != "https":
        return "redirection-not-to-https", -20
    if leads_to.hostname != over_http.wsgi_request.get_host().partition(":")[0]:
        return "redirection-off-host-from-http", -5
    return "redirection-to-https", 0
