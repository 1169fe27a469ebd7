"""Tokens of links are stored as hashes alone."""

import hashlib


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
