"""What a push service takes: a text that only the browser opens (RFC 8291), and a signed word of
who sends it (VAPID, RFC 8292).

Of some sixty lines in all, over `cryptography`, and held to the example of the RFC: why no library
does it stands in docs/decisions/alerts.md.
"""

import binascii
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from admissions.encryption import derive_key

CURVE = ec.SECP256R1()
POINT_LENGTH, AUTH_LENGTH, KEY_LENGTH = 65, 16, 32
RECORD_SIZE = 4096
# Every text is as long as every other: its length tells nothing.
PADDED_LENGTH = 512
# A push service refuses more than a day; a clock may be some minutes off.
SIGNATURE_LASTS = timedelta(hours=2)


class InvalidKey(Exception):
    """It is no key of a browser: not of the curve, or not as long as it must be."""


@dataclass(frozen=True)
class BrowserKeys:
    """What a browser gave us to encrypt for it alone."""

    public_key: bytes
    auth_secret: bytes


def encode(data: bytes) -> str:
    """Base64 for URLs, without its padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """The bytes of such a text; InvalidKey for what is none."""
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise InvalidKey from None


def read_browser_keys(public_key: str, auth_secret: str) -> BrowserKeys:
    """The keys as a browser sends them, or InvalidKey."""
    keys = BrowserKeys(decode(public_key), decode(auth_secret))
    if len(keys.public_key) != POINT_LENGTH or len(keys.auth_secret) != AUTH_LENGTH:
        raise InvalidKey
    load_point(keys.public_key)
    return keys


def load_point(point: bytes) -> ec.EllipticCurvePublicKey:
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(CURVE, point)
    except ValueError:
        raise InvalidKey from None


def encrypt(
    text: bytes,
    keys: BrowserKeys,
    *,
    sender: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes = b"",
    length: int = PADDED_LENGTH,
) -> bytes:
    """The text for one browser, padded to `length`, as the body of a request (aes128gcm).

    `sender` and `salt` are new each time; tests name those of the RFC's example.
    """
    sender = sender or ec.generate_private_key(CURVE)
    salt = salt or os.urandom(16)
    own = point_of(sender.public_key())
    shared = sender.exchange(ec.ECDH(), load_point(keys.public_key))
    info = b"WebPush: info\0" + keys.public_key + own
    secret = expand(shared, salt=keys.auth_secret, info=info, length=32)
    key = expand(secret, salt=salt, info=b"Content-Encoding: aes128gcm\0", length=16)
    nonce = expand(secret, salt=salt, info=b"Content-Encoding: nonce\0", length=12)
    padded = text + b"\x02" + b"\0" * (length - len(text))
    head = salt + RECORD_SIZE.to_bytes(4, "big") + bytes([len(own)]) + own
    return head + AESGCM(key).encrypt(nonce, padded, None)


def expand(secret: bytes, *, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length=length, salt=salt, info=info).derive(secret)


def point_of(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def load_own_key() -> ec.EllipticCurvePrivateKey | None:
    """The key that signs; on a laptop one of SECRET_KEY. None where production has none."""
    if settings.VAPID_PRIVATE_KEY:
        number = decode(settings.VAPID_PRIVATE_KEY)
    elif settings.PRODUCTION:
        return None
    else:
        number = derive_key(settings.SECRET_KEY, "web push")
    return ec.derive_private_key(int.from_bytes(number, "big"), CURVE)


def read_own_public_key() -> str:
    """What browsers are told, so that they take pushes of ours alone; empty without a key."""
    key = load_own_key()
    return encode(point_of(key.public_key())) if key else ""


def sign(endpoint: str, key: ec.EllipticCurvePrivateKey, *, now: datetime) -> str:
    """The header `Authorization` for one push service: who we are, for the next two hours."""
    parts = urlsplit(endpoint)
    head = {"typ": "JWT", "alg": "ES256"}
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int((now + SIGNATURE_LASTS).timestamp()),
        # Whom a push service writes to if we misbehave; this address does not name the center.
        "sub": f"mailto:{settings.MAIL_FROM}",
    }
    signed = ".".join(encode(json.dumps(each).encode()) for each in (head, claims))
    pair = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(SHA256())))
    signature = b"".join(each.to_bytes(KEY_LENGTH, "big") for each in pair)
    return f"vapid t={signed}.{encode(signature)}, k={encode(point_of(key.public_key()))}"
