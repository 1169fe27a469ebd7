"""Tokens of links: 256 random bits, stored as hashes alone."""

import hashlib
import secrets
from uuid import UUID

from django.utils.crypto import salted_hmac


def make_token() -> str:
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def derive_account_token(message_uuid: UUID) -> str:
    """The 256-bit token of the link in an email about an account, under SECRET_KEY.

    Worked out when the email is written, so that no row holds it and each try has the same one.
    """
    return salted_hmac("accounts.link", str(message_uuid), algorithm="sha256").hexdigest()
