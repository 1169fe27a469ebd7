"""A push service on loopback and the browser behind it, which opens what was encrypted for it."""

import json
import os
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from admissions.alerts.web_push import decode, encode, point_of

CURVE = ec.SECP256R1()
HOST = "fcm.googleapis.com"


class Browser:
    """Keys as a browser makes them, and its half of RFC 8291."""

    def __init__(self, number=None, auth_secret=None, path="abc"):
        self.key = (
            ec.derive_private_key(number, CURVE) if number else ec.generate_private_key(CURVE)
        )
        self.auth_secret = auth_secret or os.urandom(16)
        self.endpoint = f"https://{HOST}/fcm/send/{path}"

    @property
    def subscription(self):
        keys = {"public_key": point_of(self.key.public_key()), "auth_secret": self.auth_secret}
        return {"endpoint": self.endpoint} | {name: encode(each) for name, each in keys.items()}

    def open(self, body):
        """The text of a body, without what pads it."""
        salt, size, rest = body[:16], body[20], body[21:]
        sender, sealed = rest[:size], rest[size:]
        shared = self.key.exchange(
            ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, sender)
        )
        info = b"WebPush: info\0" + point_of(self.key.public_key()) + sender
        secret = HKDF(SHA256(), 32, self.auth_secret, info).derive(shared)
        key = HKDF(SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(secret)
        nonce = HKDF(SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(secret)
        text, mark, _padding = AESGCM(key).decrypt(nonce, sealed, None).rpartition(b"\x02")
        assert mark
        return text


class PushService(ThreadingHTTPServer):
    """Keeps each request with its body, and gives the answers that a test lists, then 201."""

    daemon_threads = True

    def __init__(self, certificate):
        super().__init__(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.came, self.answers = [], []
        threading.Thread(target=self.serve_forever, args=[0.02], daemon=True).start()

    def stop(self):
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.came.append((self.path, dict(self.headers), body))
        self.send_response(self.server.answers.pop(0) if self.server.answers else 201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words):
        """Said by no test."""


def read_signature(header):
    """The claims of a VAPID header whose signature is right, and the key that it names."""
    signed, key = (part.partition("=")[2] for part in header.removeprefix("vapid ").split(", "))
    head, claims, signature = signed.split(".")
    pair = decode(signature)
    der = encode_dss_signature(int.from_bytes(pair[:32], "big"), int.from_bytes(pair[32:], "big"))
    public = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, decode(key))
    public.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(SHA256()))
    assert json.loads(decode(head)) == {"typ": "JWT", "alg": "ES256"}
    return json.loads(decode(claims)), key
