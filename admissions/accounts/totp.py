"""Six digits from a secret and the clock (RFC 6238), and recovery codes. Pure."""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime
from urllib.parse import quote, urlencode

import segno

STEP_SECONDS = 30  # seconds
# A clock may be off by one step, either way.
TOLERATED_STEPS = (0, -1, 1)
RECOVERY_CODE_COUNT = 10
# Nothing that reads like something else: no 0 and o, 1 and l.
RECOVERY_CODE_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"


def new_secret() -> str:
    """160 random bits, in the letters that an authenticator app takes."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def step_at(now: datetime) -> int:
    return int(now.timestamp()) // STEP_SECONDS


def code_at_step(secret: str, step: int) -> str:
    """The six digits of one step of 30 seconds."""
    digest = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1")
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def matching_step(code: str, *, secret: str, now: datetime) -> int | None:
    """The step around now that has this code; none without a secret."""
    if not secret:
        return None
    steps = [step_at(now) + off for off in TOLERATED_STEPS]
    fitting = [step for step in steps if hmac.compare_digest(code_at_step(secret, step), code)]
    return fitting[0] if fitting else None


def provisioning_uri(secret: str, username: str) -> str:
    """What the square says to an authenticator app; discreet, as others may see the app."""
    label = quote(f"Admissions:{username}")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': 'Admissions'})}"


def qr_code_uri(text: str) -> str:
    """A QR code as an address that an image can have."""
    return segno.make(text, error="m").svg_data_uri(scale=5, border=3, light="#fff", dark="#000")


def new_recovery_codes() -> list[str]:
    """Ten codes of 80 random bits each: guessing is hopeless, even with their hashes at hand."""
    return [
        "-".join(
            "".join(secrets.choice(RECOVERY_CODE_ALPHABET) for _ in range(4)) for _ in range(4)
        )
        for _ in range(RECOVERY_CODE_COUNT)
    ]


def normalize_code(code: str) -> str:
    """A code as typed, without the spaces and dashes that help to read it."""
    return "".join(each for each in code.lower() if each.isascii() and each.isalnum())


def hash_recovery_code(code: str) -> str:
    return hashlib.sha256(normalize_code(code).encode()).hexdigest()
