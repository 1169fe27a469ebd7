"""The stylesheet of the public pages, small enough to travel inside each of them.

A phone on a slow network then draws with the first answer, rather than wait for a second.
The browser takes a style inside a page only if our policy holds the hash of it.
"""

import base64
import hashlib
import re
from pathlib import Path


def minify_css(css: str) -> str:
    """The same rules without comments, and without the blanks that only people need."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"\s+", " ", css)
    css = re.sub(r" ?([{};]) ?", r"\1", css)
    css = re.sub(r"(?<=[:,]) ", "", css)
    return css.replace(";}", "}").strip()


def read_minified_css(path: Path) -> str:
    return minify_css(path.read_text())


def csp_hash_source(css: str) -> str:
    """What a policy says to allow this one style, as CSP level 2 has it."""
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest())
    return f"'sha256-{digest.decode()}'"
