"""The stylesheet of the public pages, small enough to travel inside each of them.

A phone on a slow network then draws with the first answer, rather than wait for a second.
The browser takes a style inside a page only if our policy holds the hash of it.
"""

import base64
import hashlib
from pathlib import Path

from rcssmin import cssmin


def read_minified_css(path: Path) -> str:
    """Return the rules of a stylesheet without comments and needless white space."""
    return cssmin(path.read_text())


def csp_hash_source(css: str) -> str:
    """What a policy says to allow this one style, as CSP level 2 has it."""
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest())
    return f"'sha256-{digest.decode()}'"
